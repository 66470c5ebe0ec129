package org.fanin.predict;

import java.util.List;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;
import org.fanin.predict.Lengths.Lean;
import org.fanin.predict.PointwiseMoments.Scaled;
import org.fanin.predict.Signal.Curve;

/// How [Lengths] pass the operators between dense layers, and back what a gradient's size has to do
/// with them. Fresh weights over n elements make of them Gaussian elements of variance Σ x²/n,
/// sample by sample: its ln varies as the length of x does, and by (E x⁴/(E x²)² − 1)/n more, less
/// what samples share. Normalisation of each sample leaves nothing; positions, batch normalisation
/// and the rest are not followed.
final class LengthRule {
  /// A sum of fewer squares is not log-normal.
  private static final int LEAST_TERMS = 8;

  private LengthRule() {}

  // ---- forward ----

  static void forward(Context c, Node n) {
    int y = n.outputs().getFirst();
    if (y < 0 || !c.isKnown(y) || c.hasLengths(y) || c.shape(y).rank() != 2) {
      return;
    }
    Lengths l = of(c, n, y);
    if (l != Lengths.NONE) {
      c.setLengths(y, l);
    }
  }

  private static Lengths of(Context c, Node n, int y) {
    if (c.patterns.endingAt(y).isPresent()) {
      return Lengths.NORMALISED;
    }
    return switch (n.op()) {
      case Op.Arithmetic op -> arithmetic(c, n, op);
      case Op.Contract op -> dense(c, n, op, y);
      case Op.Norm op ->
          switch (op.kind()) {
            case LAYER, RMS, L2 -> Lengths.NORMALISED;
            case GROUP, INSTANCE -> Lengths.NONE;
          };
      case Op.Dropout _, Op.Slice _, Op.Split _ -> c.lengths(n.input(0));
      default -> Lengths.NONE;
    };
  }

  private static boolean isSum(Op.Arithmetic op) {
    return op.kind() == Op.Arithmetic.Kind.ADD || op.kind() == Op.Arithmetic.Kind.SUB;
  }

  private static Lengths arithmetic(Context c, Node n, Op.Arithmetic op) {
    int a = n.input(0);
    int b = n.input(1);
    boolean known = c.hasLengths(a) || c.hasLengths(b);
    if (n.inputs().size() != 2 || !isSum(op) || !known) {
      return Lengths.NONE;
    }
    double share = 1 / (1 + Math.exp(Math.clamp(c.field(b).ln - c.field(a).ln, -600, 600)));
    return Lengths.sum(share, c.lengths(a), c.lengths(b));
  }

  /// Which part of a sum's square was there before its bias.
  private static double unbiased(Context c, int y, int bias) {
    return bias < 0 ? 1 : 1 - Math.exp(Math.min(0, c.field(bias).ln - c.field(y).ln));
  }

  private static int data(Context c, Node n) {
    boolean a = c.isParameter(n.input(0));
    boolean b = c.isParameter(n.input(1));
    return a == b ? -1 : a ? 1 : 0;
  }

  private static Lengths dense(Context c, Node n, Op.Contract op, int y) {
    int at = data(c, n);
    if (at < 0 || c.shape(n.input(at)).rank() != 2) {
      return Lengths.NONE;
    }
    int x = n.input(at);
    List<Integer> labels = at == 0 ? op.a() : op.b();
    double terms = c.shape(x).dim(1);
    if (op.out().contains(labels.getLast())
        || !op.out().contains(labels.getFirst())
        || terms < LEAST_TERMS) {
      return Lengths.NONE;
    }
    double s = unbiased(c, y, n.input(2));
    Lengths in = c.lengths(x);
    return new Lengths(s * s * (in.sample() + tail(c, x, in) / terms), Double.NaN);
  }

  /// Of Gaussian elements 2, less what samples share.
  private static double tail(Context c, int value, Lengths l) {
    double rho = LengthMixture.correlation(c.field(value));
    return Double.isNaN(l.tail()) ? 2 * (1 - rho * rho) : l.tail();
  }

  // ---- backward ----

  /// Of the gradient that a node gives to its input x.
  static Lean entering(Context c, Node n, int x) {
    int y = n.outputs().getFirst();
    Lean l = y < 0 ? Lean.NONE : c.lean(y);
    if (l == Lean.NONE || c.isParameter(x)) {
      return Lean.NONE;
    }
    return switch (n.op()) {
      case Op.Contract _ ->
          c.hasLengths(y) ? l.times(unbiased(c, y, n.input(2))) : Lean.of(l.spread());
      case Op.Arithmetic op when isSum(op) && c.hasLengths(y) ->
          l.times(Math.sqrt(part(c.lengths(y), c.lengths(x))));
      case Op.Dropout _, Op.Slice _, Op.Split _ -> l;
      default -> Lean.of(l.spread());
    };
  }

  /// What gradient and input of a dense layer have in common over initialisations: the covariance
  /// of their ln.
  static double shared(Context c, Node n, int x) {
    int y = n.outputs().getFirst();
    return c.hasLengths(y) ? c.lean(y).level() * unbiased(c, y, n.input(2)) * c.field(x).base : 0;
  }

  private static double part(Lengths y, Lengths x) {
    return x.sample() > 0 ? Math.min(1, y.sample() / x.sample()) : 0;
  }

  /// Of all that arrives at a value.
  static Lean settled(Context c, int value) {
    List<Source> all = c.sources(value);
    if (all.size() == 1) {
      return seen(c, value, all.getFirst());
    }
    double sum = 0;
    double slope = 0;
    double aligned = 0;
    double level = 0;
    double spread = 0;
    double unit = c.gradient(value).map(g -> g.ln).orElse(0.0);
    for (Source s : all) {
      Lean l = seen(c, value, s);
      double w = Math.exp(Math.clamp(s.gradient().ln - unit, -300, 300));
      sum += w;
      slope += w * l.slope();
      aligned += w * l.aligned();
      level += w * l.level();
      spread += w * Math.sqrt(l.spread());
    }
    return sum > 0
        ? new Lean(slope / sum, aligned / sum, level / sum, spread * spread / (sum * sum))
        : Lean.NONE;
  }

  private static Lean seen(Context c, int value, Source s) {
    if (s.entry() == value || s.lean() == Lean.NONE && !c.hasLengths(value)) {
      return s.lean();
    }
    Curve entry = PointwiseRule.curveOf(c, s.entry());
    return entry.root() != value || entry.fn() == null
        ? Lean.of(s.lean().spread())
        : slope(c, value, s, entry).lean();
  }

  /// Through φ to its root.
  static LengthMixture.Slope slope(Context c, int value, Source s, Curve entry) {
    Field root = entry.rootField();
    Lean l = s.lean();
    Fn fn = entry.fn();
    if (s.landing().isPresent()
        || PointwiseMoments.isPoint(root)
        || c.shape(value).rank() != 2
        || !c.hasLengths(value)) {
      return LengthMixture.Slope.unknown(l.spread());
    }
    double unit = Scaled.of(fn, root.ln - root.base / 2).inScale();
    return LengthMixture.slope(
        fn,
        root.mean * unit,
        Math.sqrt(root.centred()) * unit,
        c.lengths(value).sample(),
        root.base,
        l,
        c.shape(value).dim(1),
        LengthMixture.correlation(root),
        LengthMixture.correlation(s.gradient()));
  }
}
