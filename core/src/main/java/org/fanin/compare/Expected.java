package org.fanin.compare;

import java.util.HashMap;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;
import org.fanin.math.Normal;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.Observation;
import org.fanin.probe.Saturation;

/// What theory expects the elements of one tensor to do; NaN where it has nothing to say.
///
/// @param zeros share of exact zeros behind a rectifier of N(μ, σ²): Φ(−μ/σ), half where μ = 0
/// @param neverActive share of rectified units that no sample of the batch reaches: E_z Φ(−(μ/σ +
///   z√ρ)/√(1−ρ))^B for batch B and samples that correlate by ρ
/// @param saturated share of elements where a bounded activation of N(μ, σ²) is flat, as
///   [Saturation] has it
/// @param entropy mean entropy of softmax rows as a share of that of equal weights, for logits N(0,
///   s²) ([org.fanin.math.SoftmaxMoments#entropy])
public record Expected(double zeros, double neverActive, double saturated, double entropy) {
  private static final int STEPS = 1600;
  private static final double REACH = 8;

  static final Expected NOTHING = new Expected(Double.NaN, Double.NaN, Double.NaN, Double.NaN);

  /// By value id.
  static Map<Integer, Expected> of(Forecast f) {
    Graph g = f.graph();
    Map<Integer, Expected> all = new HashMap<>();
    Map<Integer, Forward> forward = new HashMap<>();
    f.tensors().forEach(t -> forward.put(t.value(), t.forward()));
    for (Node n : g.nodes()) {
      if (n.op() instanceof Op.Pointwise p
          && forward.get(n.input(0)) instanceof Forward.Known in
          && Math.abs(in.lnM2Typical()) < 500) {
        int value = n.outputs().getFirst();
        long samples = g.value(value).shape().map(s -> s.rank() > 0 ? s.dim(0) : 1).orElse(1L);
        all.put(value, pointwise(p.fn(), in, samples));
      }
    }
    for (Observation o : f.observations()) {
      int value = g.nodes().get(o.node()).outputs().getFirst();
      Expected e = all.getOrDefault(value, NOTHING);
      if (o.kind() == Observation.Kind.ATTENTION_ENTROPY) {
        all.put(value, new Expected(e.zeros, e.neverActive, e.saturated, o.value()));
      }
    }
    return all;
  }

  private static Expected pointwise(Fn fn, Forward.Known in, long samples) {
    double m2 = Math.exp(in.lnM2Typical());
    double variance = Math.max(0, m2 - in.mean() * in.mean());
    double deviation = Math.sqrt(variance);
    double zeros = Double.NaN;
    double never = Double.NaN;
    if (rectifies(fn) && deviation > 0) {
      double shift = in.mean() / deviation;
      zeros = Normal.cdf(-shift);
      never = silent(shift, (in.cos() * m2 - in.mean() * in.mean()) / variance, samples);
    }
    return new Expected(zeros, never, Saturation.expected(fn, in.mean(), deviation), Double.NaN);
  }

  /// Whether a function is 0 below 0 and nowhere just above: ReLU, ReLU6, scaled or not.
  public static boolean rectifies(Fn fn) {
    return fn.at(-100) == 0 && fn.at(-1) == 0 && fn.at(1e-6) != 0 && fn.at(1) != 0;
  }

  /// Share of rectified units that no sample of the batch reaches: E_z Φ(−(shift +
  /// z√ρ)/√(1−ρ))^samples, ρ cut to 0 … 1; NaN where ρ is. A unit's pre-activations on different
  /// samples have the part √ρ·z in common; trapezoidal rule on ±8.
  ///
  /// @param shift mean over deviation
  /// @param rho correlation between samples
  public static double silent(double shift, double rho, long samples) {
    if (Double.isNaN(rho)) {
      return Double.NaN;
    }
    double r = Math.clamp(rho, 0, 1 - 1e-12);
    double sum = 0;
    for (int i = 0; i <= STEPS; i++) {
      double z = -REACH + 2 * REACH * i / STEPS;
      double below = Normal.cdf(-(shift + Math.sqrt(r) * z) / Math.sqrt(1 - r));
      sum += Normal.pdf(z) * Math.pow(below, samples);
    }
    return sum * 2 * REACH / STEPS;
  }
}
