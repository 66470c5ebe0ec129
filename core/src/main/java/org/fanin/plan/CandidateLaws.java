package org.fanin.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What the recogniser compares weights with.
final class CandidateLaws {
  private static final double[] PLAIN_SIGMAS = {0.02, 0.01, 1, 0.05, 0.1};
  private static final int[] DEPTHS = {2, 4, 6, 8, 12, 16, 24, 32, 36, 40, 48, 64, 80, 96};
  private static final java.util.Set<Integer> DEPTH_SET =
      java.util.Arrays.stream(DEPTHS).boxed().collect(java.util.stream.Collectors.toSet());
  private static final double[] BASES = {0.02, 0.01, 0.006};

  /// Networks repeat a few layer sizes; each list costs a hundred formatted names.
  private static final Map<Fans, List<WeightLaw>> CACHE = new ConcurrentHashMap<>();

  private static final int LARGEST_CACHE = 512;

  private record Fans(double in, double out) {}

  /// The longer lists of [#widely], kept the same way.
  private static final Map<Stack, List<WeightLaw>> WIDE = new ConcurrentHashMap<>();

  private record Stack(double in, double out, int layers) {}

  /// The list that was asked for last: mostly it is asked for again.
  private record Last(double in, double out, List<WeightLaw> laws) {}

  private static volatile Last last;

  /// What does not depend on the fans.
  private static final List<WeightLaw> FIXED = fixed();

  private CandidateLaws() {}

  static List<WeightLaw> of(double fanIn, double fanOut) {
    Last l = last;
    if (l != null && l.in == fanIn && l.out == fanOut) {
      return l.laws;
    }
    List<WeightLaw> laws = cached(fanIn, fanOut);
    last = new Last(fanIn, fanOut, laws);
    return laws;
  }

  private static List<WeightLaw> cached(double fanIn, double fanOut) {
    if (CACHE.size() > LARGEST_CACHE) {
      CACHE.clear();
    }
    return CACHE.computeIfAbsent(new Fans(fanIn, fanOut), f -> build(f.in(), f.out()));
  }

  private static List<WeightLaw> build(double fanIn, double fanOut) {
    List<WeightLaw> all = new ArrayList<>(FIXED.size() + 20);
    if (fanIn > 0) {
      fanInSchemes(all, fanIn);
    }
    if (fanIn > 0 && fanOut > 0) {
      bothFans(all, fanIn, fanOut);
    }
    all.addAll(FIXED);
    return List.copyOf(all);
  }

  /// What an audit compares with: more spellings of the same laws, as frameworks count fans, and
  /// what is drawn by mistake.
  static List<WeightLaw> widely(double fanIn, double fanOut, int layers) {
    if (WIDE.size() > LARGEST_CACHE) {
      WIDE.clear();
    }
    return WIDE.computeIfAbsent(
        new Stack(fanIn, fanOut, layers), s -> List.copyOf(wide(s.in(), s.out(), s.layers())));
  }

  private static List<WeightLaw> wide(double fanIn, double fanOut, int layers) {
    List<WeightLaw> all = new ArrayList<>(of(fanIn, fanOut));
    if (fanIn > 0) {
      uncorrected(all, Schemes.heTruncated(), fanIn, fanOut);
      uncorrected(all, Schemes.lecunTruncated(), fanIn, fanOut);
    }
    if (fanIn > 0 && fanOut > 0) {
      uncorrected(all, Schemes.glorotTruncated(), fanIn, fanOut);
    }
    tiny(all);
    for (double base : BASES) {
      for (int k = 1; k <= 2 && layers > 0; k++) {
        // An odd number of sublayers has no spelling as 2L; half of them has.
        if (k * layers % 2 == 0 && !DEPTH_SET.contains(k * layers / 2)) {
          add(all, Schemes.depthScaled(base, k * layers / 2), 1, 1, -2.5);
        }
      }
    }
    for (int digit = 1; digit < 10; digit++) {
      double sigma = digit / 100.0;
      if (digit > 2 && digit != 5) {
        add(all, Schemes.truncatedNormal(sigma, 2), 1, 1, -4.5);
      }
      add(all, Schemes.truncatedNormal(sigma, 3), 1, 1, -3.5);
    }
    return all;
  }

  private static void tiny(List<WeightLaw> all) {
    for (int exponent = 5; exponent < 9; exponent++) {
      double sigma = 1 / StrictMath.pow(10, exponent);
      add(all, Schemes.normal(sigma), 1, 1, -4);
    }
  }

  private static void uncorrected(List<WeightLaw> all, Scheme s, double in, double out) {
    Distribution cut = new Distribution.Truncated(2, false);
    Scheme plain = new Scheme(s.name() + "(uncorrected)", cut, s.fan(), s.gain2(), s.source());
    add(all, plain, in, out, -3);
  }

  private static void add(List<WeightLaw> all, Scheme s, double in, double out, double lnPrior) {
    all.add(WeightLaw.of(s.name(), s.distribution(), s.variance(in, out), lnPrior));
  }

  private static void fanInSchemes(List<WeightLaw> all, double in) {
    add(all, Schemes.pytorchDefault(), in, 0, 0);
    add(all, Schemes.heNormal(), in, 0, 0);
    add(all, Schemes.heUniform(), in, 0, -0.1);
    add(all, Schemes.heTruncated(), in, 0, -0.3);
    add(all, Schemes.lecunNormal(), in, 0, -0.4);
    add(all, Schemes.lecunUniform(), in, 0, -0.5);
    add(all, Schemes.lecunTruncated(), in, 0, -0.5);
    add(all, Schemes.heNormal(0.2), in, 0, -3);
    add(all, Schemes.heNormal(0.01), in, 0, -6);
    add(all, Schemes.siren(30), in, 0, -2);
    add(all, Schemes.sirenFirst(), in, 0, -2);
  }

  private static void bothFans(List<WeightLaw> all, double in, double out) {
    add(all, Schemes.glorotUniform(), in, out, -0.1);
    add(all, Schemes.glorotNormal(), in, out, -0.2);
    add(all, Schemes.glorotTruncated(), in, out, -0.4);
    add(all, Schemes.heNormalFanOut(), in, out, -0.5);
    add(all, Schemes.heUniformFanOut(), in, out, -1);
    for (double gain : new double[] {5.0 / 3, Math.sqrt(2)}) {
      add(all, Schemes.glorotUniform().times(gain), in, out, -3);
      add(all, Schemes.glorotNormal().times(gain), in, out, -3);
    }
  }

  private static List<WeightLaw> fixed() {
    List<WeightLaw> all = new ArrayList<>();
    for (double sigma : PLAIN_SIGMAS) {
      add(all, Schemes.normal(sigma), 1, 1, -1.5);
    }
    for (int exponent = -4; exponent < 0; exponent++) {
      for (int digit = 1; digit < 10; digit++) {
        double sigma = digit / StrictMath.pow(10, -exponent);
        add(all, Schemes.normal(sigma), 1, 1, -4);
      }
    }
    for (double base : BASES) {
      for (int depth : DEPTHS) {
        add(all, Schemes.depthScaled(base, depth), 1, 1, -4);
      }
    }
    for (double sigma : new double[] {0.02, 0.01, 0.05, 0.1}) {
      add(all, Schemes.truncatedNormal(sigma, 2), 1, 1, -2);
    }
    return List.copyOf(all);
  }
}
