package org.fanin.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// All schemes that weights may have been drawn by, with how likely each makes them: what
/// [SchemeRecognizer] decides by, kept open for those who know more, such as what the other tensors
/// of the file were drawn by.
public final class SchemeRanking {
  private static final double LIMIT = SchemeRecognizer.LIMIT;
  private static final int KURTOSIS_COUNT = 50;
  private static final int NAMELESS_COUNT = 64;

  /// Nats by which a law of free scale is less likely to be meant than a named one.
  private static final double NAMELESS = 7;

  private SchemeRanking() {}

  /// A way to count fans.
  ///
  /// @param note empty for the fans of the layer itself; else whose count it is
  /// @param lnPrior how much rarer than the layer's own
  public record Fans(double in, double out, String note, double lnPrior) {}

  /// What is known beside the elements.
  ///
  /// @param fans ways to count them; empty when unknown
  /// @param layers residual blocks in the stack, 0 when unknown
  /// @param roundoff half a unit in the last place of the stored type, relative
  public record Hints(List<Fans> fans, int layers, double roundoff) {
    public Hints {
      fans = List.copyOf(fans);
    }
  }

  /// @param name spelling of the scheme; empty for a normal law of no known scale
  /// @param variance of one element by this law
  /// @param lnLikelihood of the elements, up to a constant common to all
  /// @param lnPrior how much rarer than the commonest schemes, in nats
  /// @param z standard errors between the sample's second moment and the law's
  /// @param fans whose fans, see [Fans#note]
  public record Suspect(
      String name,
      Distribution distribution,
      double variance,
      double lnLikelihood,
      double lnPrior,
      double z,
      String fans) {
    /// ln of likelihood times prior.
    public double lnScore() {
      return lnLikelihood + lnPrior;
    }

    /// Not to be told apart from `o` by any number of elements.
    public boolean sameLaw(Suspect o) {
      return distribution.equals(o.distribution) && Math.abs(variance / o.variance - 1) < 1e-9;
    }
  }

  /// Laws that fit second moment, kurtosis and bounds, the likeliest first. Nameless laws of free
  /// scale are among them.
  public static List<Suspect> of(SchemeRecognizer.Stats s, Hints hints) {
    Map<String, Suspect> best = new HashMap<>();
    List<Fans> fans = hints.fans().isEmpty() ? List.of(new Fans(0, 0, "", 0)) : hints.fans();
    for (Fans f : fans) {
      for (WeightLaw law : CandidateLaws.widely(f.in(), f.out(), hints.layers())) {
        if (fits(law, s, hints.roundoff())) {
          Suspect found = suspect(law, s, hints.roundoff(), f);
          best.merge(law.name(), found, (a, b) -> a.lnScore() >= b.lnScore() ? a : b);
        }
      }
    }
    List<Suspect> all = new ArrayList<>(best.values());
    nameless(all, s, hints.roundoff());
    all.removeIf(x -> x.lnScore() == Double.NEGATIVE_INFINITY);
    all.sort(Comparator.comparingDouble(Suspect::lnScore).reversed().thenComparing(Suspect::name));
    return all;
  }

  private static Suspect suspect(WeightLaw law, SchemeRecognizer.Stats s, double roundoff, Fans f) {
    return new Suspect(
        law.name(),
        law.distribution(),
        law.variance(),
        law.lnLikelihood(s, 1 + roundoff + 0x1p-21),
        law.lnPrior() + f.lnPrior(),
        law.z(s),
        f.note());
  }

  private static void nameless(List<Suspect> all, SchemeRecognizer.Stats s, double roundoff) {
    double n = s.count();
    if (n < NAMELESS_COUNT) {
      return;
    }
    WeightLaw bell = WeightLaw.of("", new Distribution.Normal(), s.m2(), 0);
    double top = s.largest() * (1 + 1 / n);
    String name = "uniform(±" + Spelling.rounded(top) + ")";
    WeightLaw box = WeightLaw.of(name, new Distribution.Uniform(), top * top / 3, 0);
    double[] costs = {0.5 * StrictMath.log(n) + NAMELESS, StrictMath.log(n) + NAMELESS};
    WeightLaw[] laws = {bell, box};
    for (int i = 0; i < laws.length; i++) {
      WeightLaw w = laws[i];
      if (fits(w, s, roundoff)) {
        double ln = w.lnLikelihood(s, 1 + roundoff + 0x1p-21);
        all.add(new Suspect(w.name(), w.distribution(), w.variance(), ln, -costs[i], w.z(s), ""));
      }
    }
  }

  /// Rounding to nearest adds about roundoff²/3·E w² to the second moment, at most.
  private static boolean fits(WeightLaw law, SchemeRecognizer.Stats s, double roundoff) {
    double n = s.count();
    if (!(law.variance() > 0)
        || n >= NAMELESS_COUNT && (law.variance() > 4 * s.m2() || law.variance() < s.m2() / 4)) {
      return false;
    }
    double slack = roundoff * roundoff / Math.abs(s.m2() / law.variance() - 1);
    boolean scale = Math.abs(law.z(s)) < LIMIT || slack > 1;
    return scale && (n < KURTOSIS_COUNT || Math.abs(law.kurtosisZ(s)) < kurtosisLimit(n, roundoff));
  }

  private static double kurtosisLimit(double n, double roundoff) {
    return LIMIT + 1 + 4 * roundoff * roundoff * Math.sqrt(n);
  }
}
