package org.fanin.predict;

import org.fanin.graph.Op;
import org.fanin.math.Fns;
import org.fanin.math.HermiteExpansion;

/// Mean-field recursion of one recurrent layer over time: second moments of the state, its
/// covariance between two times and between two samples, and the gradient back through time. Units
/// are independent; gates are independent of the state they scale (theory.md §8), so the band is
/// wider than for feed-forward layers.
///
/// LSTM: c = f·c + i·g, h = o·tanh(c). GRU: h = z·h + (1−z)·n. RNN: h = tanh(z). Written as one
/// leaky state s_t = keep·s + write·g.
final class RecurrentCell {
  /// Steps followed exactly; later ones repeat the last.
  static final int LONGEST = 96;

  /// What the layer is fed with, per unit.
  ///
  /// @param drive variance of a gate's pre-activation from the input: I·σ_w²·E[x x′] for (same
  ///   time, same sample), (other time, same), (same, other sample), (other, other)
  /// @param recurrent H·σ_r²
  /// @param bias variance of the bias of the input side, shared by all times and samples
  /// @param recurrentBias the same for the recurrent side
  record Feed(double[] drive, double recurrent, double bias, double recurrentBias) {}

  private final Op.Recurrent.Kind kind;
  private final Feed feed;
  final int steps;

  /// `h[sample][t][s]` = E h_t h′_s; sample 0: the same, 1: another.
  final double[][][] h;

  private final double[][][] state;
  private final double[] gateVariance;
  private final HermiteExpansion[] gates;
  private final HermiteExpansion[] written;
  private final HermiteExpansion[] squashed;

  RecurrentCell(Op.Recurrent.Kind kind, Feed feed, int time) {
    this.kind = kind;
    this.feed = feed;
    this.steps = Math.min(time, LONGEST);
    this.h = new double[2][steps][steps];
    this.state = new double[2][steps][steps];
    this.gateVariance = new double[steps];
    this.gates = new HermiteExpansion[steps];
    this.written = new HermiteExpansion[steps];
    this.squashed = new HermiteExpansion[steps];
    run();
  }

  private void run() {
    double[][][] drift = new double[2][steps][steps];
    for (int t = 0; t < steps; t++) {
      double gate = pre(0, t, t);
      gateVariance[t] = gate;
      gates[t] = HermiteExpansion.of(Fns.sigmoid(), 0, Math.sqrt(gate));
      written[t] = HermiteExpansion.of(Fns.tanh(), 0, Math.sqrt(written(0, t, t)));
      advance(drift, t);
      squashed[t] = HermiteExpansion.of(Fns.tanh(), 0, Math.sqrt(Math.max(1e-300, state[0][t][t])));
      for (int sample = 0; sample < 2; sample++) {
        for (int s = 0; s <= t; s++) {
          double v = output(sample, t, s);
          h[sample][t][s] = v;
          h[sample][s][t] = v;
        }
      }
    }
  }

  private void advance(double[][][] drift, int t) {
    for (int sample = 0; sample < 2; sample++) {
      for (int s = 0; s <= t; s++) {
        double g = writtenKernel(sample, t, s);
        double d = (s > 0 ? keep() * drift[sample][t][s - 1] : 0) + write() * g;
        drift[sample][t][s] = d;
        double before = t > 0 ? state[sample][t - 1][Math.min(s, t - 1)] : 0;
        double v;
        if (s == t) {
          double past = t > 0 ? drift[sample][t][t - 1] : 0;
          v = keep2(sample, t) * before + write2(sample, t) * g + 2 * crossed(t) * past;
        } else {
          v = keep() * before + write() * d;
        }
        state[sample][t][s] = v;
        state[sample][s][t] = v;
      }
    }
  }

  // ---- pre-activations ----

  private double drive(int sample, int t, int s) {
    return feed.drive()[2 * sample + (t == s ? 0 : 1)];
  }

  private double past(int sample, int t, int s) {
    return t > 0 && s > 0 ? h[sample][t - 1][s - 1] : 0;
  }

  private double pre(int sample, int t, int s) {
    return Math.max(
        1e-300,
        drive(sample, t, s)
            + feed.recurrent() * past(sample, t, s)
            + feed.bias()
            + feed.recurrentBias());
  }

  /// Covariance of what is written: for a GRU the recurrent part passes the reset gate.
  private double written(int sample, int t, int s) {
    if (kind != Op.Recurrent.Kind.GRU) {
      return pre(sample, t, s);
    }
    double reset = t == s && sample == 0 ? gates[t].ef2() : gateKernel(sample, t, s);
    return Math.max(
        1e-300,
        drive(sample, t, s)
            + feed.bias()
            + reset * (feed.recurrent() * past(sample, t, s) + feed.recurrentBias()));
  }

