package org.fanin.solve;

import java.util.List;
import org.fanin.graph.Gains;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;
import org.fanin.math.Fns;

/// What a value meets next, past views, biases, scales and pooling.
final class Onward {
  /// Steps looked ahead.
  private static final int FAR = 24;

  /// Slope assumed for a learned one.
  private static final double PRELU = .25;

  enum Kind {
    ACTIVATION,
    NORM,
    SUM,
    PRODUCT,
    SOFTMAX,
    MIXING,
    LAYER,
    CONCAT,
    OUTPUT,
    OTHER
  }

  /// @param fn the activation, with affine steps before it composed in; null for other kinds
  /// @param value what the thing met reads; the result's value for an activation
  /// @param node the node met, or −1
  /// @param slope of the affine steps before it
  record Met(Kind kind, Fn fn, int value, int node, double slope) {}

  private final Wiring wiring;
  private final Gains gains;

  Onward(Wiring wiring) {
    this.wiring = wiring;
    gains = new Gains(wiring.graph);
  }

  Met from(int start) {
    int v = start;
    Fn line = Fns.identity();
    for (int step = 0; step < FAR; step++) {
      Graph.Pattern p = wiring.patternFrom(v);
      if (p != null) {
        Fn f = Wiring.activation(p);
        int at = wiring.graph.value(p.result()).producer();
        return f == null
            ? new Met(Kind.NORM, null, v, at, slope(line))
            : new Met(Kind.ACTIVATION, Fns.compose(f, line), p.result(), at, slope(line));
      }
      List<Node> readers = wiring.readers(v);
      if (readers.isEmpty()) {
        return new Met(wiring.isOutput(v) ? Kind.OUTPUT : Kind.OTHER, null, v, -1, slope(line));
      }
      Node n = readers.getFirst();
      Met met = met(n, v, line);
      if (met != null) {
        return met;
      }
      if (n.op() instanceof Op.Pointwise(Fn f)) {
        line = Fns.compose(f, line);
      } else if (n.op() instanceof Op.Arithmetic) {
        double factor = gains.at(n, v);
        line = factor > 0 ? Fns.compose(Fns.mulConst(factor), line) : line;
      }
      v = n.outputs().getFirst();
    }
    return new Met(Kind.OTHER, null, v, -1, slope(line));
  }

  /// Null where the value just passes through.
  private Met met(Node n, int v, Fn line) {
    return switch (n.op()) {
      case Op.Pointwise(Fn f) ->
          Wiring.isLine(f)
              ? null
              : new Met(
                  Kind.ACTIVATION,
                  Fns.compose(f, line),
                  n.outputs().getFirst(),
                  n.index(),
                  slope(line));
      case Op.PRelu _ ->
          new Met(
              Kind.ACTIVATION,
              Fns.compose(Fns.leakyRelu(PRELU), line),
              n.outputs().getFirst(),
              n.index(),
              slope(line));
      case Op.Arithmetic(Op.Arithmetic.Kind kind) -> arithmetic(n, v, kind, line);
      case Op.BatchNorm _, Op.Norm _ -> new Met(Kind.NORM, null, v, n.index(), slope(line));
      case Op.Softmax _ -> new Met(Kind.SOFTMAX, null, v, n.index(), slope(line));
      case Op.Attention _ -> new Met(Kind.MIXING, null, v, n.index(), slope(line));
      case Op.Contract _ ->
          new Met(wiring.isMixing(n) ? Kind.MIXING : Kind.LAYER, null, v, n.index(), slope(line));
      case Op.Conv _, Op.ConvTranspose _, Op.Recurrent _ ->
          new Met(Kind.LAYER, null, v, n.index(), slope(line));
      case Op.Concat _ ->
          wiring.data(n).size() > 1 ? new Met(Kind.CONCAT, null, v, n.index(), slope(line)) : null;
      case Op.Unpredicted _, Op.ControlFlow _, Op.Scatter _, Op.TopK _, Op.CumSum _ ->
          new Met(Kind.OTHER, null, v, n.index(), slope(line));
      case Op _ ->
          n.outputs().getFirst() < 0 ? new Met(Kind.OTHER, null, v, n.index(), slope(line)) : null;
    };
  }

  private Met arithmetic(Node n, int v, Op.Arithmetic.Kind kind, Fn line) {
    if (wiring.data(n).size() < 2) {
      return null;
    }
    return switch (kind) {
      case ADD, SUB, MEAN -> new Met(Kind.SUM, null, v, n.index(), slope(line));
      case MUL, DIV -> new Met(Kind.PRODUCT, null, v, n.index(), slope(line));
      case POW, MIN, MAX -> new Met(Kind.OTHER, null, v, n.index(), slope(line));
    };
  }

  private static double slope(Fn line) {
    return line.slopeAt(1);
  }
}
