package org.fanin.predict;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// A number that the file's weights alone make: uᵀWv of spectral normalisation, whose vectors
/// follow the weight, so that no law of independent elements says what it is.
final class Numbers {
  /// Multiplications for one number.
  private static final long MOST = 4_000_000;

  /// Products between the weights and the number.
  private static final int DEEPEST = 4;

  private Numbers() {}

  /// The only element of a product's output, where weights are those of the file.
  static OptionalDouble of(Context c, Node n) {
    int y = n.outputs().getFirst();
    if (c.settings.weights().isPresent() || c.shape(y).count() != 1) {
      return OptionalDouble.empty();
    }
    Optional<double[]> v = values(c, y, DEEPEST);
    return v.isPresent() && Double.isFinite(v.get()[0])
        ? OptionalDouble.of(v.get()[0])
        : OptionalDouble.empty();
  }

  private static Optional<double[]> values(Context c, int value, int depth) {
    Value v = c.graph.value(value);
    Optional<Tensor> t = c.laws.drawn(v);
    if (t.isPresent()) {
      return t.filter(x -> x.count() <= MOST).map(Tensor::toDoubles);
    }
    if (depth == 0 || v.producer() < 0 || v.kind() != Value.Kind.ACTIVATION) {
      return Optional.empty();
    }
    Node n = c.graph.nodes().get(v.producer());
    return switch (n.op()) {
      case Op.Reshape _ -> values(c, n.input(0), depth - 1);
      case Op.Contract op -> product(c, n, op, depth);
      case Op _ -> Optional.empty();
    };
  }

  private static Optional<double[]> product(Context c, Node n, Op.Contract op, int depth) {
    Shape a = c.shape(n.input(0));
    Shape b = c.shape(n.input(1));
    Map<Integer, Long> extents = new HashMap<>();
    extents(extents, op.a(), a);
    extents(extents, op.b(), b);
    double all = 1;
    for (long e : extents.values()) {
      all *= e;
    }
    if (all > MOST || n.input(2) >= 0) {
      return Optional.empty();
    }
    Optional<double[]> x = values(c, n.input(0), depth - 1);
    Optional<double[]> y = x.isEmpty() ? x : values(c, n.input(1), depth - 1);
    return y.map(v -> summed(op, extents, a, b, x.orElseThrow(), v));
  }

  private static void extents(Map<Integer, Long> all, List<Integer> labels, Shape s) {
    for (int i = 0; i < labels.size(); i++) {
      all.merge(labels.get(i), s.dim(i), Math::max);
    }
  }

  private static double[] summed(
      Op.Contract op, Map<Integer, Long> extents, Shape a, Shape b, double[] x, double[] y) {
    int[] labels = extents.keySet().stream().mapToInt(i -> i).toArray();
    long[] size = new long[labels.length];
    long[][] steps = new long[3][labels.length];
    long total = 1;
    long[] d = op.out().stream().mapToLong(extents::get).toArray();
    Shape out = Shape.of(d);
    for (int i = 0; i < labels.length; i++) {
      size[i] = extents.get(labels[i]);
      total *= size[i];
      steps[0][i] = step(op.a(), a, labels[i]);
      steps[1][i] = step(op.b(), b, labels[i]);
      steps[2][i] = step(op.out(), out, labels[i]);
    }
    double[] r = new double[(int) out.count()];
    long[] at = new long[labels.length];
    long[] index = new long[3];
    for (long k = 0; k < total; k++) {
      r[(int) index[2]] += op.alpha() * x[(int) index[0]] * y[(int) index[1]];
      for (int i = labels.length - 1; i >= 0; i--) {
        boolean wraps = ++at[i] == size[i];
        for (int s = 0; s < 3; s++) {
          index[s] += wraps ? -steps[s][i] * (size[i] - 1) : steps[s][i];
        }
        if (!wraps) {
          break;
        }
        at[i] = 0;
      }
    }
    return r;
  }

  /// Elements between neighbours along a label; 0 where the operand has it not, or once.
  private static long step(List<Integer> labels, Shape s, int label) {
    int axis = labels.indexOf(label);
    if (axis < 0 || s.dim(axis) == 1) {
      return 0;
    }
    long step = 1;
    for (int i = axis + 1; i < s.rank(); i++) {
      step *= s.dim(i);
    }
    return step;
  }
}
