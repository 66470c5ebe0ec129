package org.fanin.predict;

import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.math.SoftmaxMoments;
import org.fanin.predict.Signal.Curve;
import org.fanin.tensor.Shape;

/// Sums, means, norms, extremes, products and soft maxima over whole axes. Sums collapse atoms
/// exactly; a sum of φ(x) applies φ to the pair moments first; a maximum is taken of the Gaussian
/// under a rising activation (theory.md §5).
final class ReduceRule {
  /// Elements that correlate more than this have no product that the rule could tell.
  private static final double NEARLY_INDEPENDENT = 0.05;

  private ReduceRule() {}

  // ---- forward ----

  static void forward(Context c, Node n, Op.Reduce op) {
    Field x = c.field(n.input(0));
    Field y =
        switch (op.kind()) {
          case MEAN -> summed(x, op).scaled(-2 * Math.log(count(x, op)));
          case SUM -> summed(x, op);
          case SUM_SQUARE -> summed(through(c, n, Fns.pow(2)), op);
          case L1 -> summed(through(c, n, Fns.abs()), op);
          case L2 -> PointwiseMoments.apply(Fns.sqrt(), summed(through(c, n, Fns.pow(2)), op));
          case LOG_SUM -> PointwiseMoments.apply(Fns.log(), positive(summed(x, op)));
          case LOG_SUM_EXP -> logSumExp(x, op);
          case PROD -> product(x, op, count(x, op));
          case MAX, MIN -> extreme(c, n, op, x);
        };
    c.set(n.outputs().getFirst(), dropped(y, op));
  }

  private static Field summed(Field x, Op.Reduce op) {
    Field f = x;
    for (int a : op.axes()) {
      f = f.sumOver(a);
    }
    return f;
  }

  /// φ of the input, through its curve where it has one.
  private static Field through(Context c, Node n, Fn fn) {
    Curve curve = PointwiseRule.curveOf(c, n.input(0));
    Fn whole = curve.fn() == null ? fn : Fns.compose(fn, curve.fn());
    return PointwiseMoments.apply(whole, curve.rootField());
  }

  private static Field positive(Field sum) {
    if (sum.mean <= 0.5) {
      throw new Context.MissingRule("the logarithm of a sum that may be negative");
    }
    return sum;
  }

  /// ln Σ e^x over T keys of deviation s around what they share: the shared part passes as it is,
  /// the rest has the law of [SoftmaxMoments#logSumExp], whose covariance between two rows follows
  /// that of their keys to first order.
  private static Field logSumExp(Field x, Op.Reduce op) {
    int among = among(x, op);
    if (among == 0) {
      return x;
    }
    double shared = x.averageDiffering(among) - x.mean * x.mean;
    double unit = Math.exp(x.ln);
    double own = Math.max(0, x.centred() - shared);
    var law =
        SoftmaxMoments.logSumExp(
            (int) Math.min(Integer.MAX_VALUE, count(x, op)), Math.sqrt(own * unit));
    double mean = x.mean * Math.exp(x.ln / 2) + law.mean();
    double[] raw = new double[x.k.length];
    for (int m = 0; m < raw.length; m++) {
      int rest = m & ~among;
      double here = x.k[rest];
      double apart = differing(x, among, rest);
      double rho = own <= 0 ? 0 : Math.clamp((here - apart) / own, -1, 1);
      raw[m] =
          mean * mean
              + unit * (apart - x.mean * x.mean)
              + law.variance() * ((m & among) == 0 ? rho : 1);
    }
    return collapsed(x.rescaled(raw, mean, 0), op);
  }

  /// Mean of k over pairs that differ somewhere in `among` and elsewhere as in `rest`.
  private static double differing(Field x, int among, int rest) {
    double same = x.weight(0, among);
    return same >= 1 ? x.k[rest] : (x.average(among, rest) - same * x.k[rest]) / (1 - same);
  }

  private static Field collapsed(Field f, Op.Reduce op) {
    Field r = f.withProfiles(new double[f.size()][]);
    for (int a : op.axes()) {
      while (r.runs[a] > 0) {
        r = r.collapsed(r.first(a), 1, 0, 1);
      }
    }
    return r;
  }

  /// Independent factors: E Π x·x′ = Π E x·x′.
  ///
  /// @param power how many factors
  private static Field product(Field x, Op.Reduce op, double power) {
    int among = among(x, op);
    double shared = among == 0 ? 0 : Math.abs(x.averageDiffering(among) - x.mean * x.mean);
    if (shared > NEARLY_INDEPENDENT) {
      throw new Context.MissingRule("the product of elements that are not independent");
    }
    double[] raw = new double[x.k.length];
    for (int m = 0; m < raw.length; m++) {
      double k = x.k[m & ~among];
      raw[m] = Math.signum(k) * Math.pow(Math.abs(k), power);
    }
    double mean = Math.signum(x.mean) * Math.pow(Math.abs(x.mean), power);
    return collapsed(x.rescaled(raw, mean, power * x.ln), op);
  }

