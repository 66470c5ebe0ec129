package org.fanin.predict;

import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.fanin.graph.Graph.Pattern;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Op.Arithmetic.Kind;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.predict.Signal.Curve;
import org.fanin.tensor.Shape;

/// Sums, differences, products and quotients of tensors (theory.md §4). Two functions of one
/// Gaussian root are composed; x − mean(x) is centring; a large negative constant is a mask; the
/// rest shares nothing but means.
final class JoinRule {
  private JoinRule() {}

  // ---- forward ----

  static void forward(Context c, Node n, Kind kind) {
    int y = n.outputs().getFirst();
    Optional<Pattern> pattern = c.patterns.endingAt(y);
    if (pattern.isPresent()) {
      c.set(y, NormRule.result(c, pattern.get()));
      return;
    }
    if (n.inputs().size() == 1) {
      c.set(y, c.signal(n.input(0)));
      return;
    }
    if (n.inputs().size() > 2) {
      many(c, n, kind);
      return;
    }
    int a = n.input(0);
    int b = n.input(1);
    if (a == b) {
      PointwiseRule.forward(c, n, withItself(kind));
      return;
    }
    if (PointwiseRule.sameRoot(c, a, b)) {
      Curve ca = PointwiseRule.curveOf(c, a);
      Curve cb = PointwiseRule.curveOf(c, b);
      Fn f = joined(kind, PointwiseRule.fnOf(ca), PointwiseRule.fnOf(cb));
      Curve joint = new Curve(ca.root(), ca.rootField(), f, 1 + Math.max(ca.depth(), cb.depth()));
      Finite.observe(c, n, joint);
      PointwiseRule.setCurve(c, y, joint);
      return;
    }
    Optional<LogitMasks.Added> masked = LogitMasks.added(c, n, kind);
    if (masked.isPresent()) {
      Field logits = c.field(masked.get().logits()).expand(c.shape(y));
      c.set(y, new Signal.Known(logits, Optional.empty(), Optional.of(masked.get().mask())));
      return;
    }
    int alone = alone(c, n, kind);
    if (alone >= 0) {
      PointwiseRule.forward(c, n, alone, Fns.identity());
      return;
    }
    c.set(y, combined(c, n, kind, a, b));
  }

  /// The operand that a sum is when the other is 0 (a branch that starts at 0); −1 when neither is.
  /// It keeps the Gaussian that it is a function of, which a sum of two tensors would not have.
  private static int alone(Context c, Node n, Kind kind) {
    if (kind != Kind.ADD && kind != Kind.SUB) {
      return -1;
    }
    int a = n.input(0);
    int b = n.input(1);
    Shape shape = c.shape(n.outputs().getFirst());
    if (c.field(b).isZero() && c.shape(a).equals(shape)) {
      return a;
    }
    return kind == Kind.ADD && c.field(a).isZero() && c.shape(b).equals(shape) ? b : -1;
  }

  private static Fn withItself(Kind kind) {
    return switch (kind) {
      case ADD -> Fns.mulConst(2);
      case SUB -> Fns.constant(0);
      case MUL -> Fns.pow(2);
      case DIV -> Fns.constant(1);
      case MIN, MAX, MEAN -> Fns.identity();
      case POW -> throw new Context.MissingRule("no rule for x^x");
    };
  }

  private static Field combined(Context c, Node n, Kind kind, int a, int b) {
    Shape shape = c.shape(n.outputs().getFirst());
    Field x = c.field(a).expand(shape);
    Optional<Field> centred = kind == Kind.SUB ? centred(c, a, b, x) : Optional.empty();
    if (centred.isPresent()) {
      return centred.get();
    }
    if (kind != Kind.POW) {
      c.ancestry.independent(n, a, b);
    }
    return switch (kind) {
      case ADD -> Fields.sum(x, c.field(b).expand(shape), 1);
      case SUB -> Fields.sum(x, c.field(b).expand(shape), -1);
      case MEAN -> Fields.sum(x, c.field(b).expand(shape), 1).scaled(2 * Math.log(0.5));
      case MUL -> Fields.product(x, c.field(b).expand(shape));
      case DIV -> Fields.product(x, function(c, b, Fns.divInto(1)).expand(shape));
      case MIN, MAX -> ExtremeRule.of(x, c.field(b).expand(shape), kind == Kind.MAX);
      case POW -> function(c, a, Fns.pow(power(c.field(b)))).expand(shape);
    };
  }

  /// The one number that all exponents are.
  private static double power(Field exponent) {
    if (!PointwiseMoments.isPoint(exponent)) {
      throw new Context.MissingRule("a power whose exponents differ from element to element");
    }
    double p = PointwiseMoments.point(exponent);
    // Through a logarithm and back 3 is not quite 3, and only whole powers are known below 0.
    double whole = Math.rint(2 * p) / 2;
    return Math.abs(p - whole) < 1e-6 ? whole : p;
  }

