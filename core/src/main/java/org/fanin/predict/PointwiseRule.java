package org.fanin.predict;

import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.fanin.graph.Node;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
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

  private PointwiseRule() {}

  static void forward(Context c, Node n, Fn fn) {
    forward(c, n, n.input(0), fn);
  }

  /// @param x the input that the node is a function of
  static void forward(Context c, Node n, int x, Fn fn) {
    Curve in = curveOf(c, x);
    Fn whole = in.fn() == null ? fn : Fns.compose(fn, in.fn());
    if (whole.name().length() > LONGEST || in.depth() >= DEEPEST) {
      in = Curve.root(x, c.field(x));
      whole = fn;
    }
    Curve out = new Curve(in.root(), in.rootField(), whole, in.depth() + 1);
    Finite.observe(c, n, out);
    setCurve(c, n.outputs().getFirst(), out);
  }

  /// The curve of a value; a value that is its own root has a null fn.
  static Curve curveOf(Context c, int value) {
    Signal.Known k = c.known(value);
    return k.curve().isPresent() ? k.curve().get() : Curve.root(value, k.field());
  }

  /// The curve of x in the family of y, whose root may be x itself where a long composition was
  /// cut.
  static Curve familyOf(Context c, int y, int x) {
    return curveOf(c, y).root() == x ? Curve.root(x, c.field(x)) : curveOf(c, x);
  }

  static void setCurve(Context c, int value, Curve curve) {
    Field root = curve.rootField();
    Field y = PointwiseMoments.apply(curve.fn(), root);
    if (c.hasLengths(curve.root())) {
      LengthMixture m = LengthMixture.of(curve.fn(), root, c.lengths(curve.root()));
      y = PointwiseMoments.mixed(y, root, m);
      c.setLengths(value, m.lengths);
    }
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
        && spelling(ca) + spelling(cb) < LONGEST;
  }

  private static int spelling(Curve c) {
    return c.fn() == null ? 0 : c.fn().name().length();
  }

  static Fn fnOf(Curve c) {
    return c.fn() == null ? Fns.identity() : c.fn();
  }

  static void backward(Context c, Node n, Fn fn) {
    int y = n.outputs().getFirst();
    int x = n.input(0);
    Fn inner = familyOf(c, y, x).fn();
    passThrough(c, y, x, inner == null ? fn.derivative() : new Slope(fn, inner), fn);
  }

  /// Hands every source of y on to x, multiplied by ∂y/∂x as a function of the root.
  ///
  /// @param like has the kinks of the slope
  static void passThrough(Context c, int y, int x, DoubleUnaryOperator slope, Fn like) {
    for (Source s : c.sources(y)) {
      DoubleUnaryOperator d =
          s.factor().isPresent() ? new Product(s.factor().get().value(), slope) : slope;
      c.pass(
          x,
          new Source(
              s.entry(),
              s.gradient(),
              Optional.of(Source.factor(d, like)),
              s.landing(),
              s.radial(),
              s.lean()));
    }
    if (c.unknownGradient(y).isPresent()) {
      c.passUnknown(x, c.unknownGradient(y).get());
    }
  }

  // Records instead of lambdas: one of each is made per node, and a capturing lambda costs a
  // starting JVM ten times as much as an object.

  private record Slope(Fn fn, Fn inner) implements DoubleUnaryOperator {
    @Override
    public double applyAsDouble(double u) {
      return fn.slopeAt(inner.at(u));
    }
  }

  private record Product(DoubleUnaryOperator f, DoubleUnaryOperator g)
      implements DoubleUnaryOperator {
    @Override
    public double applyAsDouble(double u) {
      return f.applyAsDouble(u) * g.applyAsDouble(u);
    }
  }
}
