package org.fanin.predict;

import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;

/// The gradient of a normalisation's scale γ where batch normalisation follows, with nothing but
/// homogeneous maps of single channels between (ReLU, pooling, dropout, a depthwise convolution,
/// concatenation). The second undoes the first's scale but for its ε, so with y = γx̂ + β
///
///     γ·∂L/∂γ + β·∂L/∂β = Σ g·y = Σ over what follows of ε/(v + ε)·γ₂·∂L/∂γ₂
///
/// (Euler's theorem on homogeneous functions; scale invariance: Ioffe & Szegedy 2015, §3.3). The
/// usual rule, g and x̂ independent, would be wrong by v²/ε².
final class ChannelScale {
  /// How far, in standard deviations, an activation must be homogeneous: a clip at 6 is not felt.
  private static final double REACH = 5.5;

  private static final double EXACT = 1e-9;

  /// Values followed at most: paths may branch and meet again.
  private static final int MOST_STEPS = 200;

  private final Context c;
  private final long channels;
  private boolean undone = true;
  private int steps;

  /// Σ g·y per channel, from the normalisations met so far.
  private Field left;

  private ChannelScale(Context c, long channels) {
    this.c = c;
    this.channels = channels;
  }

  /// The gradient of γ, when what follows undoes it.
  ///
  /// @param n a BatchNorm in training mode
  /// @param bias gradient of β
  static java.util.Optional<Field> gradient(Context c, Node n, Field bias) {
    ChannelScale s = new ChannelScale(c, c.shape(n.input(1)).count());
    s.follow(n.outputs().getFirst());
    Field scale = c.field(n.input(1));
    boolean even = scale.centred() < EXACT && !scale.isZero();
    if (!s.undone || s.left == null || !even) {
      return java.util.Optional.empty();
    }
    Field shift = Fields.product(bias, c.field(n.input(2)));
    return java.util.Optional.of(Fields.sum(s.left, shift, 1).scaled(-scale.ln));
  }

  private void follow(int value) {
    undone &= !c.graph.outputs().contains(value) && c.isKnown(value);
    undone &= ++steps <= MOST_STEPS;
    for (int i = 0; undone && i < c.readers(value).size(); i++) {
      Node n = c.graph.nodes().get(c.readers(value).get(i));
      through(n, n.inputs().indexOf(value));
    }
  }

  private void through(Node n, int input) {
    boolean passes =
        input == 0
            && switch (n.op()) {
              case Op.Pointwise p -> homogeneous(p.fn(), c.field(n.input(0)));
              case Op.Pool _ -> true;
              case Op.Dropout _ -> true;
              case Op.Conv v -> depthwise(n, v);
              default -> false;
            };
    if (n.op() instanceof Op.BatchNorm b && input == 0 && NormRule.trains(c, b)) {
      end(n, b);
    } else if (passes || n.op() instanceof Op.Concat k && k.axis() == 1) {
      follow(n.outputs().getFirst());
    } else {
      undone = false;
    }
  }

  private void end(Node n, Op.BatchNorm b) {
    int scale = n.input(1);
    if (c.sources(scale).isEmpty() || c.unknownGradient(scale).isPresent()) {
      undone = false;
      return;
    }
    Field g = Fields.product(PointwiseGradient.total(c, scale), c.field(scale));
    double share = Math.log(b.epsilon()) - NormRule.lnVariance(c, n, b);
    Field one =
        Field.iid(
                org.fanin.tensor.Shape.of(channels),
                g.ln + 2 * share + UnitScatter.lnOfSquare(c, n.input(0)))
            .withBase(g.spread());
    left = left == null ? one : Fields.sum(left, one, 1);
  }

  private boolean depthwise(Node n, Op.Conv v) {
    boolean unbiased = n.input(2) < 0 || c.field(n.input(2)).isZero();
    return unbiased && v.group() == c.shape(n.input(0)).dim(1);
  }

  /// φ′(u)·u = φ(u), Euler's condition, wherever u falls.
  private static boolean homogeneous(Fn fn, Field x) {
    double unit = Math.exp(x.ln / 2);
    double mean = x.mean * unit;
    double sd = Math.sqrt(x.centred()) * unit;
    double worst = 0;
    double largest = 0;
    for (double t = -REACH; t <= REACH; t += REACH / 16) {
      double u = mean + sd * t;
      double y = fn.at(u);
      largest = Math.max(largest, Math.abs(y));
      worst = Math.max(worst, Math.abs(fn.slopeAt(u) * u - y));
    }
    return largest > 0 && worst <= EXACT * largest;
  }
}
