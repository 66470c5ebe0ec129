package org.fanin.solve;

import java.util.Locale;
import org.fanin.graph.Fan;

/// Where a layer's output is wanted.
///
/// @param ln ln of the wanted second moment
/// @param forward what the signal alone wants; the two differ by what the gradient wants
/// @param words what is aimed at, with numbers
record Aim(double ln, double forward, String words, String source, Target target) {

  /// One sentence: what the signal wants, what the gradient wants, what was chosen.
  ///
  /// @param unit ln of the output's second moment per unit of variance
  String because(Fan fan, double unit, double shift) {
    double f = forward + shift - unit;
    double b = f + Math.log(fan.in() / fan.out());
    String both =
        Math.abs(ln - forward) < 1e-9
            ? String.format(
                Locale.ROOT, "forward wants %s (%s/n_in)", Text.ofLn(f), per(f, fan.in()))
            : String.format(
                Locale.ROOT,
                "forward wants %s (%s/n_in), backward %s (%s/n_out), %s %s",
                Text.ofLn(f),
                per(f, fan.in()),
                Text.ofLn(b),
                per(b, fan.out()),
                target == Target.BOTH ? "geometric mean" : "taken",
                Text.ofLn(ln + shift - unit));
    String less =
        shift == 0 ? "" : "; attention logits would exceed 1 without a factor " + Text.ofLn(shift);
    return words + ": " + both + less;
  }

  private static String per(double lnVariance, double fan) {
    return Text.of(StrictMath.exp(lnVariance) * fan);
  }

  Aim noting(String more) {
    return new Aim(ln, forward, words + " (" + more + ")", source, target);
  }
}
