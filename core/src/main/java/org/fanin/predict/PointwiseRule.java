package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.fanin.graph.Node;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.math.HermiteExpansion;
import org.fanin.predict.Signal.Curve;

/// y = φ(x) element by element: E φ(u)φ(v) for jointly Gaussian u, v forward; E φ′(u)φ′(v) times
/// the gradient's own moments backward (theory.md §3; Cho & Saul 2009, Poole et al. 2016). Families
/// of tensors that are functions of one Gaussian root are composed first, so φ may be arbitrarily
/// decomposed.
final class PointwiseRule {
  /// A composition is cut, and its result taken as a new Gaussian root, when its spelling is longer
  /// than this.
  private static final int LONGEST = 600;

  /// And when it is longer than this: each join can double the work of evaluating it.
  private static final int DEEPEST = 12;

  /// Beyond e^±LIMIT of m2 a function is taken as its power law there: what doubles and quadrature
  /// can hold.
  private static final double LIMIT = 250;

  private PointwiseRule() {}

  static void forward(Context c, Node n, Fn fn) {
    int x = n.input(0);
    Curve in = curveOf(c, x);
    Fn whole = in.fn() == null ? fn : Fns.compose(fn, in.fn());
    if (whole.name().length() > LONGEST || in.depth() >= DEEPEST) {
      in = Curve.root(x, c.field(x));
      whole = fn;
    }
    setCurve(
        c, n.outputs().getFirst(), new Curve(in.root(), in.rootField(), whole, in.depth() + 1));
  }

  /// The curve of a value; a value that is its own root has a null fn.
  static Curve curveOf(Context c, int value) {
    Signal.Known k = c.known(value);
    return k.curve().orElseGet(() -> Curve.root(value, k.field()));
  }

  /// The curve of x in the family of y, whose root may be x itself where a long composition was
  /// cut.
  static Curve familyOf(Context c, int y, int x) {
    return curveOf(c, y).root() == x ? Curve.root(x, c.field(x)) : curveOf(c, x);
  }

  static void setCurve(Context c, int value, Curve curve) {
    Field y = apply(curve.fn(), curve.rootField());
    c.set(value, new Signal.Known(y, Optional.of(curve), Optional.empty()));
  }

  static boolean sameRoot(Context c, int a, int b) {
    if (!c.isKnown(a) || !c.isKnown(b) || !c.shape(a).equals(c.shape(b))) {
      return false;
    }
    Curve ca = curveOf(c, a);
    Curve cb = curveOf(c, b);
    return ca.root() == cb.root()
        && (ca.fn() != null || cb.fn() != null || a == b)
        && ca.depth() < DEEPEST
        && cb.depth() < DEEPEST
        && name(ca).length() + name(cb).length() < LONGEST;
  }

  private static String name(Curve c) {
    return c.fn() == null ? "" : c.fn().name();
  }

  static Fn fnOf(Curve c) {
    return c.fn() == null ? Fns.identity() : c.fn();
  }

  // ---- moments ----

  /// Pair moments of fn(u) for Gaussian u with the pair moments of `root`.
  static Field apply(Fn fn, Field root) {
    if (root.isZero() || root.centred() < 1e-13) {
      return atPoint(fn, root);
    }
    Field typical = root.scaled(-root.base / 2);
    Scaled s = Scaled.of(fn, typical.ln);
    HermiteExpansion e = expansion(fn, typical, s);
    double[] raw = kernels(e::kernel, e.ef2(), root);
    if (!(raw[0] > 0)) {
      return raw[0] == 0 ? root.with(zeros(raw.length), 0, Double.NEGATIVE_INFINITY) : bad(fn);
    }
    OverDraws level = OverDraws.of(fn, typical, root.base, Math.log(e.ef2()) + s.outLn(), false);
    double own =
        Spreads.rectified(fn, root)
            ? Spreads.forwardRectified(root)
            : Spreads.forward(square(fn, typical, s), root, level.elasticity());
    Field y = shaped(root, level.elasticity()).rescaled(raw, e.mean(), 0);
    double total = level.variance() + own;
    y = y.with(y.k, y.mean, level.mean() + level.variance() / 2);
    return y.withBase(Math.max(0, total - y.ownSpread()));
  }

