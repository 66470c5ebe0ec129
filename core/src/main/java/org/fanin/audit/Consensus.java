package org.fanin.audit;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fanin.plan.SchemeRanking.Suspect;

/// Settles what single tensors leave open by what the others of the file were drawn by: networks
/// use few schemes. The fewest schemes that explain the file are taken first (greedy cover); how
/// often each is used is then the prior by which every tensor is decided, itself left out.
final class Consensus {
  /// Nats that explaining a tensor is worth, and that a further scheme costs.
  private static final double WORTH = 8;

  private static final double COST = 4;
  private static final double CLEARLY = 3;
  private static final int MOST_SCHEMES = 24;

  /// Pseudo-count of a scheme nobody else uses, and how many such schemes there are.
  private static final double UNSEEN = 0.1;

  private static final double SCHEMES = 60;

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

  private final double[] best;
  private final Map<String, Double> priors = new HashMap<>();

  /// The name each tensor was counted for; null for none.
  private final String[] assigned;

  private final Map<Kind, Map<String, Integer>> byKind = new EnumMap<>(Kind.class);
  private final Map<Kind, Integer> inKind = new EnumMap<>(Kind.class);
  private final Map<String, Integer> anyKind = new HashMap<>();
  private int named;

  private Consensus(List<Examined> all) {
    this.all = all;
    this.assigned = new String[all.size()];
    this.best = all.stream().mapToDouble(Consensus::best).toArray();
    for (Examined e : all) {
      e.suspects().forEach(s -> priors.merge(s.name(), s.lnPrior(), Math::max));
    }
  }

  static List<Recognition> settle(List<Examined> all) {
    var c = new Consensus(all);
    c.cover();
    c.count();
    List<Recognition> out = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      out.add(recognition(all.get(i), c.posterior(i)));
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

  /// How much of [#WORTH] a suspect is worth: nothing when another is likelier by that many nats.
  private static double worth(Suspect s, double best) {
    return Math.max(0, WORTH + s.lnLikelihood() - best);
  }

  private static double best(Examined e) {
    return e.suspects().stream()
        .mapToDouble(Suspect::lnLikelihood)
        .reduce(Double.NEGATIVE_INFINITY, Math::max);
  }

  /// Takes schemes greedily, each time the one that explains most of what is left unexplained, less
  /// how rare it is; then exchanges namesakes where that explains as much.
  private void cover() {
    double[] explained = new double[all.size()];
    List<String> taken = new ArrayList<>();
    for (int round = 0; round < MOST_SCHEMES; round++) {
      Map<String, Double> gains = new TreeMap<>();
      for (int i = 0; i < explained.length; i++) {
        for (Suspect s : all.get(i).suspects()) {
          gains.merge(s.name(), Math.max(0, worth(s, best[i]) - explained[i]), Double::sum);
        }
      }
      String next = mostGain(gains, taken);
      if (next == null) {
        break;
      }
      taken.add(next);
      explain(next, explained);
    }
    exchange(taken);
    double[] again = new double[all.size()];
    taken.forEach(name -> assign(name, again));
  }

  /// A scheme taken for what it happens to explain besides gives way to a likelier one of the same
  /// law.
  private void exchange(List<String> taken) {
    for (int k = 0; k < taken.size(); k++) {
      String now = taken.get(k);
      for (String other : namesakes(now)) {
        List<String> changed = new ArrayList<>(taken);
        changed.set(k, other);
        if (!taken.contains(other) && total(changed) > total(taken) + 1e-9) {
          taken.set(k, other);
        }
      }
    }
  }

  /// Names that are the same law as this one at some tensor.
  private Set<String> namesakes(String name) {
    Set<String> found = new TreeSet<>();
    for (Examined e : all) {
      for (Suspect s : e.suspects()) {
        if (s.name().equals(name)) {
          e.suspects().stream().filter(s::sameLaw).map(Suspect::name).forEach(found::add);
        }
      }
    }
    found.removeIf(n -> n.equals(name) || !isNamed(n));
    return found;
  }

  private double total(List<String> taken) {
    double[] explained = new double[all.size()];
    taken.forEach(name -> explain(name, explained));
    double sum = 0;
    for (double x : explained) {
      sum += x;
    }
    for (String name : taken) {
      sum += priors.get(name);
    }
    return sum;
  }

  private void explain(String name, double[] explained) {
    for (int i = 0; i < explained.length; i++) {
      for (Suspect s : all.get(i).suspects()) {
        if (s.name().equals(name)) {
          explained[i] = Math.max(explained[i], worth(s, best[i]));
        }
      }
    }
  }

  private static boolean isNamed(String name) {
    return !name.isEmpty() && !name.startsWith("uniform(");
  }

  private String mostGain(Map<String, Double> gains, List<String> taken) {
    String next = null;
    double most = COST;
    for (Map.Entry<String, Double> g : gains.entrySet()) {
      double net = g.getValue() + priors.get(g.getKey());
      if (net > most && isNamed(g.getKey()) && !taken.contains(g.getKey())) {
        next = g.getKey();
        most = net;
      }
    }
    return next;
  }

  /// Who came first keeps what it explains about as well.
  private void assign(String name, double[] explained) {
    for (int i = 0; i < explained.length; i++) {
      for (Suspect s : all.get(i).suspects()) {
        if (s.name().equals(name) && worth(s, best[i]) > explained[i] + CLEARLY) {
          assigned[i] = name;
          explained[i] = worth(s, best[i]);
        }
      }
    }
  }

  /// How often each scheme was assigned, by kind of tensor. Counted once: per tensor it would be
  /// quadratic.
  private void count() {
    for (int j = 0; j < assigned.length; j++) {
      if (assigned[j] != null) {
        byKind
            .computeIfAbsent(kind(all.get(j).site()), _ -> new HashMap<>())
            .merge(assigned[j], 1, Integer::sum);
        inKind.merge(kind(all.get(j).site()), 1, Integer::sum);
        anyKind.merge(assigned[j], 1, Integer::sum);
        named++;
      }
    }
  }

  /// Times that others got this name, those of another kind counted less.
  private double others(String name, Kind kind, int i) {
    int own = name.equals(assigned[i]) ? 1 : 0;
    int same = byKind.getOrDefault(kind, Map.of()).getOrDefault(name, 0);
    return same - own + KIN * (anyKind.getOrDefault(name, 0) - same);
  }

  private double[] posterior(int i) {
    List<Suspect> s = all.get(i).suspects();
    Kind kind = kind(all.get(i).site());
    int same = inKind.getOrDefault(kind, 0);
    double total = same - (assigned[i] == null ? 0 : 1) + KIN * (named - same);
    double[] p = new double[s.size()];
    double top = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < p.length; k++) {
      double seen = others(s.get(k).name(), kind, i);
      double weight = (seen + UNSEEN) / (total + UNSEEN * SCHEMES);
      p[k] = s.get(k).lnScore() + StrictMath.log(weight);
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
