package org.fanin.predict;

import java.util.function.DoubleUnaryOperator;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Local response normalisation, y = x·D^−β with D = bias + (α/size)·Σ x² over neighbouring
/// channels (Krizhevsky et al. 2012, section 3.3; ONNX divides α by the window's size, also where
/// the first and last channels have fewer neighbours).
///
/// For channels that are independent N(0, q), Σ x²/q over a window of k channels is χ² with k
/// degrees of freedom, and weighting by a power x²ᵖ of a member adds 2p of them: E x² f(Σ) = q·E
/// f(q·χ² with k + 2). Exact for such channels; correlated ones scatter more than is said here.
final class LrnRule {
  private static final int NODES = 400;

  private final Op.Lrn op;
  private final double share;

  private LrnRule(Op.Lrn op, double q) {
    this.op = op;
    this.share = op.alpha() / op.size() * q;
  }

  static void forward(Context c, Node n, Op.Lrn op) {
    Field x = c.field(n.input(0));
    LrnRule rule = new LrnRule(op, Math.exp(Math.min(700, x.ln)));
    c.set(n.outputs().getFirst(), x.scaled(rule.overChannels(c, n, rule::signal)));
  }

  /// By the direct path and through the denominators, for a gradient that differs from channel to
  /// channel.
  static void backward(Context c, Node n, Op.Lrn op) {
    LrnRule rule = new LrnRule(op, Math.exp(Math.min(700, c.field(n.input(0)).ln)));
    c.pass(n.input(0), c.gradientOf(n, 0).scaled(rule.overChannels(c, n, rule::gradient)));
  }

  /// ln of the mean over channels of what a window of so many gives.
  private double overChannels(Context c, Node n, DoubleUnaryOperator ofWindow) {
    long channels =
        c.graph
            .value(n.input(0))
            .shape()
            .filter(s -> s.rank() > 1)
            .map(LrnRule::channels)
            .orElse(1L);
    int before = (op.size() - 1) / 2;
    int after = op.size() - 1 - before;
    double sum = 0;
    long edges = Math.min(channels, op.size());
    for (long i = 0; i < edges; i++) {
      long at = i < (edges + 1) / 2 ? i : channels - edges + i;
      long from = Math.max(0, at - before);
      sum += ofWindow.applyAsDouble(Math.min(channels - 1, at + after) - from + 1);
    }
    double inner = channels > edges ? ofWindow.applyAsDouble(op.size()) * (channels - edges) : 0;
    return Math.log((sum + inner) / channels);
  }

  private static long channels(Shape s) {
    return s.dim(1);
  }

  /// E y²/E x².
  private double signal(double k) {
    return mean(k + 2, -2 * op.beta());
  }

  /// E g_x²/E g_y²: the own denominator with the direct path, and those of the neighbours.
  private double gradient(double k) {
    double b = op.beta();
    double path = 4 * b * b * share * share * mean(k + 4, -2 * b - 2);
    return mean(k, -2 * b) - 4 * b * share * mean(k + 2, -2 * b - 1) + (3 + (k - 1)) * path;
  }

  /// E (bias + (α/size)·q·t)^power for t of χ² with ν degrees of freedom, by the trapezoidal rule
  /// in ln t, where the density falls off on both sides faster than any power of the step.
  private double mean(double nu, double power) {
    double low = Math.log(nu) - 60 / nu - 5;
    double step = (Math.log(nu) + 6 / Math.sqrt(nu) + 3 - low) / NODES;
    double weights = 0;
    double sum = 0;
    for (int i = 0; i <= NODES; i++) {
      double s = low + i * step;
      double t = StrictMath.exp(s);
      double w = StrictMath.exp(nu / 2 * (s - Math.log(nu)) - (t - nu) / 2);
      weights += w;
      sum += w * StrictMath.pow(op.bias() + share * t, power);
    }
    return sum / weights;
  }
}
