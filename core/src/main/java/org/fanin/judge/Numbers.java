package org.fanin.judge;

import org.fanin.math.NumberText;

/// Numbers in sentences, as [NumberText] writes them.
public final class Numbers {
  private Numbers() {}

  /// Decades: log10 of exp(ln).
  public static double decades(double ln) {
    return NumberText.decades(ln);
  }

  /// exp(ln) in three digits: `0`, `0.0123`, `1.23`, `456`, `3.21e-60`, `1.50e4000`.
  public static String ofLn(double ln) {
    return NumberText.ofLn(ln);
  }

  /// Three digits, as in [#ofLn]; negative numbers too.
  public static String of(double x) {
    return NumberText.of(x);
  }
}