  /// Pair moments for the correlation of every pair class.
  private static double[] kernels(DoubleUnaryOperator kernel, double self, Field root) {
    double v = root.centred();
    double m2 = root.mean * root.mean;
    double[] raw = new double[root.k.length];
    raw[0] = self;
    for (int m = 1; m < raw.length; m++) {
      double rho = Math.clamp((root.k[m] - m2) / v, -1.0, 1.0);
      int seen = sameEarlier(root.k, m);
      raw[m] = seen > 0 ? raw[seen] : rho >= 1 ? self : kernel.applyAsDouble(rho);
    }
    return raw;
  }

  /// ln E φ² (or ln E φ′²) over initialisations whose ln q scatters with variance `base` around the
  /// typical one: mean and variance by three-point Gauss–Hermite. In a narrow network this is not
  /// the value at the mean: near the edge of stability single draws part ways.
  ///
  /// @param elasticity d ln E φ² / d ln q
  private record OverDraws(double mean, double variance, double elasticity) {
    static OverDraws of(Fn fn, Field typical, double base, double here, boolean slope) {
      if (fn.form() instanceof Fn.Form.AbRelu) {
        return slope ? new OverDraws(here, 0, 0) : new OverDraws(here, base, 1);
      }
      double step = Math.sqrt(3 * Math.max(base, 1e-3));
      double up = at(fn, typical.scaled(step), slope);
      double down = at(fn, typical.scaled(-step), slope);
      double e = (up - down) / (2 * step);
      if (base < 1e-3 || !Double.isFinite(up) || !Double.isFinite(down)) {
        return new OverDraws(
            here, Double.isFinite(e) ? e * e * base : base, Double.isFinite(e) ? e : 1);
      }
      double mean = 2 * here / 3 + (up + down) / 6;
      double variance =
          2 * (here - mean) * (here - mean) / 3
              + ((up - mean) * (up - mean) + (down - mean) * (down - mean)) / 6;
      return new OverDraws(mean, variance, e);
    }

    private static double at(Fn fn, Field root, boolean slope) {
      Scaled s = Scaled.of(fn, root.ln);
      HermiteExpansion e = expansion(fn, root, s);
      return slope ? Math.log(e.slopeM2()) + s.slopeLn() : Math.log(e.ef2()) + s.outLn();
    }
  }

  private static Field bad(Fn fn) {
    throw new Context.MissingRule(fn.name() + " has no finite second moment here");
  }

  private static double[] zeros(int n) {
    double[] z = new double[n];
    z[0] = 1;
    return z;
  }

  private static int sameEarlier(double[] k, int m) {
    for (int i = Math.max(1, m - 8); i < m; i++) {
      if (k[i] == k[m]) {
        return i;
      }
    }
    return 0;
  }

  private static Field atPoint(Fn fn, Field root) {
    double x = root.isZero() ? 0 : root.mean * Math.exp(root.ln / 2);
    double y = fn.at(x);
    if (!Double.isFinite(y)) {
      throw new Context.MissingRule(fn.name() + " is not finite at " + x);
    }
    double[] k = new double[root.k.length];
    java.util.Arrays.fill(k, 1);
    return root.with(k, Math.signum(y), 2 * Math.log(Math.abs(y)))
        .withProfiles(new double[root.size()][])
        .withSpread(0, 0, root.channels);
  }

  /// Profiles follow m2 with the activation's elasticity.
  private static Field shaped(Field root, double elasticity) {
    double[][] p = root.profiles.clone();
    for (int a = 0; a < p.length; a++) {
      if (p[a] != null && Math.abs(elasticity - 1) > 1e-9) {
        p[a] = power(p[a], elasticity);
      }
    }
    return root.withProfiles(p);
  }

  private static double[] power(double[] p, double e) {
    double[] q = new double[p.length];
    double mean = 0;
    for (int i = 0; i < p.length; i++) {
      q[i] = p[i] <= 0 ? (e > 0.01 ? 0 : 1) : Math.pow(p[i], e);
      mean += q[i] / p.length;
    }
    for (int i = 0; i < q.length; i++) {
      q[i] = mean > 0 ? q[i] / mean : 1;
    }
    return q;
  }

