package org.fanin.math;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.fanin.math.Fn.Form.AbRelu;
import org.fanin.math.Fn.Form.Affine;
import org.fanin.math.Fn.Form.Exponential;
import org.fanin.math.Fn.Form.General;
import org.fanin.math.Fn.Form.Sine;

/// Sums, products and compositions, with their kinks, bends and, where there is one, their closed
/// form.
final class FnAlgebra {
  private static final int PER_DECADE = 8;
  private static final int DECADES = 6;

  /// More marks than this are not worth their panels.
  private static final int MOST_MARKS = 200;

  private FnAlgebra() {}

  static Fn compose(Fn outer, Fn inner) {
    if (isIdentity(outer)) {
      return inner;
    }
    return isIdentity(inner)
        ? outer
        : simplified(outer.form(), inner.form()).orElseGet(() -> chain(outer, inner));
  }

  private static boolean isIdentity(Fn f) {
    return f.form() instanceof AbRelu(double a, double b) && a == 1 && b == 1;
  }

  private static Optional<Fn> simplified(Fn.Form outer, Fn.Form inner) {
    Optional<Affine> in = line(inner);
    Optional<Affine> out = line(outer);
    if (in.isPresent() && out.isPresent()) {
      double s = out.get().slope();
      return finite(Fns::affine, s * in.get().slope(), s * in.get().offset() + out.get().offset());
    }
    return switch (outer) {
      case AbRelu(double a, double b) when inner instanceof AbRelu(double c, double d) ->
          finite(Fns::abRelu, c >= 0 ? c * a : c * b, d >= 0 ? d * b : d * a);
      case AbRelu(double a, double b) when a == b -> scaled(a, inner);
      case Sine(double a, double r, double p) when in.isPresent() ->
          Optional.of(Fns.sine(a, r * in.get().slope(), r * in.get().offset() + p));
      case Exponential(double a, double r) when in.isPresent() ->
          finite(Fns::exponential, a * StrictMath.exp(r * in.get().offset()), r * in.get().slope());
      case AbRelu _, Affine _, Sine _, Exponential _, General _ -> Optional.empty();
    };
  }

  private static Optional<Fn> scaled(double c, Fn.Form inner) {
    return switch (inner) {
      case Sine(double a, double r, double p) -> Optional.of(Fns.sine(c * a, r, p));
      case Exponential(double a, double r) -> finite(Fns::exponential, c * a, r);
      case AbRelu _, Affine _, General _ -> Optional.empty();
    };
  }

  private interface Two {
    Fn of(double a, double b);
  }

  private static Optional<Fn> finite(Two factory, double a, double b) {
    return Double.isFinite(a) && Double.isFinite(b)
        ? Optional.of(factory.of(a, b))
        : Optional.empty();
  }

  private static Optional<Affine> line(Fn.Form f) {
    return switch (f) {
      case Affine a -> Optional.of(a);
      case AbRelu(double a, double b) when a == b -> Optional.of(new Affine(a, 0));
      case AbRelu _, Sine _, Exponential _, General _ -> Optional.empty();
    };
  }

  private static Fn chain(Fn outer, Fn inner) {
    TreeSet<Double> kinks = new TreeSet<>(inner.kinks());
    TreeSet<Double> scales = new TreeSet<>(inner.scales());
    double[] grid = grid();
    for (double k : outer.kinks()) {
      kinks.addAll(preimages(inner, k, grid));
    }
    List<Double> bends = new ArrayList<>(outer.scales());
    for (int i = 0; i < bends.size(); i++) {
      for (double x : preimages(inner, bends.get(i), grid)) {
        mark(scales, x, 1 / Math.abs(inner.slopeAt(x)));
      }
    }
    bends.addAll(outer.kinks());
    if (!(inner.form() instanceof Affine)) {
      markTurns(scales, inner, bends, grid);
    }
    return FnParts.general(
        outer.name() + "∘" + inner.name(),
        x -> outer.at(inner.at(x)),
        x -> chainSlope(outer, inner, x),
        limited(kinks),
        limited(scales));
  }

  /// 0·∞ is 0 here: a saturated factor wins.
  private static double chainSlope(Fn outer, Fn inner, double x) {
    double s = inner.slopeAt(x);
    return s == 0 ? 0 : s * outer.slopeAt(inner.at(x));
  }

  private static void mark(TreeSet<Double> scales, double at, double width) {
    scales.add(at);
    if (width > 0 && width < 1) {
      scales.add(at - width);
      scales.add(at + width);
    }
  }