  private static Field extreme(Context c, Node n, Op.Reduce op, Field x) {
    Curve curve = rising(c, n, op).curve();
    Maximum max = maximum(curve, op, count(x, op));
    Field f = max.field();
    for (int a : op.axes()) {
      f = ShapeRule.resized(f, a, 1);
    }
    return PointwiseMoments.apply(PointwiseRule.fnOf(curve), f);
  }

  /// Of a maximum, the rising rearrangement; a minimum is told of rising functions only.
  private static Rising rising(Context c, Node n, Op.Reduce op) {
    Curve curve = PointwiseRule.curveOf(c, n.input(0));
    return op.kind() == Op.Reduce.Kind.MAX
        ? Rising.of(curve)
        : new Rising(curve, java.util.Optional.empty());
  }

  private static Maximum maximum(Curve curve, Op.Reduce op, double count) {
    int among = among(curve.rootField(), op);
    return op.kind() == Op.Reduce.Kind.MAX
        ? Maximum.of(curve, among, count)
        : Maximum.smallest(curve, among, count);
  }

  private static int among(Field x, Op.Reduce op) {
    int m = 0;
    for (int a : op.axes()) {
      m |= x.maskOf(a);
    }
    return m;
  }

  private static double count(Field x, Op.Reduce op) {
    double k = 1;
    for (int a : op.axes()) {
      k *= x.dim(a);
    }
    return k;
  }

  private static Field dropped(Field f, Op.Reduce op) {
    Field r = f;
    if (!op.keepDims()) {
      for (int i = op.axes().size() - 1; i >= 0; i--) {
        r = r.dropAxis(op.axes().get(i));
      }
    }
    return r;
  }

  // ---- backward ----

  static void backward(Context c, Node n, Op.Reduce op) {
    int in = n.input(0);
    if (c.patterns.swallows(n, in)) {
      return;
    }
    Shape shape = c.shape(in);
    long[] kept = shape.toArray();
    op.axes().forEach(a -> kept[a] = 1);
    Field small = c.gradientOf(n, 0).reshape(Shape.of(kept));
    Field g = small.expand(shape);
    Field x = c.field(in);
    double k = count(x, op);
    switch (op.kind()) {
      case MEAN -> c.pass(in, g.scaled(-2 * Math.log(k)));
      case SUM -> c.pass(in, g);
      case SUM_SQUARE -> c.pass(in, Fields.product(g, x).scaled(Math.log(4)));
      case L1 -> c.pass(in, Fields.product(g, through(c, n, Fns.sign())));
      case L2 -> c.pass(in, Fields.product(g, x).scaled(-x.ln - Math.log(k)));
      case LOG_SUM -> {
        Field s = positive(summed(x, op));
        c.pass(in, g.scaled(-s.ln - 2 * Math.log(s.mean)));
      }
      case LOG_SUM_EXP -> c.pass(in, Fields.product(g, softmax(x, op)));
      case PROD -> c.pass(in, k == 1 ? g : Fields.product(g, product(x, op, k - 1).expand(shape)));
      case MAX, MIN -> scatter(c, n, op, small, k);
    }
  }

  /// The weights that ln Σ e^x gives its keys.
  private static Field softmax(Field x, Op.Reduce op) {
    if (op.axes().size() != 1) {
      throw new Context.MissingRule("the gradient of a soft maximum over several axes");
    }
    int axis = op.axes().getFirst();
    Field f = x.mergedAxis(axis);
    if (f.dim(axis) == 1) {
      return Field.constant(Shape.of(x.dims()), 1, 0);
    }
    return SoftmaxRule.weights(
        f,
        axis,
        SoftmaxRule.between(f, axis),
        java.util.List.of((int) Math.min(Integer.MAX_VALUE, f.dim(axis))));
  }

  /// The gradient of an extreme goes to one element of the axes.
  private static void scatter(Context c, Node n, Op.Reduce op, Field g, double k) {
    Shape in = c.shape(n.input(0));
    Field r = g;
    for (int a : op.axes()) {
      if (in.dim(a) > 1) {
        r = r.inserted(r.first(a), a, in.dim(a), false);
      }
    }
    double[] raw = r.k.clone();
    int axes = among(r, op);
    for (int m = 1; m < raw.length; m++) {
      raw[m] *= (m & axes) == 0 ? 1 / k : 1;
    }
    Rising rising = rising(c, n, op);
    Maximum max = maximum(rising.curve(), op, k);
    c.pass(
        n.input(0),
        new Source(
            n.input(0),
            r.rescaled(raw, 0, r.ln - Math.log(k)),
            Optional.empty(),
            Optional.of(rising.landing(max))));
  }
}