  /// φ² as a function of its own, for the scatter of m2.
  private static HermiteExpansion square(Fn fn, Field root, Scaled s) {
    Fn square = plain("sq(" + fn.name() + ")", fn, x -> fn.at(x) * fn.at(x));
    return Spreads.cached(square, () -> expansion(square, root, s), root, s.inScale());
  }

  static HermiteExpansion expansion(Fn fn, Field root, Scaled s) {
    double unit = s.inScale();
    return expansion(fn, root.mean * unit, Math.sqrt(root.centred()) * unit);
  }

  /// A variance or a norm is positive though its Gaussian stand-in has a lower tail: functions that
  /// are not finite there (√, 1/x, ln) are continued from a fifth of the mean.
  private static HermiteExpansion expansion(Fn fn, double mean, double sd) {
    if (mean > 0 && !finiteBelow(fn, mean, sd)) {
      double floor = mean / 5;
      DoubleUnaryOperator value = x -> fn.at(Math.max(x, floor));
      DoubleUnaryOperator slope = x -> x < floor ? 0 : fn.slopeAt(x);
      Fn held =
          new Fn(
              "held[" + fn.name() + "]",
              value,
              slope,
              java.util.List.of(floor),
              java.util.List.of(),
              new Fn.Form.General());
      return HermiteExpansion.of(held, mean, sd);
    }
    return HermiteExpansion.of(fn, mean, sd);
  }

  private static boolean finiteBelow(Fn fn, double mean, double sd) {
    for (int i = 0; i <= 12; i++) {
      double y = fn.at(mean - i * sd);
      if (!Double.isFinite(y) || !Double.isFinite(fn.slopeAt(mean - i * sd))) {
        return false;
      }
    }
    return finiteNearZero(fn) || mean > 12 * sd;
  }

  private static boolean finiteNearZero(Fn fn) {
    return Math.abs(fn.at(1e-30)) < 1e12 && Math.abs(fn.slopeAt(1e-30)) < 1e12;
  }

  /// At which scale to evaluate fn, and what to add to the result's ln m2: scale-free functions are
  /// evaluated at 1, the others within what doubles hold.
  ///
  /// @param inScale standard deviation that stands for √m2 = 1 of the root
  /// @param outLn ln of the unit of the result's second moment
  record Scaled(double inScale, double outLn, double slopeLn) {
    static Scaled of(Fn fn, double ln) {
      if (fn.form() instanceof Fn.Form.AbRelu) {
        return new Scaled(1, ln, 0);
      }
      double near = Math.clamp(ln, -LIMIT, LIMIT);
      if (near == ln) {
        return new Scaled(Math.exp(ln / 2), 0, 0);
      }
      double probe = Math.exp(near / 2);
      double step = near < 0 ? 1e10 : 1e-10;
      double y0 = Math.abs(fn.at(probe)) + Math.abs(fn.at(-probe));
      double y1 = Math.abs(fn.at(probe * step)) + Math.abs(fn.at(-probe * step));
      double p = y0 > 0 && y1 > 0 ? Math.round(Math.log(y1 / y0) / Math.log(step)) : 0;
      return new Scaled(probe, p * (ln - near), (p == 0 ? -1 : p - 1) * (ln - near));
    }
  }

  // ---- backward ----

  static void backward(Context c, Node n, Fn fn) {
    int y = n.outputs().getFirst();
    int x = n.input(0);
    Curve cx = familyOf(c, y, x);
    Fn inner = fnOf(cx);
    passThrough(c, y, x, "d[" + fn.name() + "]", cx, u -> fn.slopeAt(inner.at(u)), fn);
  }

