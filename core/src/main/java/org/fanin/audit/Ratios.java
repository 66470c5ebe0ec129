package org.fanin.audit;

/// Which simple mistake turns the variance that was wanted into the one that is there.
final class Ratios {
  /// Standard errors, and a share for recipes that differ a little (a cut at ±3σ takes 2.7%).
  private static final double LIMIT = 5;

  private static final double SLACK = 0.03;

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
}
