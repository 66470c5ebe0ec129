package org.fanin.judge;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fanin.predict.Forecast.Observation;

/// Softmax attention with logits so wide that one key takes all: s > √(2 ln T), the freezing point
/// of the random energy model.
record AttentionRule() implements Rule {
  @Override
  public List<Verdict> apply(Case c) {
    Map<Integer, Double> keys = new HashMap<>();
    c.forecast.observations().stream()
        .filter(o -> o.kind() == Observation.Kind.ATTENTION_KEYS)
        .forEach(o -> keys.put(o.node(), o.value()));
    AttentionWeights attention = new AttentionWeights(c.graph);
    Observation worst = null;
    double worstRatio = 0;
    for (Observation o : c.forecast.observations()) {
      double t = keys.getOrDefault(o.node(), 0.0);
      if (o.kind() != Observation.Kind.ATTENTION_LOGIT_STD || t < 2) {
        continue;
      }
      double ratio = o.value() / Math.sqrt(2 * Math.log(t));
      if (ratio > worstRatio && attention.isAttention(c.node(o.node()))) {
        worst = o;
        worstRatio = ratio;
      }
    }
    Grade g = Grade.above(c.limits, "attention-collapse", worstRatio);
    if (worst == null || g.level() == Verdict.Level.OK) {
      return List.of();
    }
    double freezing = Math.sqrt(2 * Math.log(keys.get(worst.node())));
    String because =
        String.format(
            Locale.ROOT,
            "attention logits have standard deviation %s across %.0f keys; beyond √(2 ln T) = %s one key takes nearly all the weight",
            Numbers.of(worst.value()),
            keys.get(worst.node()),
            Numbers.of(freezing));
    return List.of(
        new Verdict(
            "attention-collapse",
            g.level(),
            c.layer(worst.node()),
            worst.value(),
            g.limit() * freezing,
            because,
            "scale the logits by 1/√d (or 1/d), or lower the variance of the query and key weights",
            "Derrida 1981; Giorlandino & Goldt 2025; theory.md 7"));
  }
}
