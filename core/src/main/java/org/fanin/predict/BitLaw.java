package org.fanin.predict;

import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.graph.Vocabulary;
import org.fanin.tensor.Tensor;

/// Integers of the data made floats. Those that index no table are ones and zeros (attention
/// masks); an engine feeds them so, and what was given is counted.
final class BitLaw {
  /// Steps followed from a cast back to the input.
  private static final int REACH = 32;

  /// Probability of a one that nobody gave.
  private static final double FAIR = 0.5;

  private BitLaw() {}

  /// The law of a cast from such integers, or from ones at ids.
  ///
  /// @throws Context.MissingRule when they may be any numbers
  static void forward(Context c, Node n, Op.Unpredicted op) {
    int y = n.outputs().getFirst();
    if (n.onnxOp().equals("Cast")) {
      Optional<Field> hot = OneHotLaw.of(c, n.input(0));
      if (hot.isPresent()) {
        c.set(y, hot.get());
        return;
      }
    }
    double p = shareOfOnes(c, y).orElseThrow(() -> new Context.MissingRule(op.because()));
    Field f = Field.constant(c.shape(y), 1, Math.log(p));
    double[] k = new double[f.k.length];
    java.util.Arrays.fill(k, p);
    k[0] = 1;
    c.set(y, p > 0 ? f.with(k, Math.sqrt(p), f.ln) : Field.zero(c.shape(y)));
  }

  /// Share of ones in a float tensor that was cast from an input of ones and zeros; empty for any
  /// other.
  static Optional<Double> shareOfOnes(Context c, int value) {
    int at = value;
    boolean cast = false;
    for (int step = 0; step < REACH; step++) {
      Value v = c.graph.value(at);
      if (v.producer() < 0) {
        return cast && v.kind() == Value.Kind.INPUT ? ofInput(c, v) : Optional.empty();
      }
      Node n = c.graph.nodes().get(v.producer());
      boolean first = n.op() instanceof Op.Foreign && n.onnxOp().equals("Cast");
      boolean moves =
          n.op() instanceof Op.Discrete d
              && (d.name().equals("Cast") || d.of().filter(BitLaw::moves).isPresent());
      if (!first && !moves) {
        return Optional.empty();
      }
      cast |= first;
      at = n.input(0);
    }
    return Optional.empty();
  }

  private static boolean moves(Op op) {
    return op instanceof Op.Reshape
        || op instanceof Op.Expand
        || op instanceof Op.Transpose
        || op instanceof Op.Slice;
  }

  private static Optional<Double> ofInput(Context c, Value v) {
    if (v.dtype().floating() || Vocabulary.of(c.graph, v.id()).isPresent()) {
      return Optional.empty();
    }
    Optional<Tensor> sample = c.settings.input(v.name());
    if (sample.isEmpty()) {
      return Optional.of(FAIR);
    }
    double ones = 0;
    for (long i = 0; i < sample.get().count(); i++) {
      double b = sample.get().at(i);
      if (b != 0 && b != 1) {
        return Optional.empty();
      }
      ones += b;
    }
    return Optional.of(ones / Math.max(1, sample.get().count()));
  }
}
