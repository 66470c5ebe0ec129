package org.fanin.predict;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.fanin.math.Fn;
import org.fanin.math.Normal;
import org.fanin.predict.Signal.Curve;
import org.fanin.predict.Source.Landing;

/// A function of a Gaussian whose order is not that of the Gaussian (SiLU, GELU, |u|), replaced by
/// its increasing rearrangement: the rising ψ for which ψ(u) has the law of φ(u). The largest of
/// independent φ(u_i) has the law of ψ of the largest u_i; with a common correlation that is
/// approximate where φ falls. Where φ rises above all that is to its left, ψ is φ.
///
/// @param curve with ψ in place of φ
/// @param from u that has the rank of each of [#at], in units of the root's √m2; empty where φ
///   rises
record Rising(Curve curve, Optional<double[]> from) {
  /// Ranks that are told apart.
  private static final int RANKS = 4096;

  static Rising of(Curve c) {
    if (Maximum.rises(c)) {
      return new Rising(c, Optional.empty());
    }
    Field root = c.rootField();
    double unit = Math.exp(Math.clamp(root.ln, -200, 200) / 2);
    double sd = Math.sqrt(root.centred());
    double[] u = IntStream.range(0, RANKS).mapToDouble(i -> at(i, root.mean, sd)).toArray();
    double[] y = Arrays.stream(u).map(x -> c.fn().at(unit * x)).toArray();
    Integer[] order = IntStream.range(0, RANKS).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (i, j) -> Double.compare(y[i], y[j]));
    double[] sorted = Arrays.stream(order).mapToDouble(i -> y[i]).toArray();
    double[] from = Arrays.stream(order).mapToDouble(i -> u[i]).toArray();
    int same = RANKS;
    while (same > 0 && order[same - 1] == same - 1) {
      same--;
    }
    double equal = same < RANKS ? unit * u[same] : Double.POSITIVE_INFINITY;
    Ranked rank = new Ranked(sorted, unit * root.mean, unit * sd);
    Fn fn =
        new Fn(
            "rising[" + c.fn().name() + " at " + unit * root.mean + ", " + unit * sd + "]",
            x -> x >= equal ? c.fn().at(x) : rank.at(x),
            x -> x >= equal ? c.fn().slopeAt(x) : rank.slopeAt(x),
            equal < Double.POSITIVE_INFINITY ? List.of(equal) : List.of(),
            c.fn().scales(),
            new Fn.Form.General());
    return new Rising(new Curve(c.root(), root, fn, c.depth()), Optional.of(from));
  }

  private static double at(int rank, double mean, double sd) {
    return mean + sd * Normal.quantile((rank + 0.5) / RANKS);
  }

  /// Values by the rank of a Gaussian argument.
  private record Ranked(double[] sorted, double mean, double sd) {
    double at(double x) {
      double r = Math.clamp(Normal.cdf((x - mean) / sd) * RANKS - 0.5, 0, RANKS - 1);
      int i = Math.min((int) r, RANKS - 2);
      return sorted[i] + (r - i) * (sorted[i + 1] - sorted[i]);
    }

    double slopeAt(double x) {
      double h = 1e-3 * sd;
      return (at(x + h) - at(x - h)) / (2 * h);
    }
  }

  /// Law of u where φ(u) is the extreme, from that of the rising stand-in.
  Landing landing(Maximum max) {
    if (from.isEmpty()) {
      return max.landing();
    }
    Field root = curve.rootField();
    double sd = Math.sqrt(root.centred());
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < RANKS; i++) {
      double z = (at(i, max.mean(), max.sd()) - root.mean) / sd;
      int rank = (int) Math.clamp(Normal.cdf(z) * RANKS, 0, RANKS - 1);
      double u = from.get()[rank];
      sum += u;
      squares += u * u;
    }
    double mean = sum / RANKS;
    return new Landing(mean, Math.sqrt(Math.max(0, squares / RANKS - mean * mean)));
  }
}
