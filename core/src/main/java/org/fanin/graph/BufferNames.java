package org.fanin.graph;

import java.util.regex.Pattern;

/// What names tell of stored tensors, asked only where the use cannot tell a learned number from a
/// constant.
final class BufferNames {
  /// Names that only parameters have, and names that parameters have inside a module.
  private static final Pattern PARAMETER =
      Pattern.compile(
          "(?i)(.*[./])?(\\w*bias\\w*|\\w*gamma|\\w*beta|logit_?scale|temperature|res_?weight"
              + "|re_?zero\\w*|skip_?(init|gain)\\w*|layer_?scale\\w*)(:0)?"
              + "|.*[./](weight|scale|gain|gate|alpha|slope|tau|ls\\d?|g|a|b)(:0)?");

  /// Operands as TensorFlow's and Paddle's exporters name them after their node.
  private static final Pattern OPERAND =
      Pattern.compile(
          "(?i)(.*/)?(mul|add|sub|truediv|realdiv|div|pow|sqrt|rsqrt|square|maximum|minimum|const"
              + "|clip\\w*|batchnorm)\\w*(/\\w*)?(:0)?|const_?fold.*|.*fill_constant.*");

  private static final Pattern QUANTISED =
      Pattern.compile(
          "QLinear\\w*|Q(Gemm|Attention|EmbedLayer\\w*)|\\w*Quantize\\w*|\\w*Integer\\w*");

  private BufferNames() {}

  static boolean isParameter(String name) {
    return PARAMETER.matcher(name).matches();
  }

  /// Whether nobody gave it a name: an exporter made it up.
  static boolean isNobodys(String name) {
    return Initialisers.isAnonymous(name) || OPERAND.matcher(name).matches();
  }

  /// Operators of quantised arithmetic: their float inputs are scales.
  static boolean isQuantised(String op) {
    return QUANTISED.matcher(op).matches();
  }
}
