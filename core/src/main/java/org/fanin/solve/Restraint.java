package org.fanin.solve;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fanin.graph.Node;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.predict.PlannedLaw;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;

/// Holds the solved variances against the file's: where the network would be less level with them,
/// only as much of the way is gone as leaves it no worse.
///
/// The way is the straight line between the logarithms of the two variances, for every solved
/// tensor whose scale matters (no normalisation behind it). What a whole pass cannot see is met
/// here: gradients that grow by different factors on paths of different lengths, say in a U-Net.
final class Restraint {
  /// Halvings of the way.
  private static final int STEPS = 3;

  private final Wiring wiring;
  private final Onward onward;
  private final PredictSettings settings;
  private final Forecast before;
  private final Objective was;
  private final Target target;

  Restraint(
      Wiring wiring, Onward onward, PredictSettings settings, Forecast before, Target target) {
    this.wiring = wiring;
    this.onward = onward;
    this.settings = settings;
    this.before = before;
    this.target = target;
    was = Objective.of(before, target);
  }

  /// @param step share of the way from the file's variances to the solved ones, 0 to 1
  record Tried(Map<Integer, Choice> choices, Forecast after, Objective objective, double step) {}

  /// @param fixed what no forecast decides
  /// @param solved what the passes chose
  Tried hold(Map<Integer, Choice> fixed, Map<Integer, Choice> solved) {
    Tried whole = tried(fixed, solved, 1);
    if (good(whole)) {
      return whole;
    }
    Tried none = tried(fixed, solved, 0);
    if (!good(none)) {
      return List.of(none, asInFile(fixed, solved)).stream()
          .reduce(whole, (a, b) -> b.objective.betterThan(a.objective) ? b : a);
    }
    Tried best = none;
    double bad = 1;
    for (int i = 0; i < STEPS; i++) {
      Tried next = tried(fixed, solved, (best.step + bad) / 2);
      if (good(next)) {
        best = next;
      } else {
        bad = next.step;
      }
    }
    return best;
  }

  private boolean good(Tried t) {
    return t.objective.noWorseThan(was);
  }

  private Tried tried(Map<Integer, Choice> fixed, Map<Integer, Choice> solved, double step) {
    Map<Integer, Choice> all = new HashMap<>(fixed);
    solved.forEach((i, c) -> all.put(i, step == 1 ? c : towardsFile(i, c, step)));
    return forecast(all, step);
  }

  private Tried forecast(Map<Integer, Choice> all, double step) {
    Map<Integer, PlannedLaw> laws = new HashMap<>();
    all.forEach((i, c) -> laws.put(i, c.law()));
    Forecast after = Predictor.predict(wiring.graph, settings.withLaws(laws));
    return new Tried(all, after, Objective.of(after, target), step);
  }

  private Choice towardsFile(int i, Choice c, double step) {
    double file = before.parameters().get(i).m2();
    if (!(file > 0) || !(c.size() > 0) || Double.isInfinite(file) || isSetAnew(i)) {
      return c;
    }
    double factor = StrictMath.exp((1 - step) * StrictMath.log(file / c.size()));
    String how =
        step == 0 ? "the file's" : Text.of(100 * step) + "% of the way (in ln) from the file's";
    return c.times(factor)
        .noting(
            String.format(
                Locale.ROOT,
                "%s %s, for all the way the network would be less level than it was",
                how,
                Text.of(file)));
  }

  /// Whether a normalisation undoes the scale of this tensor.
  private boolean isSetAnew(int i) {
    Parameter p = wiring.parameter(i);
    if (p.role() == Role.NORM_SCALE || p.uses().isEmpty()) {
      return false;
    }
    Node n = wiring.graph.nodes().get(p.uses().getFirst());
    return wiring.isLayer(n) && onward.from(n.outputs().getFirst()).kind() == Onward.Kind.NORM;
  }

  /// Every tensor with the moments it has in the file: nothing is changed but the draw.
  private Tried asInFile(Map<Integer, Choice> fixed, Map<Integer, Choice> solved) {
    Map<Integer, Choice> all = new HashMap<>(fixed);
    all.putAll(solved);
    all.replaceAll((i, c) -> inFile(before.parameters().get(i), c));
    return forecast(all, 0);
  }

  private static Choice inFile(ParameterForecast f, Choice c) {
    boolean usable = Double.isFinite(f.m2()) && f.nonFinite() == 0;
    return usable ? c.moments(f.mean(), f.m2()) : c;
  }
}
