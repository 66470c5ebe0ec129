package org.fanin.judge;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.fanin.predict.Forecast.Backward;

/// Will SGD with momentum, at the best of the learning rates 0.001 to 1, learn within a few hundred
/// steps?
///
/// score = σ(k·(useful + 2.3)) · σ(k·(0.66 − lottery)) · σ(k·(2.45 − stiff)) · σ(k·(1.6 − drift)),
/// k = 4, times 0.05 when weights are broken; see [Features]. The limits were set on networks that
/// were really trained (docs/verdicts.md).
final class TrainableModel {
  /// Logits per decade, the same for all.
  private static final double STEEP = 4;

  /// Useful pull at which half of the networks train.
  private static final double TOO_WEAK = -2.3;

  /// A β of 4.6: one draw in six has e^2.1 times the typical second moment or more.
  private static final double TOO_RANDOM = .66;

  private static final double TOO_STIFF = 2.45;
  private static final double TOO_MUCH_DRIFT = 1.6;
  private static final double BROKEN = .05;

  /// Of a network of which nothing is known.
  private static final double UNKNOWN = .5;

  private static final double YES = .6;
  private static final double NO = .4;

  private TrainableModel() {}

  /// One thing that has to go well: how likely it does, what is to be said if it does not, and what
  /// if it does but a limit is near.
  private record Part(double chance, String because, String near) {}

  static Trainable decide(Case c) {
    Trainable t = answer(c);
    boolean fragile = c.postNorm.isDeep() && t.answer() != Trainable.Answer.NO;
    return fragile ? t.under(List.of(Condition.WARM_UP, Condition.ADAM)) : t;
  }

  private static Trainable answer(Case c) {
    Features f = Features.of(c);
    boolean blind =
        Double.isNaN(f.stiff())
            && c.forecast.parameters().stream()
                .anyMatch(p -> p.gradient() instanceof Backward.Unknown);
    if (f.broken()) {
      Trainable t = decide(f);
      return c.leavesNumbers()
          ? new Trainable(t.answer(), t.score(), "values become NaN or infinite")
          : t;
    }
    Optional<String> none = noGradient(c);
    if (none.isPresent()) {
      return new Trainable(Trainable.Answer.DOUBTFUL, UNKNOWN, none.get());
    }
    boolean pathless = Double.isNaN(f.stiff()) && !c.zeros.pathless.isEmpty();
    if (pathless) {
      var first = c.zeros.pathless.getFirst();
      return new Trainable(
          Trainable.Answer.DOUBTFUL,
          UNKNOWN,
          new OpeningText(c.graph).because(first.parameter(), c.zeros.opening(first)));
    }
    if (blind) {
      return new Trainable(
          Trainable.Answer.DOUBTFUL, UNKNOWN, "no gradient of a weight could be predicted");
    }
    var foreign = c.forecast.coverage().foreign();
    return Double.isNaN(f.stiff()) && !foreign.isEmpty()
        ? new Trainable(
            Trainable.Answer.DOUBTFUL,
            UNKNOWN,
            String.format(
                Locale.ROOT,
                "no layer could be judged: %s (%s) has no rule",
                foreign.getFirst().node(),
                foreign.getFirst().op()))
        : decide(f);
  }

  /// Why no weight has a gradient to be judged, where outputs depend on all of them through steps
  /// only.
  private static Optional<String> noGradient(Case c) {
    String because = null;
    for (var p : c.forecast.parameters()) {
      switch (p.gradient()) {
        case Backward.None n -> because = because == null ? n.because() : because;
        case Backward.Known _, Backward.Unknown _ -> {
          if (c.graph.parameters().get(p.parameter()).fan().isPresent()) {
            return Optional.empty();
          }
        }
      }
    }
    return Optional.ofNullable(because);
  }