  private static void many(Context c, Node n, Kind kind) {
    Shape shape = c.shape(n.outputs().getFirst());
    c.ancestry.independent(n, n.inputs());
    if (kind == Kind.MAX || kind == Kind.MIN) {
      c.set(n.outputs().getFirst(), ExtremeRule.ofAll(c, n, shape, kind == Kind.MAX));
      return;
    }
    if (kind != Kind.ADD && kind != Kind.MEAN) {
      throw new Context.MissingRule(
          "no rule for " + kind + " of " + n.inputs().size() + " tensors");
    }
    Field sum = c.field(n.input(0)).expand(shape);
    for (int i = 1; i < n.inputs().size(); i++) {
      sum = Fields.sum(sum, c.field(n.input(i)).expand(shape), 1);
    }
    double ln = kind == Kind.MEAN ? -2 * Math.log(n.inputs().size()) : 0;
    c.set(n.outputs().getFirst(), sum.scaled(ln));
  }

  /// φ of a value, through its curve where it has one, so that 1/√(v + ε) of a variance is exact.
  private static Field function(Context c, int value, Fn fn) {
    Curve cv = PointwiseRule.curveOf(c, value);
    Fn whole = cv.fn() == null ? fn : Fns.compose(fn, cv.fn());
    return PointwiseMoments.apply(whole, cv.rootField());
  }

  private static Fn joined(Kind kind, Fn f, Fn g) {
    return switch (kind) {
      case ADD -> Fns.sum(f, g);
      case SUB -> Fns.sum(f, Fns.compose(Fns.neg(), g));
      case MEAN -> Fns.compose(Fns.mulConst(0.5), Fns.sum(f, g));
      case MUL -> Fns.product(f, g);
      case DIV -> Fns.product(f, Fns.compose(Fns.divInto(1), g));
      case MAX -> half(Fns.sum(f, g), distance(f, g));
      case MIN -> half(Fns.sum(f, g), Fns.compose(Fns.neg(), distance(f, g)));
      case POW -> throw new Context.MissingRule("a power of two functions of one tensor");
    };
  }

  private static Fn half(Fn f, Fn g) {
    return Fns.compose(Fns.mulConst(0.5), Fns.sum(f, g));
  }

  private static Fn distance(Fn f, Fn g) {
    return Fns.compose(Fns.abs(), Fns.sum(f, Fns.compose(Fns.neg(), g)));
  }

  /// a − mean(a): the mean is found through shape operators.
  private static Optional<Field> centred(Context c, int a, int b, Field x) {
    int at = b;
    for (int hops = 0; hops < 4; hops++) {
      int p = c.graph.value(at).producer();
      if (p < 0) {
        return Optional.empty();
      }
      Node m = c.graph.nodes().get(p);
      if (m.op() instanceof Op.Reduce r && r.kind() == Op.Reduce.Kind.MEAN && m.input(0) == a) {
        int among = 0;
        for (int axis : r.axes()) {
          among |= x.maskOf(axis);
        }
        return Optional.of(x.centredOver(among));
      }
      if (!(m.op() instanceof Op.Reshape || m.op() instanceof Op.Expand)) {
        return Optional.empty();
      }
      at = m.input(0);
    }
    return Optional.empty();
  }

  // ---- backward ----

  static void backward(Context c, Node n, Kind kind) {
    int y = n.outputs().getFirst();
    int a = n.input(0);
    int b = n.input(1);
    Optional<Pattern> pattern = c.patterns.endingAt(y);
    if (pattern.isPresent()) {
      c.pass(
          pattern.get().root(),
          NormRule.atRoot(c, pattern.get(), c.gradientOf(n, 0)),
          Radial.NORMALISED);
    }
    if (n.inputs().size() == 2 && a == b) {
      if (!c.patterns.swallows(n, a)) {
        PointwiseRule.backward(c, n, withItself(kind));
      }
      return;
    }
    if (n.inputs().size() != 2 && (kind == Kind.MAX || kind == Kind.MIN)) {
      ExtremeRule.backward(c, n, kind == Kind.MAX);
      return;
    }
    if (n.inputs().size() != 2 || kind == Kind.MEAN) {
      spread(c, n, kind);
      return;
    }
    if (PointwiseRule.sameRoot(c, a, b)) {
      inFamily(c, n, kind, y, a, b);
      return;
    }
    Field g = c.gradientOf(n, 0);
    Optional<LogitMasks.Added> masked = LogitMasks.added(c, n, kind);
    if (masked.isPresent()) {
      give(c, n, masked.get().logits(), g, c.radial(y));
      give(c, n, masked.get().logits() == a ? b : a, g, Radial.ISOTROPIC);
      return;
    }
    int alone = alone(c, n, kind);
    if (alone >= 0 && !c.patterns.swallows(n, alone)) {
      PointwiseRule.passThrough(c, y, alone, _ -> 1, Fns.identity());
      give(c, n, alone == a ? b : a, g, Radial.ISOTROPIC);
      return;
    }
    switch (kind) {
      case ADD, SUB -> {
        term(c, n, a, g, RadialRule.addend(c, y, a, b, 1));
        term(c, n, b, g, RadialRule.addend(c, y, b, a, -1));
      }
      case MUL -> {
        factor(c, n, a, b, g);
        factor(c, n, b, a, g);
      }
      case DIV -> {
        Fn inverse = Fns.divInto(1);
        give(c, n, a, times(c, g, function(c, b, inverse)), RadialRule.factor(c, y, a, b));
        Field square = function(c, b, Fns.compose(Fns.pow(2), inverse));
        give(
            c,
            n,
            b,
            atDivisor(c, n, b, times(c, times(c, g, square), c.field(a))),
            Radial.ISOTROPIC);
      }
      case MIN, MAX -> {
        ExtremeRule.backward(c, n, kind == Kind.MAX);
      }
      case POW -> {
        double p = power(c.field(b));
        Field slope = function(c, a, Fns.compose(Fns.mulConst(p), Fns.pow(p - 1)));
        give(c, n, a, times(c, g, slope), Radial.ISOTROPIC);
        c.passUnknown(b, "the gradient of an exponent has no rule");
      }
      case MEAN -> throw new Context.MissingRule("no rule for " + kind);
    }
  }