  /// Hands every source of y on to x, multiplied by ∂y/∂x as a function of the root.
  static void passThrough(
      Context c, int y, int x, String name, Curve cx, DoubleUnaryOperator slope, Fn like) {
    for (Source s : c.sources(y)) {
      String spelled = name + "@" + name(cx) + s.factor().map(f -> "*" + f.name()).orElse("");
      DoubleUnaryOperator d =
          s.factor()
              .<DoubleUnaryOperator>map(f -> u -> f.at(u) * slope.applyAsDouble(u))
              .orElse(slope);
      c.pass(
          x,
          new Source(s.entry(), s.gradient(), Optional.of(plain(spelled, like, d)), s.landing()));
    }
    c.unknownGradient(y).ifPresent(u -> c.passUnknown(x, u));
  }

  private static Fn plain(String name, Fn like, DoubleUnaryOperator f) {
    String spelled =
        name.length() < 2 * LONGEST
            ? name
            : "#" + Integer.toHexString(name.hashCode()) + name.length();
    return new Fn(spelled, f, _ -> 0, like.kinks(), like.scales(), new Fn.Form.General());
  }

  /// The gradient at a value from all its sources.
  static Field total(Context c, int value) {
    List<Source> sources = mergedByEntry(c.sources(value));
    Field sum = null;
    for (Source s : sources) {
      Field g = at(c, value, s);
      sum = sum == null ? g : Fields.sum(sum, g, 1);
    }
    return sum;
  }

  /// Moments of g·x̂, x̂ the standardised value: a gradient that came back through φ is c·φ′(x̂),
  /// and φ′(x̂)·x̂ does not average out over positions that share c.
  static Field along(Context c, int value) {
    Field root = c.field(value);
    Field sum = null;
    for (Source s : c.sources(value)) {
      Field g = Fields.product(s.gradient(), aside(c, value, root, s));
      sum = sum == null ? g : Fields.sum(sum, g, 1);
    }
    return sum;
  }

  private static Field aside(Context c, int value, Field root, Source s) {
    double v = root.centred();
    if (root.isZero() || v < 1e-9) {
      return flat(root);
    }
    boolean through = s.entry() != value && s.factor().isPresent();
    if (!through) {
      return flat(root).rescaled(kernels(r -> r, 1, root), 0, 0);
    }
    Fn fn = curveOf(c, s.entry()).fn();
    Scaled sc = Scaled.of(fn, root.ln);
    double mean = root.mean * sc.inScale();
    double sd = Math.sqrt(v) * sc.inScale();
    Fn d = plain("x*d[" + fn.name() + "]", fn, u -> fn.slopeAt(u) * (u - mean) / sd);
    HermiteExpansion e = expansion(d, mean, sd);
    return flat(root).rescaled(kernels(e::kernel, e.ef2(), root), 0, sc.slopeLn());
  }

  private static List<Source> mergedByEntry(List<Source> all) {
    List<Source> r = new ArrayList<>(all.size());
    for (Source s : all) {
      int same = -1;
      for (int i = 0; i < r.size(); i++) {
        if (r.get(i).entry() == s.entry() && r.get(i).gradient() == s.gradient()) {
          same = i;
        }
      }
      if (same < 0) {
        r.add(s);
      } else {
        Source o = r.get(same);
        Fn f = o.factor().orElse(Fns.identity());
        Fn g = s.factor().orElse(Fns.identity());
        DoubleUnaryOperator d = u -> f.at(u) + g.at(u);
        r.set(
            same,
            new Source(
                s.entry(),
                s.gradient(),
                Optional.of(plain(f.name() + "+" + g.name(), f, d)),
                s.landing()));
      }
    }
    return r;
  }

  /// Where a composition was cut, the new family's root is a member of the old one: to that one its
  /// gradient comes from outside.
  static void leaveFamily(Context c, int value, Field total) {
    boolean root =
        c.sources(value).stream()
            .anyMatch(s -> s.entry() != value && curveOf(c, s.entry()).root() == value);
    if (root && c.isKnown(value)) {
      c.forgetSources(value);
      c.pass(value, total);
    }
  }

  /// The merged sources are what the next member downstream must see, so that each entry counts
  /// once.
  static void tidy(Context c, int value) {
    List<Source> merged = mergedByEntry(c.sources(value));
    c.forgetSources(value);
    merged.forEach(s -> c.pass(value, s));
  }