  static Trainable decide(Features f) {
    Part weakest = parts(f).min(Comparator.comparingDouble(Part::chance)).orElseThrow();
    double score = parts(f).mapToDouble(Part::chance).reduce(1, (a, b) -> a * b);
    Trainable.Answer answer =
        score >= YES
            ? Trainable.Answer.YES
            : score < NO ? Trainable.Answer.NO : Trainable.Answer.DOUBTFUL;
    return new Trainable(answer, score, because(answer, weakest));
  }

  private static String because(Trainable.Answer answer, Part weakest) {
    return switch (answer) {
      case YES ->
          "gradients are of a size that some learning rate suits, and differences between inputs"
              + " reach the output"
              + (weakest.chance() > .9 ? "" : "; nearest to its limit: " + weakest.near());
      case DOUBTFUL -> "near a limit: " + weakest.near();
      case NO -> weakest.because();
    };
  }

  /// What is left of an answer once the network was measured.
  ///
  /// @param found verdicts of measured rules
  /// @param off where forecast and measurement contradict each other
  static Trainable overruled(
      Trainable forecast, List<Verdict> found, List<Contradiction> off, Evidence e) {
    for (Verdict v : found) {
      if (v.rule().equals(NonFiniteRule.NAME)) {
        return new Trainable(
            Trainable.Answer.NO, Math.min(BROKEN, forecast.score()), v.because(), off);
      }
    }
    if (off.isEmpty()) {
      return forecast;
    }
    boolean no = forecast.answer() == Trainable.Answer.NO;
    if (no && decide(new Case(AsMeasured.of(e), e.limits)).answer() == Trainable.Answer.NO) {
      return new Trainable(Trainable.Answer.NO, forecast.score(), forecast.because(), off);
    }
    return new Trainable(
        Trainable.Answer.DOUBTFUL,
        Math.clamp(forecast.score(), NO, YES),
        Contradictions.because(off),
        off,
        forecast.conditions());
  }

  private static Stream<Part> parts(Features f) {
    return Stream.of(
        new Part(
            f.broken() ? BROKEN : 1,
            "weights are identical, not finite, or never get a gradient",
            "weights that are identical, not finite, or never get a gradient"),
        part(
            f.useful() - TOO_WEAK,
            f.useful(),
            "what tells inputs apart moves the weights by %s of themselves per step and unit of"
                + " learning rate: too little",
            "what tells inputs apart moves the weights by %s of themselves per step and unit of"
                + " learning rate (limit %s)",
            TOO_WEAK),
        part(
            TOO_RANDOM - f.lottery(),
            f.lottery(),
            "too deep for its width: ln of a second moment varies from seed to seed with a variance"
                + " of %s, and angles between inputs with it",
            "ln of a second moment varies from seed to seed with a variance of %s (limit %s)",
            TOO_RANDOM),
        part(
            TOO_STIFF - f.stiff(),
            f.stiff(),
            "the gradient is %s of the weights: no usual learning rate is small enough",
            "the gradient is %s of the weights, which wants a small learning rate (limit %s)",
            TOO_STIFF),
        part(
            TOO_MUCH_DRIFT - f.drift(),
            f.drift(),
            "the gradient is %s of the weights over all layers, and normalising each sample by"
                + " itself does not stop all samples from drifting alike",
            "the gradient is %s of the weights over all layers (limit %s)",
            TOO_MUCH_DRIFT));
  }

  /// @param decades the value, in decades
  /// @param limit at which half of the networks train, in decades
  private static Part part(
      double margin, double decades, String because, String near, double limit) {
    String value = ofDecades(decades);
    return new Part(
        chance(margin),
        String.format(Locale.ROOT, because, value),
        String.format(Locale.ROOT, near, value, ofDecades(limit)));
  }

  private static String ofDecades(double d) {
    return Numbers.ofLn(d * Math.log(10));
  }

  /// NaN (no layers) is no objection.
  private static double chance(double margin) {
    return Double.isNaN(margin) ? 1 : 1 / (1 + Math.exp(-STEEP * margin));
  }
}
