package org.fanin.judge;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.fanin.compare.Expected;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.predict.Forecast.Forward;
import org.fanin.probe.Reading;
import org.fanin.tensor.Shape;

/// Rectified units of one layer that are 0 on every sample, beside those that theory expects of
/// samples as alike as these.
///
/// The pre-activation is s + b, s from the signal and b the bias. The expectation is that of a
/// healthy layer, E_z Φ(−z√(ρ/(1−ρ)))^B (theory.md 9): mean 0, and ρ the correlation between
/// samples of s and of those b that s can reach, so that biases drawn small are part of it and a
/// bias that keeps its unit below 0 whatever the sample is not.
///
/// @param share measured
/// @param alike expected
/// @param independent units that were drawn one by one: channels where positions share their
///   weights
/// @param silentChannels that are 0 on every sample and position; 0 where there are no channels
/// @param outliers biases far below all others
record Silence(
    Node node,
    double share,
    double alike,
    long samples,
    long units,
    long independent,
    long channels,
    long silentChannels,
    long outliers) {
  /// Standard deviations of the signal: one sample in 31,574 goes beyond.
  private static final double REACH = 4;

  /// Standard deviation of a normal law over the median of its magnitudes, 1/Φ⁻¹(¾).
  private static final double NORMAL = 1.4826;

  private static final int STEPS_UP = 4;

  /// Empty where the node is no rectifier, or nothing is known of its input.
  static Optional<Silence> of(Evidence e, Node n) {
    if (!(n.op() instanceof Op.Pointwise p) || !Expected.rectifies(p.fn())) {
      return Optional.empty();
    }
    Reading r = e.measured.readings().values().get(n.outputs().getFirst());
    Shape s = e.graph.value(n.outputs().getFirst()).shape().orElse(null);
    if (r == null || s == null || s.rank() < 2 || Double.isNaN(r.activity().neverActive())) {
      return Optional.empty();
    }
    double[] bias = bias(e, n.input(0));
    Optional<Double> alike = alike(e, n.input(0), bias, s.dim(0));
    return alike.map(a -> of(e, n, r.activity(), s, a, outliers(bias)));
  }

  private static Silence of(
      Evidence e, Node n, Reading.Activity a, Shape s, double alike, long outliers) {
    Node source = source(e, n.input(0));
    boolean maps = s.rank() > 3 || s.rank() == 3 && source != null && mapsChannels(source.op());
    long channels = maps ? s.dim(1) : 0;
    return new Silence(
        n,
        a.neverActive(),
        alike,
        s.dim(0),
        s.count() / Math.max(1, s.dim(0)),
        maps ? channels : s.dim(s.rank() - 1),
        channels,
        maps ? Math.round(a.neverActiveChannels() * channels) : 0,
        outliers);
  }

  private static boolean mapsChannels(Op op) {
    return op instanceof Op.Conv || op instanceof Op.ConvTranspose || op instanceof Op.BatchNorm;
  }

  // ---- the pre-activation ----

  /// @param mean of all elements
  /// @param m2 their second moment
  /// @param product mean product of two samples
  private record Law(double mean, double m2, double product) {}

  /// As predicted. Without biases that could be at fault, samples that this draw made more alike
  /// than most do are no fault either; nor is there anything but the measurement where there is no
  /// prediction.
  private static Optional<Double> alike(Evidence e, int value, double[] bias, long samples) {
    Optional<Law> predicted =
        e.moments.forward(value) instanceof Forward.Known k
            ? law(k.mean(), Math.exp(k.lnM2()), k.cos())
            : Optional.empty();
    Reading r = e.measured.readings().values().get(value);
    boolean use = predicted.isEmpty() || largest(bias) == 0;
    Optional<Law> measured = r == null || !use ? Optional.empty() : law(r.mean(), r.m2(), r.cos());
    return Stream.of(predicted, measured)
        .flatMap(Optional::stream)
        .map(l -> Expected.silent(0, correlation(l, bias), samples))
        .max(Comparator.naturalOrder());
  }

  private static Optional<Law> law(double mean, double m2, double cos) {
    boolean known = m2 > 0 && Double.isFinite(m2) && Double.isFinite(mean) && !Double.isNaN(cos);
    return known ? Optional.of(new Law(mean, m2, cos * m2)) : Optional.empty();
  }

  /// Correlation between samples of the signal and the biases in its reach.
  private static double correlation(Law all, double[] bias) {
    double mean = Arrays.stream(bias).average().orElse(0);
    double m2 = Arrays.stream(bias).map(x -> x * x).average().orElse(0);
    double shift = all.mean - mean;
    double own = Math.max(0, all.m2 - m2 - shift * shift);
    double common = all.product - m2 - shift * shift;
    double reach = REACH * Math.sqrt(own);
    double drawn =
        Arrays.stream(bias).filter(x -> Math.abs(x) <= reach).map(x -> x * x).average().orElse(0);
    return own + drawn > 0 ? (common + drawn) / (own + drawn) : 1;
  }

  private static double largest(double[] bias) {
    return Arrays.stream(bias).map(Math::abs).max().orElse(0);
  }

  /// Biases far below what the others are drawn from: more than four standard deviations of a
  /// normal law with their median.
  private static long outliers(double[] bias) {
    double[] size = Arrays.stream(bias).map(Math::abs).sorted().toArray();
    double limit = size.length == 0 ? 0 : REACH * NORMAL * size[size.length / 2];
    return Arrays.stream(bias).filter(x -> x < -limit).count();
  }

  /// The node that makes a value, behind what only changes its shape; null for none.
  private static Node source(Evidence e, int value) {
    int v = value;
    for (int i = 0; i < STEPS_UP; i++) {
      int producer = v < 0 ? -1 : e.graph.value(v).producer();
      Node n = producer < 0 ? null : e.graph.nodes().get(producer);
      if (n == null || !(n.op() instanceof Op.Reshape) && !(n.op() instanceof Op.Transpose)) {
        return n;
      }
      v = n.input(0);
    }
    return null;
  }

  /// What is added to the signal, one element per unit or channel; empty for nothing.
  private static double[] bias(Evidence e, int value) {
    Node n = source(e, value);
    for (int in : n == null ? List.<Integer>of() : n.inputs()) {
      Parameter p = e.names.parameterAt(in);
      boolean adds = p != null && (p.role() == Role.BIAS || p.role() == Role.NORM_SHIFT);
      if (adds && p.data().count() <= Integer.MAX_VALUE - 8) {
        double[] x = new double[(int) p.data().count()];
        p.data().read(0, x, x.length);
        return x;
      }
    }
    return new double[0];
  }
}