  private static Field at(Context c, int value, Source s) {
    if (s.factor().isEmpty() || s.entry() == value) {
      return s.gradient();
    }
    Curve entry = curveOf(c, s.entry());
    boolean atRoot = entry.root() == value;
    SlopeLaw slope =
        atRoot
            ? slopes(entry.fn(), entry.rootField(), s)
            : factorField(s.factor().get(), entry.rootField(), s);
    Field g = Fields.product(s.gradient(), slope.field().withSpread(0, 0, slope.field().channels));
    Field law = s.gradient();
    double total = law.base + slope.scatter();
    return g.withSpread(Math.max(0, total - g.ownSpread()), law.overlap, law.channels);
  }

  /// @param field E φ′(u)φ′(v)
  /// @param scatter variance over initialisations of ln of the gradient's m2 that passing through
  ///   φ′ leaves, the gradient's own finite size included
  private record SlopeLaw(Field field, double scatter) {}

  /// E φ′(u)φ′(v) as a field.
  private static SlopeLaw slopes(Fn fn, Field root, Source s) {
    if (root.isZero() || root.centred() < 1e-13) {
      return slopeAtPoint(
          fn.slopeAt(root.isZero() ? 0 : root.mean * Math.exp(root.ln / 2)), root, s);
    }
    Field typical = root.scaled(-root.base / 2);
    Scaled sc = Scaled.of(fn, typical.ln);
    HermiteExpansion e = landed(fn, typical, sc, s);
    double[] raw = kernels(e::slopeKernel, e.slopeM2(), root);
    double scatter =
        Spreads.rectified(fn, root) && s.landing().isEmpty()
            ? Spreads.backwardRectified(root, s.gradient())
            : Spreads.backward(slopeSquare(fn, typical, sc, s), root, s.gradient());
    Field r = flat(root).rescaled(raw, 0, sc.slopeLn());
    if (s.landing().isPresent() || !(raw[0] > 0)) {
      return new SlopeLaw(r, scatter);
    }
    OverDraws level = OverDraws.of(fn, typical, root.base, r.ln, true);
    return new SlopeLaw(r.with(r.k, 0, level.mean() + level.variance() / 2), scatter);
  }

  /// φ′² as a function of its own.
  private static HermiteExpansion slopeSquare(Fn fn, Field typical, Scaled sc, Source s) {
    Fn square = plain("d4[" + fn.name() + "]", fn, x -> fn.slopeAt(x) * fn.slopeAt(x));
    return s.landing().isPresent()
        ? landed(square, typical, sc, s)
        : Spreads.cached(square, () -> expansion(square, typical, sc), typical, sc.inScale());
  }

  private static SlopeLaw factorField(Fn d, Field root, Source s) {
    if (root.isZero() || root.centred() < 1e-13) {
      return slopeAtPoint(d.at(root.isZero() ? 0 : root.mean * Math.exp(root.ln / 2)), root, s);
    }
    double ln = Math.clamp(root.ln - root.base / 2, -LIMIT, LIMIT);
    HermiteExpansion e = landed(d, root, new Scaled(Math.exp(ln / 2), 0, 0), s);
    double[] raw = kernels(e::kernel, e.ef2(), root);
    Field r = flat(root).rescaled(raw, e.mean(), 0);
    return new SlopeLaw(r, s.gradient().ownSpread());
  }

  private static HermiteExpansion landed(Fn fn, Field root, Scaled sc, Source s) {
    return s.landing()
        .map(l -> expansion(fn, l.mean() * sc.inScale(), l.sd() * sc.inScale()))
        .orElseGet(() -> expansion(fn, root, sc));
  }

  private static Field flat(Field root) {
    return root.withProfiles(new double[root.size()][]).withSpread(0, 0, root.channels);
  }

  private static SlopeLaw slopeAtPoint(double d, Field root, Source s) {
    double[] k = new double[root.k.length];
    java.util.Arrays.fill(k, 1);
    Field r = flat(root).with(k, Math.signum(d), 2 * Math.log(Math.abs(d)));
    return new SlopeLaw(r, s.gradient().ownSpread());
  }
}
