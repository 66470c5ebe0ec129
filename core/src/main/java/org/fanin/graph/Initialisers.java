package org.fanin.graph;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.tensor.Tensor;

/// Decides which of a file's constants are parameters. Float tensors are, except single numbers
/// that nobody named: those are factors and epsilons.
final class Initialisers {
  /// Names that exporters make up: `123`, `onnx::Mul_123`, `/layer/Constant_output_0`, `val_7`,
  /// `scalar_tensor_default` …
  private static final Pattern ANONYMOUS =
      Pattern.compile(
          "\\d+|onnx::.*|.*Constant(_\\d+)?(_output_\\d+)?|_?(val|const|tmp|t|c|v|init)_?\\d+"
              + "|.*(scalar_tensor|_to_copy|lifted_tensor|tensor_constant|ortshared).*|.*_output_\\d+");

  /// Buffers, not weights: they may be computed with.
  private static final Pattern TABLE =
      Pattern.compile(
          "(?i).*(inv_freq|rotary|rope|freqs?_cis|(cos|sin)_?(cached|table)|causal_mask|attn_mask"
              + "|attention_mask|masked_bias|position_ids|relative_position_index|anchor"
              + "|(pixel|image)_(mean|std)).*|(.*[./])?(mask|cos|sin|freqs|tril)");

  private static final Words TABLE_WORDS =
      words(
          "freq",
          "rotary",
          "rope",
          "cis",
          "cos",
          "sin",
          "mask",
          "position_ids",
          "anchor",
          "relative_position_index",
          "_mean",
          "_std",
          "tril");

  private static final Words ANONYMOUS_WORDS =
      words("onnx::", "constant", "scalar_tensor", "_to_copy", "lifted_tensor", "ortshared");

  /// Operators whose operands are weights even when they hold one number.
  private static final Set<String> WEIGHTED =
      Set.of(
          "Conv",
          "ConvTranspose",
          "Gemm",
          "MatMul",
          "BatchNormalization",
          "LayerNormalization",
          "GroupNormalization",
          "InstanceNormalization",
          "RMSNormalization",
          "PRelu",
          "LSTM",
          "GRU",
          "RNN");

  private static Words words(String... words) {
    return new Words(List.of(words));
  }

  private final Assembly assembly;
  private final Set<String> weights = new HashSet<>();

  Initialisers(Assembly assembly) {
    this.assembly = assembly;
  }

  /// Words to look for in names, by their first letter. The regular expressions are slow; most
  /// names have none of the words.
  private static final class Words {
    private final String[][] byFirst = new String[128][];

    Words(List<String> words) {
      for (String w : words) {
        char first = w.charAt(0);
        String[] old = byFirst[first] == null ? new String[0] : byFirst[first];
        byFirst[first] = Arrays.copyOf(old, old.length + 1);
        byFirst[first][old.length] = w;
      }
    }

    boolean anyIn(String name) {
      for (int i = 0; i < name.length(); i++) {
        char c = Character.toLowerCase(name.charAt(i));
        if (c < 128 && byFirst[c] != null && anyAt(name, i, byFirst[c])) {
          return true;
        }
      }
      return false;
    }

    private static boolean anyAt(String name, int at, String[] words) {
      for (String w : words) {
        if (name.regionMatches(true, at, w, 0, w.length())) {
          return true;
        }
      }
      return false;
    }
  }

  static boolean isTable(String name) {
    return TABLE_WORDS.anyIn(name) && TABLE.matcher(name).matches();
  }

  static boolean isAnonymous(String name) {
    boolean numbered = !name.isEmpty() && Character.isDigit(name.charAt(name.length() - 1));
    return (numbered || ANONYMOUS_WORDS.anyIn(name)) && ANONYMOUS.matcher(name).matches();
  }

  void add(RawGraph g, Scope scope) {
    for (RawNode n : g.nodes()) {
      if (WEIGHTED.contains(n.op())) {
        // Beyond are lengths and initial states.
        for (int i = 0; i < Math.min(5, n.inputs().size()); i++) {
          weights.add(n.inputs().get(i));
        }
      }
    }
    for (Map.Entry<String, Tensor> e : g.initializers().entrySet()) {
      String name = e.getKey();
      Tensor t = e.getValue();
      boolean weight =
          t.dtype().floating()
              && (t.count() > 1
                  || weights.contains(name)
                  || !BufferNames.isNobodys(name) && !isTable(name))
              && (t.count() > 1 || !Masks.isAdditive(t));
      int id =
          assembly.add(
              name,
              weight ? Value.Kind.PARAMETER : Value.Kind.CONSTANT,
              t.dtype(),
              Optional.of(t.shape()),
              Optional.of(t),
              -1,
              -1);
      if (weight && (isAnonymous(name) || isTable(name) || Masks.isAdditive(t))) {
        assembly.soften(id);
      }
      scope.put(name, id);
    }
  }

  /// Is this output of a folded node a weight that the exporter wrote as a node, or computed ahead
  /// from such?
  boolean isWeight(String name, Op op, Out o) {
    boolean stored =
        op instanceof Op.Folded(String from, _)
            && (from.equals("Constant") || from.equals("DequantizeLinear"));
    boolean used = weights.contains(name);
    return (stored || used)
        && o.dtype().floating()
        && o.shape().filter(s -> s.count() > 1 || stored && used).isPresent();
  }
}
