package org.fanin.graph;

import java.util.List;
import org.fanin.graph.Lowered.Out;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// Fused operators of ONNX Runtime (com.microsoft) that optimised exports contain; each becomes the
/// steps it stands for.
final class ContribOps {
  private static final String DOMAIN = "com.microsoft:";

  private ContribOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case DOMAIN + "Gelu" -> s -> biased(s, Fns.gelu());
      case DOMAIN + "FastGelu" -> s -> biased(s, Fns.geluTanh());
      case DOMAIN + "BiasGelu" -> s -> biased(s, Fns.gelu());
      case DOMAIN + "QuickGelu" -> s -> quickGelu(s, s.real("alpha", 1.702));
      case DOMAIN + "FusedMatMul" -> ContribOps::fusedMatMul;
      case DOMAIN + "TransposeMatMul" -> ContribOps::fusedMatMul;
      case DOMAIN + "LayerNormalization" -> NormOps.rule("LayerNormalization");
      case DOMAIN + "SimplifiedLayerNormalization" -> NormOps.rule("SimplifiedLayerNormalization");
      case DOMAIN + "SkipLayerNormalization" -> s -> skipNorm(s, Op.Norm.Kind.LAYER, 3, 4);
      case DOMAIN + "SkipSimplifiedLayerNormalization" -> s -> skipNorm(s, Op.Norm.Kind.RMS, -1, 3);
      case DOMAIN + "Inverse" ->
          s -> s.foreign("no rule for matrix inversion", Out.of(s.dtype(0), s.shape(0)));
      default -> null;
    };
  }

  private static Lowered biased(Site s, Fn fn) throws ModelFormatException {
    Shape x = s.shape(0);
    int in = s.id(0);
    if (s.has(1)) {
      Shape sum = s.broadcast(x, s.shape(1));
      in = s.before("bias", new Op.Arithmetic(Op.Arithmetic.Kind.ADD), s.inputs, s.dtype(0), sum);
    }
    return s.to(new Op.Pointwise(fn), x).withInputs(List.of(in));
  }

  private static Lowered quickGelu(Site s, double alpha) throws ModelFormatException {
    return s.to(new Op.Pointwise(Fns.swish(alpha)), s.shape(0));
  }

  private static Lowered fusedMatMul(Site s) throws ModelFormatException {
    if (s.flag("transBatchA", false) || s.flag("transBatchB", false)) {
      return s.foreign("no rule for transposed batch axes");
    }
    return LinearOps.matMul(
        s, s.flag("transA", false), s.flag("transB", false), s.real("alpha", 1));
  }

  /// Inputs x, skip, scale, shift?, bias?; outputs y, mean, inverse deviation, x + skip + bias.
  private static Lowered skipNorm(Site s, Op.Norm.Kind kind, int shift, int bias)
      throws ModelFormatException {
    Shape x = s.shape(0);
    var add = new Op.Arithmetic(Op.Arithmetic.Kind.ADD);
    Shape sum = s.broadcast(x, s.shape(1));
    int in = s.before("skip", add, List.of(s.id(0), s.id(1)), s.dtype(0), sum);
    if (s.has(bias)) {
      in = s.before("bias", add, List.of(in, s.id(bias)), s.dtype(0), sum);
    }
    List<Integer> axes = List.of(x.rank() - 1);
    Op norm = new Op.Norm(kind, axes, 1, s.real("epsilon", 1e-12));
    List<Integer> ins = List.of(in, s.id(2), shift < 0 ? -1 : s.id(shift));
    if (!s.hasOutput(3)) {
      return s.to(norm, sum).withInputs(ins);
    }
    return s.to(
            norm,
            Out.of(s.dtype(0), sum),
            Out.unknown(s.dtype(0)),
            Out.unknown(s.dtype(0)),
            Out.of(s.dtype(0), sum))
        .withInputs(ins)
        .aliasing(3, in);
  }
}
