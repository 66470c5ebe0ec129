package org.fanin.predict;

import org.fanin.graph.Op;
import org.fanin.math.Fns;
import org.fanin.math.HermiteExpansion;

/// Mean-field recursion of one recurrent layer over time: second moments of the state, its
/// covariance between two times and between two samples, and the gradient back through time. Units
/// are independent; gates are independent of the state they scale (theory.md §8), so the band is
/// wider than for feed-forward layers.
///
/// LSTM: c = f·c + i·g, h = o·tanh(c). GRU: h = z·h + (1−z)·n. RNN: h = tanh(z) or max(0, z).
/// Written as one leaky state s_t = keep·s + write·g. A gate whose biases have a mean is a sigmoid
/// about that mean: a forget bias of 1 keeps E f = .70 of the state instead of .5 (Jozefowicz et
/// al. 2015).
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
  /// @param means what biases add to every unit of a gate
  /// @param start the state before the first step
  record Feed(
      double[] drive,
      double recurrent,
      double bias,
      double recurrentBias,
      GateMeans means,
      Start start) {}

  /// The state before the first step, taken as independent of all weights.
  ///
  /// @param h E h h′ for the same sample and for another
  /// @param c the same of an LSTM's cell
  record Start(double[] h, double[] c) {
    static final Start ZERO = new Start(new double[2], new double[2]);
  }

  /// Means of the biases of both sides together.
  ///
  /// @param keep forget gate of an LSTM, update gate of a GRU
  /// @param write input gate of an LSTM
  /// @param out output gate of an LSTM, reset gate of a GRU
  record GateMeans(double keep, double write, double out) {
    static final GateMeans NONE = new GateMeans(0, 0, 0);
  }

  private final Op.Recurrent.Kind kind;
  private final Feed feed;
  final int steps;

  /// `h[sample][t][s]` = E h_t h′_s; sample 0: the same, 1: another.
  final double[][][] h;

  private final double[][][] state;
  private final double[] gateVariance;
  private final HermiteExpansion[] keeps;
  private final HermiteExpansion[] writes;
  private final HermiteExpansion[] outs;
  private final HermiteExpansion[] written;
  private final HermiteExpansion[] squashed;

  RecurrentCell(Op.Recurrent.Kind kind, Feed feed, int time) {
    this.kind = kind;
    this.feed = feed;
    this.steps = Math.min(time, LONGEST);
    this.h = new double[2][steps][steps];
    this.state = new double[2][steps][steps];
    this.gateVariance = new double[steps];
    this.keeps = new HermiteExpansion[steps];
    this.writes = new HermiteExpansion[steps];
    this.outs = new HermiteExpansion[steps];
    this.written = new HermiteExpansion[steps];
    this.squashed = new HermiteExpansion[steps];
    run();
  }

  private void run() {
    double[][][] drift = new double[2][steps][steps];
    for (int t = 0; t < steps; t++) {
      double gate = pre(0, t, t);
      gateVariance[t] = gate;
      openGates(t, Math.sqrt(gate));
      written[t] =
          HermiteExpansion.of(
              kind == Op.Recurrent.Kind.RELU_RNN ? Fns.relu() : Fns.tanh(),
              0,
              Math.sqrt(written(0, t, t)));
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

  private void openGates(int t, double sd) {
    GateMeans m = feed.means();
    keeps[t] = HermiteExpansion.of(Fns.sigmoid(), m.keep(), sd);
    writes[t] =
        m.write() == m.keep() ? keeps[t] : HermiteExpansion.of(Fns.sigmoid(), m.write(), sd);
    outs[t] = m.out() == m.keep() ? keeps[t] : HermiteExpansion.of(Fns.sigmoid(), m.out(), sd);
  }

  private void advance(double[][][] drift, int t) {
    for (int sample = 0; sample < 2; sample++) {
      for (int s = 0; s <= t; s++) {
        double g = writtenKernel(sample, t, s);
        double d = (s > 0 ? keep(s) * drift[sample][t][s - 1] : 0) + write(s) * g;
        drift[sample][t][s] = d;
        double before =
            t == 0
                ? startState(sample)
                : s == t ? state[sample][t - 1][t - 1] : state[sample][t - 1][s];
        double v;
        if (s == t) {
          double past = t > 0 ? drift[sample][t][t - 1] : 0;
          v = keep2(sample, t) * before + write2(sample, t) * g + 2 * crossed(t) * past;
        } else {
          v = keep(t) * before + write(t) * d;
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
    if (t > 0 && s > 0) {
      return h[sample][t - 1][s - 1];
    }
    int later = Math.max(t, s);
    return later == 0 ? feed.start().h()[sample] : fromStart(sample, later - 1);
  }

  /// E h_t·h_start: what a leaky state has kept of it; an LSTM's output forgets its own start.
  private double fromStart(int sample, int t) {
    if (kind != Op.Recurrent.Kind.GRU) {
      return 0;
    }
    double v = feed.start().h()[sample];
    for (int u = 0; u <= t && v != 0; u++) {
      v *= keep(u);
    }
    return v;
  }

  /// Second moment of what the first step keeps or forgets.
  private double startState(int sample) {
    return switch (kind) {
      case LSTM -> feed.start().c()[sample];
      case GRU -> feed.start().h()[sample];
      case RNN, RELU_RNN -> 0;
    };
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
    double reset = gateKernel(outs, sample, t, s);
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

  private double gateKernel(HermiteExpansion[] gates, int sample, int t, int s) {
    if (sample == 0 && t == s) {
      return gates[t].ef2();
    }
    double rho =
        Math.clamp(pre(sample, t, s) / Math.sqrt(gateVariance[t] * gateVariance[s]), -1, 1);
    return Math.sqrt(gates[t].kernel(rho) * gates[s].kernel(rho));
  }

  // ---- gates ----

  private double keep(int t) {
    return switch (kind) {
      case LSTM, GRU -> keeps[t].mean();
      case RNN, RELU_RNN -> 0;
    };
  }

  private double write(int t) {
    return switch (kind) {
      case LSTM -> writes[t].mean();
      case GRU -> 1 - keeps[t].mean();
      case RNN, RELU_RNN -> 1;
    };
  }

  private double keep2(int sample, int t) {
    return switch (kind) {
      case LSTM, GRU -> gateKernel(keeps, sample, t, t);
      case RNN, RELU_RNN -> 0;
    };
  }

  /// Of a GRU E (1 − z)(1 − z′).
  private double write2(int sample, int t) {
    return switch (kind) {
      case LSTM -> gateKernel(writes, sample, t, t);
      case GRU -> 1 - 2 * keeps[t].mean() + gateKernel(keeps, sample, t, t);
      case RNN, RELU_RNN -> 1;
    };
  }

  /// E[keep·write]: independent gates of an LSTM, z(1−z) of a GRU.
  private double crossed(int t) {
    return switch (kind) {
      case LSTM -> keeps[t].mean() * writes[t].mean();
      case GRU -> keeps[t].mean() - keeps[t].ef2();
      case RNN, RELU_RNN -> 0;
    };
  }

  private double output(int sample, int t, int s) {
    if (kind != Op.Recurrent.Kind.LSTM) {
      return state[sample][t][s];
    }
    double v = Math.sqrt(state[0][t][t] * state[0][s][s]);
    double rho = sample == 0 && t == s ? 1 : v > 0 ? Math.clamp(state[sample][t][s] / v, -1, 1) : 0;
    return gateKernel(outs, sample, t, s)
        * Math.sqrt(squashed[t].ef2() * squashed[s].ef2())
        * normal(squashed[t], rho);
  }

  private static double normal(HermiteExpansion e, double rho) {
    return e.ef2() > 0 ? e.kernel(rho) / e.ef2() : 0;
  }

  /// E h_t: only a rectifier's output has a mean.
  double mean(int t) {
    return kind == Op.Recurrent.Kind.RELU_RNN ? written[t].mean() : 0;
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
  /// @param startH second moment of the gradient of the state before the first step; `startC` of an
  ///   LSTM's cell
  record Back(double[] pre, double[] recurrent, double coherent, double startH, double startC) {}

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
    Pairs pairs = new Pairs();
    for (int t = steps - 1; t >= 0; t--) {
      double total = external[t] + gh;
      double before = t > 0 ? state[0][t - 1][t - 1] : startState(0);
      switch (kind) {
        case LSTM -> {
          double reach = outs[t].mean() * squashed[t].slopeMean();
          double sum = write(t) / (1 - keep(t));
          gc += total * outs[t].ef2() * squashed[t].slopeM2() + reach * cross;
          cross = shared * reach + keep(t) * cross;
          coherent += square(reach * sum * written[t].slopeMean()) * shared / steps;
          pairs.step(t, gc, write(t) * written[t].slopeMean());
          double out = total * squashed[t].ef2() * outs[t].slopeM2();
          double forget = gc * before * keeps[t].slopeM2();
          double in = gc * written[t].ef2() * writes[t].slopeM2();
          double cand = gc * writes[t].ef2() * written[t].slopeM2();
          pre[t] = out + forget + in + cand;
          rec[t] = pre[t];
          gc *= keeps[t].ef2();
          gh = feed.recurrent() * pre[t];
        }
        case GRU -> {
          pairs.step(t, total, write(t) * written[t].slopeMean());
          double update = total * (written[t].ef2() + before) * keeps[t].slopeM2();
          double cand = total * write2(0, t) * written[t].slopeM2();
          double inner = feed.recurrent() * before + feed.recurrentBias();
          double reset = cand * inner * outs[t].slopeM2();
          pre[t] = update + cand + reset;
          rec[t] = update + reset + cand * outs[t].ef2();
          cross = shared + keep(t) * cross;
          coherent += square(written[t].slopeMean()) * shared / steps;
          gh = total * keeps[t].ef2() + feed.recurrent() * rec[t] + cross;
        }
        case RNN, RELU_RNN -> {
          pre[t] = total * written[t].slopeM2();
          rec[t] = pre[t];
          gh = feed.recurrent() * pre[t];
        }
      }
    }
    double between = coherent * (1 - pairs.kept()) + pairs.covariance();
    return new Back(pre, rec, between, gh, kind == Op.Recurrent.Kind.LSTM ? gc : 0);
  }

  /// What two steps' candidates have in common because the state's gradient passes both: E δ_t δ_s
  /// = E δ_s²·Π keep over the steps between, for t < s, averaged over pairs.
  private final class Pairs {
    private double from;
    private double steadily;
    private double lastGradient;
    private double sum;
    private double keptSum;

    void step(int t, double gradient, double gain) {
      double keep = t + 1 < steps ? keep(t + 1) : 0;
      from = keep * (from + lastGradient);
      steadily = t + 1 < steps ? keep * (steadily + 1) : 0;
      sum += from * square(gain);
      keptSum += steadily;
      lastGradient = gradient;
    }

    double covariance() {
      return steps < 2 ? 0 : 2 * sum / ((double) steps * (steps - 1));
    }

    /// Mean of Π keep over pairs of steps.
    double kept() {
      return steps < 2 ? 0 : 2 * keptSum / ((double) steps * (steps - 1));
    }
  }
}