  private double writtenKernel(int sample, int t, int s) {
    double v = Math.sqrt(written(0, t, t) * written(0, s, s));
    double rho = sample == 0 && t == s ? 1 : Math.clamp(written(sample, t, s) / v, -1, 1);
    return Math.sqrt(written[t].kernel(rho) * written[s].kernel(rho));
  }

  private double gateKernel(int sample, int t, int s) {
    if (sample == 0 && t == s) {
      return gates[t].ef2();
    }
    double rho =
        Math.clamp(pre(sample, t, s) / Math.sqrt(gateVariance[t] * gateVariance[s]), -1, 1);
    return Math.sqrt(gates[t].kernel(rho) * gates[s].kernel(rho));
  }

  // ---- gates: σ has mean ½ at mean 0, and 1 − σ the same law ----

  private double keep() {
    return kind == Op.Recurrent.Kind.RNN ? 0 : 0.5;
  }

  private double write() {
    return kind == Op.Recurrent.Kind.RNN ? 1 : 0.5;
  }

  private double keep2(int sample, int t) {
    return kind == Op.Recurrent.Kind.RNN ? 0 : gateKernel(sample, t, t);
  }

  private double write2(int sample, int t) {
    return kind == Op.Recurrent.Kind.RNN ? 1 : gateKernel(sample, t, t);
  }

  /// E[keep·write]: independent gates of an LSTM, z(1−z) of a GRU.
  private double crossed(int t) {
    return switch (kind) {
      case LSTM -> 0.25;
      case GRU -> 0.5 - gates[t].ef2();
      case RNN -> 0;
    };
  }

  private double output(int sample, int t, int s) {
    if (kind != Op.Recurrent.Kind.LSTM) {
      return state[sample][t][s];
    }
    double v = Math.sqrt(state[0][t][t] * state[0][s][s]);
    double rho = sample == 0 && t == s ? 1 : v > 0 ? Math.clamp(state[sample][t][s] / v, -1, 1) : 0;
    return gateKernel(sample, t, s)
        * Math.sqrt(squashed[t].ef2() * squashed[s].ef2())
        * normal(squashed[t], rho);
  }

  private static double normal(HermiteExpansion e, double rho) {
    return e.ef2() > 0 ? e.kernel(rho) / e.ef2() : 0;
  }

  double cell(int sample, int t, int s) {
    return state[sample][t][s];
  }

  // ---- backward ----

  /// Gradient of the pre-activations, summed over gates, and of the initial state.
  ///
  /// @param pre per step, Σ over gates of the second moment of the pre-activation's gradient
  /// @param recurrent per step, the same as the recurrent weights see it
  /// @param coherent covariance of the pre-activations' gradients between two steps, summed over
  ///   gates
  record Back(double[] pre, double[] recurrent, double coherent) {}

  private static double square(double x) {
    return x * x;
  }

  /// @param external second moment of the gradient that reaches h_t from outside, per step
  /// @param shared its covariance between two steps (mean pooling over time sends every step the
  ///   same gradient, and the leaky state adds them up)
  /// @param lastCell the same for the last cell state
  Back backward(double[] external, double shared, double lastCell) {
    double[] pre = new double[steps];
    double[] rec = new double[steps];
    double gh = 0;
    double gc = lastCell;
    double cross = 0;
    double coherent = 0;
    for (int t = steps - 1; t >= 0; t--) {
      double total = external[t] + gh;
      double sg = gates[t].slopeM2();
      double before = t > 0 ? state[0][t - 1][t - 1] : 0;
      switch (kind) {
        case LSTM -> {
          double reach = 0.5 * squashed[t].slopeMean();
          gc += total * gates[t].ef2() * squashed[t].slopeM2() + reach * cross;
          cross = shared * reach + 0.5 * cross;
          coherent += square(reach / 0.5 * 0.5 * written[t].slopeMean()) * shared / steps;
          double out = total * squashed[t].ef2() * sg;
          double forget = gc * before * sg;
          double in = gc * written[t].ef2() * sg;
          double cand = gc * gates[t].ef2() * written[t].slopeM2();
          pre[t] = out + forget + in + cand;
          rec[t] = pre[t];
          gc *= gates[t].ef2();
          gh = feed.recurrent() * pre[t];
        }
        case GRU -> {
          double update = total * (written[t].ef2() + before) * sg;
          double cand = total * gates[t].ef2() * written[t].slopeM2();
          double inner = feed.recurrent() * before + feed.recurrentBias();
          double reset = cand * inner * sg;
          pre[t] = update + cand + reset;
          rec[t] = update + reset + cand * gates[t].ef2();
          cross = shared + 0.5 * cross;
          coherent += square(0.5 * written[t].slopeMean() / 0.5) * shared / steps;
          gh = total * gates[t].ef2() + feed.recurrent() * rec[t] + cross;
        }
        case RNN -> {
          pre[t] = total * written[t].slopeM2();
          rec[t] = pre[t];
          gh = feed.recurrent() * pre[t];
        }
      }
    }
    return new Back(pre, rec, coherent);
  }
}