  /// Where `inner` turns round close to a bend of the outer function, as √(x² + ε) does at 0: the
  /// composition bends on the scale on which inner leaves that neighbourhood.
  private static void markTurns(
      TreeSet<Double> scales, Fn inner, List<Double> bends, double[] grid) {
    for (int i = 1; i < grid.length; i++) {
      if (inner.slopeAt(grid[i - 1]) * inner.slopeAt(grid[i]) < 0
          || inner.slopeAt(grid[i]) == 0 && inner.slopeAt(grid[i - 1]) != 0) {
        double x = inner.slopeAt(grid[i]) == 0 ? grid[i] : 0.5 * (grid[i] + grid[i - 1]);
        double h = 1e-3 * Math.max(1e-3, Math.abs(x));
        double curve = Math.abs(inner.slopeAt(x + h) - inner.slopeAt(x - h)) / (2 * h);
        for (double b : bends) {
          mark(scales, x, Math.sqrt(2 * Math.abs(inner.at(x) - b) / curve));
        }
      }
    }
  }

  /// All x with inner(x) = y, by sign changes on a logarithmic grid to ±10⁶ and bisection; roots of
  /// even order are found only on the grid.
  private static List<Double> preimages(Fn inner, double y, double[] grid) {
    if (line(inner.form()).isPresent()) {
      Affine a = line(inner.form()).get();
      return a.slope() == 0 ? List.of() : List.of((y - a.offset()) / a.slope());
    }
    List<Double> found = new ArrayList<>();
    double before = Double.NaN;
    for (int i = 0; i < grid.length; i++) {
      double now = inner.at(grid[i]) - y;
      if (now == 0 && before != 0) {
        found.add(grid[i]);
      } else if (now * before < 0) {
        found.add(bisect(inner, y, grid[i - 1], grid[i]));
      } else if (now != 0 && before == 0 && !found.contains(grid[i - 1])) {
        found.add(grid[i - 1]);
      }
      before = now;
    }
    return found;
  }

  private static double bisect(Fn inner, double y, double lo, double hi) {
    boolean rising = inner.at(hi) > y;
    double a = lo;
    double b = hi;
    for (int i = 0; i < 80; i++) {
      double mid = 0.5 * (a + b);
      if (inner.at(mid) > y == rising) {
        b = mid;
      } else {
        a = mid;
      }
    }
    return 0.5 * (a + b);
  }

  private static double[] grid() {
    int half = 2 * DECADES * PER_DECADE;
    double[] g = new double[2 * half + 3];
    for (int i = 0; i <= half; i++) {
      double x = StrictMath.pow(10, (double) i / PER_DECADE - DECADES);
      g[half + 2 + i] = x;
      g[half - i] = -x;
    }
    return g;
  }

  private static List<Double> limited(Collection<Double> marks) {
    return marks.stream().filter(Double::isFinite).limit(MOST_MARKS).toList();
  }

  static Fn product(Fn f, Fn g) {
    Optional<Affine> a = line(f.form());
    Optional<Affine> b = line(g.form());
    if (a.isPresent() && a.get().slope() == 0) {
      return compose(Fns.mulConst(a.get().offset()), g);
    }
    if (b.isPresent() && b.get().slope() == 0) {
      return compose(Fns.mulConst(b.get().offset()), f);
    }
    return FnParts.general(
        "(" + f.name() + "·" + g.name() + ")",
        x -> times(f.at(x), g.at(x)),
        x -> times(f.slopeAt(x), g.at(x)) + times(f.at(x), g.slopeAt(x)),
        merged(f.kinks(), g.kinks()),
        merged(f.scales(), g.scales()));
  }

  private static double times(double a, double b) {
    return a == 0 || b == 0 ? 0 : a * b;
  }

  static Fn sum(Fn f, Fn g) {
    Optional<Affine> a = line(f.form());
    Optional<Affine> b = line(g.form());
    if (a.isPresent() && b.isPresent()) {
      return Fns.affine(a.get().slope() + b.get().slope(), a.get().offset() + b.get().offset());
    }
    if (f.form() instanceof AbRelu(double l, double h)
        && g.form() instanceof AbRelu(double m, double n)) {
      return Fns.abRelu(l + m, h + n);
    }
    return FnParts.general(
        "(" + f.name() + "+" + g.name() + ")",
        x -> f.at(x) + g.at(x),
        x -> f.slopeAt(x) + g.slopeAt(x),
        merged(f.kinks(), g.kinks()),
        merged(f.scales(), g.scales()));
  }

  private static List<Double> merged(List<Double> a, List<Double> b) {
    TreeSet<Double> all = new TreeSet<>(a);
    all.addAll(b);
    return limited(all);
  }
}
