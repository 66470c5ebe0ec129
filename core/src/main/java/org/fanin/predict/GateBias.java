package org.fanin.predict;

import java.util.Arrays;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.predict.RecurrentCell.GateMeans;
import org.fanin.tensor.Tensor;

/// Biases of a recurrent layer, [directions, 2·gates·hidden] with the input's side before the
/// recurrent one, gates in ONNX's order (LSTM i o f c, GRU z r h). A forget gate that starts open
/// has a mean, which the second moment of all biases together would make noise of every gate.
///
/// @param variance of one bias of one side about its gate's mean
record GateBias(double variance, GateMeans means) {
  static final GateBias NONE = new GateBias(0, GateMeans.NONE);

  private static final int KEEP = 2;

  /// Longer biases are not read.
  private static final int LARGEST = 1 << 20;

  static GateBias of(Context c, int value, Op.Recurrent op) {
    double m2 = Math.exp(c.field(value).ln);
    Optional<double[]> all = elements(c, value);
    int gates =
        switch (op.kind()) {
          case LSTM -> 4;
          case GRU -> 3;
          case RNN, RELU_RNN -> 1;
        };
    if (gates == 1
        || all.isEmpty()
        || all.get().length != 2 * gates * op.hidden() * op.directions()) {
      return new GateBias(m2, GateMeans.NONE);
    }
    double[] mean = new double[gates];
    double within = within(all.get(), op, mean);
    boolean none = Arrays.stream(mean).allMatch(m -> m == 0);
    GateMeans means =
        op.kind() == Op.Recurrent.Kind.LSTM
            ? new GateMeans(mean[KEEP], mean[0], mean[1])
            : new GateMeans(mean[0], 0, mean[1]);
    return none ? new GateBias(m2, GateMeans.NONE) : new GateBias(within, means);
  }

  /// The numbers of a bias that was put together from others: frameworks with another order of
  /// gates export slices and concatenations.
  private static Optional<double[]> elements(Context c, int value) {
    Value v = c.graph.value(value);
    Optional<Tensor> t = c.laws.drawn(v);
    if (t.isPresent()) {
      double[] all = new double[(int) Math.min(LARGEST, t.get().count())];
      t.get().read(0, all, all.length);
      return Optional.of(all);
    }
    if (v.producer() < 0) {
      return Optional.empty();
    }
    Node n = c.graph.nodes().get(v.producer());
    if (n.op() instanceof Op.Slice s && c.shape(n.input(0)).rank() == 1) {
      int count = (int) c.shape(value).count();
      return elements(c, n.input(0)).map(x -> sliced(x, s, count));
    }
    if (n.op() instanceof Op.Concat k && k.axis() == 0) {
      return joined(c, n);
    }
    return n.op() instanceof Op.Reshape ? elements(c, n.input(0)) : Optional.empty();
  }

  private static double[] sliced(double[] x, Op.Slice s, int count) {
    double[] r = new double[count];
    for (int i = 0; i < count; i++) {
      r[i] = x[(int) (s.starts().getFirst() + i * s.steps().getFirst())];
    }
    return r;
  }

  private static Optional<double[]> joined(Context c, Node n) {
    double[] r = new double[0];
    for (int i : n.inputs()) {
      Optional<double[]> part = elements(c, i);
      if (part.isEmpty()) {
        return part;
      }
      int from = r.length;
      r = Arrays.copyOf(r, from + part.get().length);
      System.arraycopy(part.get(), 0, r, from, part.get().length);
    }
    return Optional.of(r);
  }

  /// Means of both sides of each gate, 0 where they cannot be told from noise, and the variance
  /// about them.
  private static double within(double[] all, Op.Recurrent op, double[] mean) {
    int gates = mean.length;
    int hidden = op.hidden();
    double total = 0;
    for (int block = 0; block < 2 * gates; block++) {
      double s = 0;
      double s2 = 0;
      for (int d = 0; d < op.directions(); d++) {
        for (int i = 0; i < hidden; i++) {
          double v = all[(d * 2 * gates + block) * hidden + i];
          s += v;
          s2 += v * v;
        }
      }
      double n = (double) op.directions() * hidden;
      double m = s / n;
      double v = Math.max(0, s2 / n - m * m);
      boolean real = Math.abs(m) > Sample.SIGNIFICANT * Math.sqrt(v / n);
      mean[block % gates] += real ? m : 0;
      total += (real ? v : s2 / n) / (2 * gates);
    }
    return total;
  }
}
