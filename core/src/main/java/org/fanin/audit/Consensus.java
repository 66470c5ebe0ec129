package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.plan.SchemeRanking.Suspect;

/// Settles what single tensors leave open by what the others of the file were drawn by: networks
/// use few schemes. A few rounds of empirical Bayes over the names, by kind of tensor.
final class Consensus {
  private static final int ROUNDS = 4;

  /// Pseudo-count of a scheme nobody else uses, and how many such schemes there are.
  private static final double UNSEEN = 0.3;

  private static final double SCHEMES = 20;

  /// A bias is often drawn as its weight is, and a convolution as a dense layer.
  private static final double KIN = 0.3;

  private static final double AS_LIKELY = 0.05;

  /// Nats by which the same law under a rarer name may lie behind and still be told.
  private static final double NAMESAKE = 3.2;

  private static final int MOST_ALTERNATIVES = 6;

  private enum Kind {
    DENSE,
    CONV,
    RECURRENT,
    BIAS,
    EMBEDDING,
    OTHER
  }

  private final List<Examined> all;
  private final List<double[]> posteriors = new ArrayList<>();

  private Consensus(List<Examined> all) {
    this.all = all;
    all.forEach(e -> posteriors.add(posterior(e, Map.of(), 0)));
  }

  static List<Recognition> settle(List<Examined> all) {
    var c = new Consensus(all);
    for (int i = 0; i < ROUNDS; i++) {
      c.round();
    }
    List<Recognition> out = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      out.add(recognition(all.get(i), c.posteriors.get(i)));
    }
    return out;
  }

  private static Kind kind(Site s) {
    return switch (s.spec().role()) {
      case WEIGHT, HEAD, STACKED, FUSED_QKV -> s.spec().shape().rank() > 2 ? Kind.CONV : Kind.DENSE;
      case LSTM_INPUT, LSTM_RECURRENT -> Kind.RECURRENT;
      case BIAS, LSTM_BIAS -> Kind.BIAS;
      case EMBEDDING, POSITION, CLASS_TOKEN, TIED -> Kind.EMBEDDING;
      case NORM_SCALE,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          GATE,
          LAYER_SCALE,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          Kind.OTHER;
    };
  }

  private void round() {
    Map<Kind, Map<String, Double>> counts = new HashMap<>();
    Map<String, Double> everywhere = new HashMap<>();
    for (int i = 0; i < all.size(); i++) {
      List<Suspect> s = all.get(i).suspects();
      for (int k = 0; k < s.size(); k++) {
        double p = posteriors.get(i)[k];
        counts
            .computeIfAbsent(kind(all.get(i).site()), _ -> new HashMap<>())
            .merge(s.get(k).name(), p, Double::sum);
        everywhere.merge(s.get(k).name(), p, Double::sum);
      }
    }
    for (int i = 0; i < all.size(); i++) {
      Examined e = all.get(i);
      Map<String, Double> others = new HashMap<>();
      Map<String, Double> own = counts.getOrDefault(kind(e.site()), Map.of());
      for (int k = 0; k < e.suspects().size(); k++) {
        String name = e.suspects().get(k).name();
        double mine = posteriors.get(i)[k];
        double kin = everywhere.get(name) - own.get(name);
        others.put(name, Math.max(0, own.get(name) - mine) + KIN * kin);
      }
      double total = others.values().stream().mapToDouble(x -> x).sum();
      posteriors.set(i, posterior(e, others, total));
    }
  }

  private static double[] posterior(Examined e, Map<String, Double> others, double total) {
    List<Suspect> s = e.suspects();
    double[] p = new double[s.size()];
    double top = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < p.length; k++) {
      double seen = s.get(k).name().isEmpty() ? 0 : others.getOrDefault(s.get(k).name(), 0.0);
      p[k] = s.get(k).lnScore() + StrictMath.log((seen + UNSEEN) / (total + UNSEEN * SCHEMES));
      top = Math.max(top, p[k]);
    }
    double sum = 0;
    for (int k = 0; k < p.length; k++) {
      p[k] = StrictMath.exp(p[k] - top);
      sum += p[k];
    }
    for (int k = 0; k < p.length; k++) {
      p[k] /= sum;
    }
    return p;
  }

  private static Recognition recognition(Examined e, double[] p) {
    if (e.certain().isPresent()) {
      return e.certain().get();
    }
    List<Suspect> s = e.suspects();
    int best = -1;
    for (int k = 0; k < p.length; k++) {
      best = best < 0 || p[k] > p[best] ? k : best;
    }
    if (best < 0 || s.get(best).name().isEmpty()) {
      return Recognition.none(e.law());
    }
    Suspect winner = s.get(best);
    double confidence = 0;
    for (int k = 0; k < p.length; k++) {
      confidence += winner.sameLaw(s.get(k)) ? p[k] : 0;
    }
    return new Recognition(
        Optional.of(winner.name()),
        Math.min(1, confidence),
        alternatives(s, p, best),
        winner.variance(),
        winner.z(),
        winner.fans(),
        e.law());
  }

  private static List<String> alternatives(List<Suspect> s, double[] p, int best) {
    Suspect winner = s.get(best);
    List<Integer> others = new ArrayList<>();
    for (int k = 0; k < p.length; k++) {
      Suspect o = s.get(k);
      boolean same = winner.sameLaw(o) && o.lnScore() > winner.lnScore() - NAMESAKE;
      if (k != best && !o.name().isEmpty() && (same || p[k] > AS_LIKELY * p[best])) {
        others.add(k);
      }
    }
    others.sort((a, b) -> Double.compare(p[b], p[a]));
    return others.stream().limit(MOST_ALTERNATIVES).map(k -> s.get(k).name()).toList();
  }
}
