package org.fanin.audit;

import java.util.OptionalInt;
import org.fanin.plan.FanMode;
import org.fanin.plan.Scheme;

/// Which simple mistake turns the variance that was wanted into the one that is there.
final class Ratios {
  /// Standard errors, and a share for recipes that differ a little (a cut at ±3σ takes 2.7%).
  private static final double LIMIT = 5;

  private static final double SLACK = 0.03;
  private static final int[] SHARDS = {2, 4, 8, 16, 32, 64};

  private Ratios() {}

  /// Is E w² this variance?
  static boolean is(Examined e, double variance) {
    return variance == 0 || e.m2() == 0
        ? variance == e.m2()
        : Math.abs(Math.log(e.m2() / variance)) < Math.max(SLACK, LIMIT * e.relativeError());
  }

  /// As [#is], for ratios that single tensors may meet by accident.
  static boolean isExactly(Examined e, double variance) {
    return Math.abs(Math.log(e.m2() / variance)) < 0.005 + LIMIT * e.relativeError();
  }

  /// @return k when E w² is `variance` times or over k
  static OptionalInt shards(Examined e, double variance) {
    for (int k : SHARDS) {
      if (isExactly(e, variance * k) || isExactly(e, variance / k)) {
        return OptionalInt.of(k);
      }
    }
    return OptionalInt.empty();
  }

  /// The same with one fan of a scheme divided by k.
  static OptionalInt shards(Examined e, Scheme s, double in, double out) {
    if (s.fan() == FanMode.AVERAGE) {
      for (int k : SHARDS) {
        if (isExactly(e, s.variance(in, out / k)) || isExactly(e, s.variance(in / k, out))) {
          return OptionalInt.of(k);
        }
      }
    }
    return shards(e, s.variance(in, out));
  }
}
