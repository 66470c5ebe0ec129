package org.fanin.graph;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Normalisations, softmax, dropout.
final class NormOps {
  private NormOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "BatchNormalization" -> NormOps::batchNorm;
      case "LayerNormalization" -> s -> overLast(s, Op.Norm.Kind.LAYER);
      case "RMSNormalization" -> s -> overLast(s, Op.Norm.Kind.RMS);
      case "SimplifiedLayerNormalization" -> s -> overLast(s, Op.Norm.Kind.RMS);
      case "GroupNormalization" -> NormOps::groupNorm;
      case "InstanceNormalization" -> NormOps::instanceNorm;
      case "MeanVarianceNormalization" -> NormOps::meanVariance;
      case "LpNormalization" -> NormOps::lpNorm;
      case "LRN" -> NormOps::lrn;
      case "Softmax" -> s -> softmax(s, a -> new Op.Softmax(a, false));
      case "LogSoftmax" -> s -> softmax(s, a -> new Op.Softmax(a, true));
      case "Hardmax" -> s -> softmax(s, Op.Hardmax::new);
      case "Dropout" -> NormOps::dropout;
      default -> null;
    };
  }

  private static Lowered batchNorm(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long channels = in.rank() < 2 ? 1 : in.dim(1);
    if (s.opset < 9 && s.integer("spatial", 1) == 0) {
      return s.foreign("no rule for BatchNormalization with spatial = 0");
    }
    for (int i = 1; i <= 4; i++) {
      if (s.rank(i) != 1 || s.shape(i).dim(0) != channels) {
        throw s.fault("parameter of shape " + s.shape(i) + " for " + in, "[" + channels + "]");
      }
    }
    // Opset 14 says it; 7 to 13 train when the statistics are asked for; before 7 is_test says it.
    boolean training =
        s.opset >= 14
            ? s.flag("training_mode", false)
            : s.opset >= 7 ? s.hasOutput(1) : !s.flag("is_test", false);
    Out[] outs = new Out[s.outputs()];
    for (int i = 0; i < outs.length; i++) {
      outs[i] = Out.of(s.dtype(0), i == 0 ? in : s.shape(3));
    }
    return s.to(new Op.BatchNorm(s.real("epsilon", 1e-5), training), outs);
  }

  private static Lowered overLast(Site s, Op.Norm.Kind kind) throws ModelFormatException {
    Shape in = s.shape(0);
    List<Integer> axes = Shapes.range(s.axis(s.integer("axis", -1), in.rank()), in.rank());
    for (int i = 1; i <= 2 && s.has(i); i++) {
      if (!in.equals(Shapes.broadcast(in, s.shape(i)))) {
        throw s.fault("scale or shift of shape " + s.shape(i), "one that broadcasts to " + in);
      }
    }
    Out[] outs = new Out[s.outputs()];
    for (int i = 0; i < outs.length; i++) {
      outs[i] = Out.of(s.dtype(0), i == 0 ? in : Shapes.reduced(in, axes, true));
    }
    return s.to(new Op.Norm(kind, axes, 1, s.real("epsilon", 1e-5)), outs);
  }

  private static Lowered groupNorm(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long groups = s.integer("num_groups", 0);
    if (in.rank() < 2 || groups < 1 || in.dim(1) % groups != 0) {
      throw s.fault(groups + " groups for " + in, "groups that divide the channels");
    }
    var op =
        new Op.Norm(
            Op.Norm.Kind.GROUP, Shapes.range(2, in.rank()), (int) groups, s.real("epsilon", 1e-5));
    int scale = perChannel(s, 1, in.dim(1), groups);
    int shift = perChannel(s, 2, in.dim(1), groups);
    return s.to(op, in).withInputs(List.of(s.id(0), scale, shift));
  }

  /// Opset 18 has one scale per group, opset 21 one per channel: the former is spread out.
  private static int perChannel(Site s, int i, long channels, long groups)
      throws ModelFormatException {
    if (!s.has(i)) {
      return -1;
    }
    long n = s.shape(i).count();
    if (n == channels) {
      return s.id(i);
    }
    if (n != groups) {
      throw s.fault("scale of shape " + s.shape(i), "[" + channels + "]");
    }
    DType t = s.dtype(i);
    Shape column = s.shapeOf(groups, 1);
    Shape matrix = s.shapeOf(groups, channels / groups);
    int a = s.before("column" + i, new Op.Reshape(), List.of(s.id(i)), t, column);
    int b = s.before("spread" + i, new Op.Expand(), List.of(a), t, matrix);
    return s.before("channels" + i, new Op.Reshape(), List.of(b), t, s.shapeOf(channels));
  }

  private static Lowered instanceNorm(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    for (int i = 1; i <= 2; i++) {
      if (in.rank() < 3 || s.shape(i).count() != in.dim(1)) {
        throw s.fault("parameter of shape " + s.shape(i) + " for " + in, "one per channel");
      }
    }
    Lowered l =
        s.to(
            new Op.Norm(
                Op.Norm.Kind.INSTANCE,
                Shapes.range(2, in.rank()),
                Math.toIntExact(in.dim(1)),
                s.real("epsilon", 1e-5)),
            in);
    return fills(s, 1, 1) && fills(s, 2, 0) ? l.withInputs(List.of(s.id(0))) : l;
  }

  /// A constant that the exporter made up because the operator wants one (PyTorch's GroupNorm,
  /// InstanceNorm without weights): it is no parameter.
  private static boolean fills(Site s, int i, double value) throws ModelFormatException {
    Value v = s.value(i);
    return s.assembly.foldable(v)
        && Arrays.stream(v.constant().orElseThrow().toDoubles()).allMatch(x -> x == value);
  }

  private static Lowered meanVariance(Site s) throws ModelFormatException {
    long[] axes = s.longs("axes");
    axes = axes == null ? new long[] {0, 2, 3} : axes;
    // 1e-9 is in the operator's function body.
    return s.to(new Op.Norm(Op.Norm.Kind.LAYER, s.axes(axes, s.rank(0)), 1, 1e-9), s.shape(0));
  }

  private static Lowered lpNorm(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    List<Integer> axes = List.of(s.axis(s.integer("axis", -1), in.rank()));
    long p = s.integer("p", 2);
    if (p != 1 && p != 2) {
      throw s.fault("p = " + p, "1 or 2");
    }
    if (p == 2) {
      return s.to(new Op.Norm(Op.Norm.Kind.L2, axes, 1, 0), in);
    }
    Op sum = new Op.Reduce(Op.Reduce.Kind.L1, axes, true);
    int norm = s.before("norm", sum, s.inputs, s.dtype(0), Shapes.reduced(in, axes, true));
    return s.to(new Op.Arithmetic(Op.Arithmetic.Kind.DIV), in).withInputs(List.of(s.id(0), norm));
  }

  private static Lowered lrn(Site s) throws ModelFormatException {
    long size = s.integer("size", 0);
    if (size < 1 || size > 1 << 20 || s.rank(0) < 2) {
      throw s.fault("size " + size, "a number of channels");
    }
    return s.to(
        new Op.Lrn((int) size, s.real("alpha", 1e-4), s.real("beta", 0.75), s.real("bias", 1)),
        s.shape(0));
  }

  private static Lowered softmax(Site s, IntFunction<Op> along) throws ModelFormatException {
    Shape in = s.shape(0);
    int axis = s.axis(s.integer("axis", s.opset < 13 ? 1 : -1), in.rank());
    boolean merged = s.opset < 13 && Shapes.product(in, axis + 1, in.rank()) != 1 && in.count() > 0;
    if (!merged) {
      return s.to(along.apply(axis), in);
    }
    // Before opset 13 the axes from `axis` on were one.
    Shape flat = s.shapeOf(Shapes.product(in, 0, axis), Shapes.product(in, axis, in.rank()));
    int a = s.before("flat", new Op.Reshape(), s.inputs, s.dtype(0), flat);
    int b = s.before("softmax", along.apply(1), List.of(a), s.dtype(0), flat);
    return s.to(new Op.Reshape(), in).withInputs(List.of(b));
  }

  private static Lowered dropout(Site s) throws ModelFormatException {
    double ratio = s.has(1) ? s.scalar(1, "ratio") : s.real("ratio", 0.5);
    boolean training;
    if (s.opset >= 12) {
      training = s.has(2) && s.scalar(2, "training_mode") != 0;
    } else {
      // Opset 7 to 11 is inference only; before, is_test says it.
      training = s.opset < 7 && !s.flag("is_test", false);
    }
    if (!(ratio >= 0 && ratio <= 1)) {
      throw s.fault("ratio " + ratio, "a probability");
    }
    Op op = new Op.Dropout(ratio, training);
    Shape in = s.shape(0);
    Lowered l =
        s.hasOutput(1) ? s.to(op, Out.of(s.dtype(0), in), Out.of(DType.BOOL, in)) : s.to(op, in);
    return l.withInputs(List.of(s.id(0)));
  }
}