  private static Field times(Context c, Field g, Field factor) {
    return Fields.product(g, factor.expand(Shape.of(g.dims())));
  }

  private static void give(Context c, Node n, int to, Field g, Radial radial) {
    if (to >= 0 && !c.patterns.swallows(n, to)) {
      c.pass(to, Broadcast.reduce(g, c.shape(to)), radial);
    }
  }

  private static void term(Context c, Node n, int to, Field g, Radial radial) {
    if (to >= 0 && !c.patterns.swallows(n, to)) {
      Field passed = Broadcast.reduce(g, c.shape(to));
      Along.addend(c, n.outputs().getFirst(), to, passed);
      c.pass(to, passed, radial);
    }
  }

  /// Gradient of a factor: that of a scale sums g·x, which may depend on one another.
  private static void factor(Context c, Node n, int of, int other, Field g) {
    int y = n.outputs().getFirst();
    boolean whole = c.isParameter(of) && c.shape(other).equals(c.shape(y));
    Optional<Field> product = whole ? Along.product(c, y, c.field(other)) : Optional.empty();
    if (product.isPresent() && !c.patterns.swallows(n, of)) {
      c.pass(of, Broadcast.reduce(g, c.field(other), product.get(), c.shape(of)));
      return;
    }
    Field at = atDivisor(c, n, of, times(c, g, c.field(other)));
    give(c, n, of, at, RadialRule.factor(c, y, of, other));
  }

  /// The divisor of a decomposed normalisation sums g·x over what it normalises.
  private static Field atDivisor(Context c, Node n, int to, Field g) {
    int y = n.outputs().getFirst();
    boolean divisor =
        c.patterns.endingAt(y).isPresent() && c.shape(to).count() < c.shape(y).count();
    return divisor ? g.scaled(Math.log(c.radial(y).total())) : g;
  }

  private static void spread(Context c, Node n, Kind kind) {
    double ln = kind == Kind.MEAN ? -2 * Math.log(n.inputs().size()) : 0;
    Field g = c.gradientOf(n, 0).scaled(ln);
    for (int v : n.inputs()) {
      give(c, n, v, g, Radial.ISOTROPIC);
    }
  }

  private static void inFamily(Context c, Node n, Kind kind, int y, int a, int b) {
    Curve ca = PointwiseRule.familyOf(c, y, a);
    Curve cb = PointwiseRule.familyOf(c, y, b);
    Fn f = PointwiseRule.fnOf(ca);
    Fn g = PointwiseRule.fnOf(cb);
    DoubleUnaryOperator da =
        switch (kind) {
          case ADD, SUB -> _ -> 1;
          case MUL -> g.value();
          case DIV -> u -> 1 / g.at(u);
          case MAX -> u -> f.at(u) >= g.at(u) ? 1 : 0;
          case MIN -> u -> f.at(u) <= g.at(u) ? 1 : 0;
          case POW, MEAN -> throw new Context.MissingRule("no rule for " + kind);
        };
    DoubleUnaryOperator db =
        switch (kind) {
          case ADD -> _ -> 1;
          case SUB -> _ -> -1;
          case MUL -> f.value();
          case DIV -> u -> -f.at(u) / (g.at(u) * g.at(u));
          case MAX -> u -> f.at(u) >= g.at(u) ? 0 : 1;
          case MIN -> u -> f.at(u) <= g.at(u) ? 0 : 1;
          case POW, MEAN -> throw new Context.MissingRule("no rule for " + kind);
        };
    if (!c.patterns.swallows(n, a)) {
      PointwiseRule.passThrough(c, y, a, da, g);
    }
    if (!c.patterns.swallows(n, b)) {
      PointwiseRule.passThrough(c, y, b, db, f);
    }
  }
}
