package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.predict.Signal.Curve;

/// Average and maximum over windows (theory.md §5). An average is the mean of the window's pair
/// moments. A maximum commutes with a rising activation, so it is taken of the Gaussian under it,
/// whose elements share the window's correlation; its gradient lands on the largest element.
final class PoolRule {
  private PoolRule() {}

  // ---- windows ----

  static void forward(Context c, Node n, Op.Pool op) {
    switch (op.kind()) {
      case AVERAGE -> c.set(n.outputs().getFirst(), average(c, n, op));
      case MAX -> maximum(c, n, op);
    }
  }

  private static List<AxisMap> maps(Context c, Node n, Op.Pool op) {
    return WindowRule.maps(c, n, op.kernel(), op.strides(), op.padBegin(), op.dilations(), false);
  }

  private static Field average(Context c, Node n, Op.Pool op) {
    List<Windowed> axes = new ArrayList<>();
    for (AxisMap m : maps(c, n, op)) {
      axes.add(Windowed.of(m, op.countIncludePad()));
    }
    return Windowed.apply(
        WindowRule.flatAxes(c.field(n.input(0))), axes, c.shape(n.outputs().getFirst()));
  }

  static void backward(Context c, Node n, Op.Pool op) {
    List<AxisMap> maps = maps(c, n, op);
    Field g = WindowRule.flatAxes(c.gradientOf(n, 0));
    switch (op.kind()) {
      case AVERAGE -> {
        List<Windowed> axes = new ArrayList<>();
        for (AxisMap m : maps) {
          axes.add(Windowed.transposed(m, op.countIncludePad()));
        }
        c.pass(n.input(0), Windowed.applyBack(g, axes, c.shape(n.input(0))));
      }
      case MAX -> scatter(c, n, op, g, maps);
    }
  }

  private static double windowSize(List<AxisMap> maps) {
    double k = 1;
    for (AxisMap m : maps) {
      k *= m.forward(null).same();
    }
    return k;
  }

  private static void maximum(Context c, Node n, Op.Pool op) {
    List<AxisMap> maps = maps(c, n, op);
    Field x = WindowRule.flatAxes(c.field(n.input(0)));
    Curve curve = Rising.of(PointwiseRule.curveOf(c, n.input(0))).curve();
    Maximum max = largest(curve, maps, op);
    Field top = reshaped(max.field(), c.shape(n.outputs().getFirst()));
    if (curve.rootField().near != null || overlaps(op)) {
      top = OverlappingMaxima.of(top, max, curve.rootField(), op, windowSize(maps));
    }
    c.set(n.outputs().getFirst(), PointwiseMoments.apply(PointwiseRule.fnOf(curve), top));
  }

  /// The largest of a window, whose elements are as alike as near positions are.
  private static Maximum largest(Curve curve, List<AxisMap> maps, Op.Pool op) {
    Field x = curve.rootField();
    return x.near == null || !OverlappingMaxima.told(op)
        ? Maximum.of(curve, spatial(x), windowSize(maps))
        : Maximum.of(
            curve, spatial(x), windowSize(maps), OverlappingMaxima.between(x.near, op, 0, 0));
  }

  private static boolean overlaps(Op.Pool op) {
    boolean any = false;
    for (int i = 0; i < op.kernel().size(); i++) {
      any |= op.dilations().get(i) == 1 && op.strides().get(i) < op.kernel().get(i);
    }
    return any;
  }

  private static int spatial(Field f) {
    int m = 0;
    for (int i = 2; i < f.rank(); i++) {
      m |= f.maskOf(i);
    }
    return m;
  }

  private static Field reshaped(Field f, org.fanin.tensor.Shape to) {
    Field r = WindowRule.flatAxes(f);
    for (int i = 2; i < to.rank(); i++) {
      r = ShapeRule.resized(r, i, to.dim(i));
    }
    return r;
  }

  /// Each output's gradient goes to one input of its window.
  private static void scatter(Context c, Node n, Op.Pool op, Field g, List<AxisMap> maps) {
    double window = windowSize(maps);
    org.fanin.tensor.Shape in = c.shape(n.input(0));
    double share = (double) c.shape(n.outputs().getFirst()).count() / in.count();
    Field r = reshaped(g, in);
    double[] raw = new double[r.k.length];
    int sp = spatial(r);
    double again = OverlappingMaxima.again(op, g);
    for (int m = 0; m < raw.length; m++) {
      // Two samples agree on the winner once in `window` when they do not correlate.
      raw[m] =
          m == 0
              ? share * (1 + again)
              : (m & sp) == 0 ? share * r.k[m] / window : share * share * r.k[m];
    }
    Rising rising = Rising.of(PointwiseRule.curveOf(c, n.input(0)));
    Maximum max = largest(rising.curve(), maps, op);
    c.pass(
        n.input(0),
        new Source(
            n.input(0),
            r.rescaled(raw, 0, r.ln),
            Optional.empty(),
            Optional.of(rising.landing(max))));
  }
}
