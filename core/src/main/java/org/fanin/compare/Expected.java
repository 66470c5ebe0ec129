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
/// @param neverActive share of rectified units that no sample of the batch reaches: E_z
///   Φ(−z√(c/(1−c)))^B at cosine c and batch B
/// @param saturated share of elements where a bounded activation of N(μ, σ²) is flat, as
///   [Saturation] has it
/// @param entropy mean entropy of softmax rows as a share of that of equal weights, for logits N(0,
///   s²) ([org.fanin.math.SoftmaxMoments#entropy])
public record Expected(double zeros, double neverActive, double saturated, double entropy) {
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
        all.put(n.outputs().getFirst(), pointwise(p.fn(), in));
      }
    }
    for (Observation o : f.observations()) {
      int value = g.nodes().get(o.node()).outputs().getFirst();
      Expected e = all.getOrDefault(value, NOTHING);
      if (o.kind() == Observation.Kind.NEVER_ACTIVE) {
        all.put(value, new Expected(e.zeros, o.value(), e.saturated, e.entropy));
      } else if (o.kind() == Observation.Kind.ATTENTION_ENTROPY) {
        all.put(value, new Expected(e.zeros, e.neverActive, e.saturated, o.value()));
      }
    }
    return all;
  }

  private static Expected pointwise(Fn fn, Forward.Known in) {
    double m2 = Math.exp(in.lnM2Typical());
    double deviation = Math.sqrt(Math.max(0, m2 - in.mean() * in.mean()));
    boolean rectifier = fn.form() instanceof Fn.Form.AbRelu r && r.below() == 0 && r.above() != 0;
    double zeros = rectifier && deviation > 0 ? Normal.cdf(-in.mean() / deviation) : Double.NaN;
    return new Expected(
        zeros, Double.NaN, Saturation.expected(fn, in.mean(), deviation), Double.NaN);
  }
}
