package org.fanin.compare;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.fanin.fill.Fills;
import org.fanin.fill.TensorFill;
import org.fanin.graph.Graph;
import org.fanin.graph.Parameter;
import org.fanin.plan.Scheme;
import org.fanin.plan.Schemes;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorPlan;
import org.fanin.plan.TensorSpec;
import org.fanin.predict.Forecast;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;

/// Initialises a network anew as the forecast assumes it was: every parameter with the scheme that
/// was recognised in it, or the one asked for. Weights are addressed: seed k gives the elements of
/// docs/fill-format.md.
final class Redraw {
  private final Map<Integer, TensorPlan> plans = new HashMap<>();
  private final int parameters;

  private Redraw(int parameters) {
    this.parameters = parameters;
  }

  /// Every parameter with a recognised scheme, those with fans by `weights` when it is given.
  static Redraw all(Forecast f, Optional<Scheme> weights) {
    return of(f, weights, true);
  }

  /// Only what `weights` replaces.
  static Redraw only(Forecast f, Scheme weights) {
    return of(f, Optional.of(weights), false);
  }

  private static Redraw of(Forecast f, Optional<Scheme> weights, boolean recognised) {
    Graph g = f.graph();
    Redraw r = new Redraw((int) g.parameters().stream().filter(Parameter::isTrained).count());
    Layers layers = new Layers(f);
    List<TensorSpec> specs = Specs.of(g);
    for (Forecast.ParameterForecast p : f.parameters()) {
      Parameter parameter = g.parameters().get(p.parameter());
      TensorSpec spec = layers.withFan(p.parameter(), specs.get(p.parameter()));
      boolean replaced = weights.isPresent() && parameter.fan().isPresent();
      String scheme = layers.scheme(p);
      if (replaced) {
        r.plan(p.parameter(), spec, weights.get());
      } else if (recognised && !scheme.isEmpty() && parameter.isTrained()) {
        r.plan(p.parameter(), spec, scheme);
      }
    }
    return r;
  }

  private void plan(int index, TensorSpec spec, String scheme) {
    try {
      plan(index, spec, Schemes.named(scheme));
    } catch (IllegalArgumentException _) {
      // A law that is known by its statistics only, or needs what is not known of the tensor: the
      // file's elements stay, and are counted.
    }
  }

  private void plan(int index, TensorSpec spec, Scheme scheme) {
    TensorSpec single = spec.withDtype(DType.F32);
    plans.put(
        index,
        new TensorPlan(
            single, scheme.draw(single), false, scheme.name(), 0, "re-initialised", "this file"));
  }

  int redrawn() {
    return plans.size();
  }

  int kept() {
    return parameters - plans.size();
  }

  /// Elements by index of the parameter, made when they are asked for.
  Map<Integer, Supplier<Tensor>> weights(long seed) {
    Map<Integer, Supplier<Tensor>> m = new HashMap<>();
    plans.forEach((i, plan) -> m.put(i, () -> draw(seed, plan)));
    return m;
  }

  private static Tensor draw(long seed, TensorPlan plan) {
    try (TensorFill fill = Fills.open(seed, plan)) {
      byte[] bytes = new byte[Math.toIntExact(fill.count() * fill.elementBytes())];
      MemorySegment segment = MemorySegment.ofArray(bytes);
      fill.write(0, segment);
      return Tensor.of(plan.dtype(), plan.shape(), segment);
    }
  }
}
