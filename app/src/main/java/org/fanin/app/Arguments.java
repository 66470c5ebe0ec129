package org.fanin.app;

import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.plan.Scheme;
import org.fanin.plan.Schemes;

/// Option values that the core reads; what it does not know is the caller's fault.
final class Arguments {
  private Arguments() {}

  static Scheme scheme(String option, String spelling) {
    try {
      return Schemes.named(spelling);
    } catch (IllegalArgumentException e) {
      throw new UsageException(option + ": " + e.getMessage());
    }
  }

  static Fn activation(String option, String spelling) {
    try {
      return Fns.named(spelling);
    } catch (IllegalArgumentException e) {
      throw new UsageException(option + ": " + e.getMessage());
    }
  }

  static double positive(String option, double x) {
    if (!(x > 0 && x < Double.POSITIVE_INFINITY)) {
      throw new UsageException(option + ": found " + x + ", wanted a positive number");
    }
    return x;
  }

  static double notNegative(String option, double x) {
    if (!(x >= 0 && x < Double.POSITIVE_INFINITY)) {
      throw new UsageException(option + ": found " + x + ", wanted 0 or more");
    }
    return x;
  }
}
