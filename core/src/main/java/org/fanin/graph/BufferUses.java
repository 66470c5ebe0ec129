package org.fanin.graph;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.fanin.graph.BufferForms.Place;
import org.fanin.graph.ParameterFinder.Use;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Decides which stored tensors are no parameters: by their values ([BufferForms]), and by what the
/// graph does with them. What cannot be told from a constant of the formula is kept.
final class BufferUses {
  /// Views of one tensor that are looked at.
  private static final int MOST_VIEWS = 16;

  /// Elementwise nodes from a gain to the weight that it multiplies.
  private static final int STEPS = 4;

  private final Links links;
  private final Parametric parametric;
  private final Roles roles;
  private final Residuals residuals;
  private final Learned learned;

  BufferUses(Links links, Parametric parametric, Roles roles, Residuals residuals) {
    this.links = links;
    this.parametric = parametric;
    this.roles = roles;
    this.residuals = residuals;
    this.learned = new Learned(links, parametric);
  }

  /// @param origin the stored tensor
  /// @param role what it would be for if it were trained
  /// @param views value ids by which it is read
  /// @param uses where it meets data
  Optional<Buffer> of(Value origin, Role role, List<Integer> views, List<Use> uses) {
    if (role == Role.RUNNING_MEAN || role == Role.RUNNING_VARIANCE) {
      return Optional.of(new Buffer(Buffer.Kind.RUNNING_STATISTIC));
    }
    Tensor t = origin.constant().orElse(null);
    if (t == null) {
      return Optional.empty();
    }
    if (areScales(views, 2)) {
      return found(
          Buffer.Kind.QUANTISATION, "of " + links.readers(views.getFirst()).getFirst().onnxOp());
    }
    if (uses.isEmpty()) {
      return Optional.empty();
    }
    if (t.count() == 1 && Roles.isLinear(role) && shapesAWeight(t, views)) {
      return found(Buffer.Kind.CONSTANT, "part of how a weight is computed");
    }
    Optional<Buffer> formed = formed(t, uses);
    if (formed.isPresent()) {
      return formed;
    }
    boolean flat = isFlat(t);
    Optional<Buffer> found = Optional.empty();
    for (Use u : uses) {
      found = byUse(origin, t, flat, u, uses.size());
      if (found.isEmpty()) {
        break;
      }
    }
    return found.isEmpty() && role == Role.TABLE
        ? Optional.of(new Buffer(Buffer.Kind.TABLE))
        : found;
  }

  /// Read by nothing but arithmetic on other weights, of which it is a number or a gain: the
  /// exponent of a weight's square, the lengths of weight normalisation.
  boolean shapesAWeight(Tensor t, List<Integer> views) {
    return views.size() <= MOST_VIEWS
        && views.stream().allMatch(v -> shapesAWeight(t.count(), v, views, STEPS));
  }

  private boolean shapesAWeight(long count, int value, List<Integer> views, int steps) {
    List<Node> readers = links.readers(value);
    if (readers.isEmpty() || readers.size() > MOST_VIEWS) {
      return false;
    }
    for (Node n : readers) {
      int out = n.outputs().getFirst();
      boolean element =
          n.op() instanceof Op.Arithmetic || n.op() instanceof Op.Pointwise && n.input(0) != value;
      boolean wider = count == 1 || links.value(out).shape().orElse(Shape.of()).count() > count;
      boolean shapes =
          views.contains(out)
              || steps > 0
                  && element
                  && parametric.is(out)
                  && (wider || shapesAWeight(count, out, views, steps - 1));
      if (!shapes) {
        return false;
      }
    }
    return true;
  }

  // ---- by values ----

  /// The scale and shift of a layer or norm are trained, whatever they look like.
  private Optional<Buffer> formed(Tensor t, List<Use> uses) {
    Place place = Place.ELEMENTS;
    for (Use u : uses) {
      switch (u.node().op()) {
        case Op.Conv _, Op.ConvTranspose _ -> {
          if (u.slot() != 1) {
            return Optional.empty();
          }
          place = Place.KERNEL;
        }
        // Words that share a row are a defect, not a grid.
        case Op.Gather _ -> {
          boolean lookup = u.slot() == 0 && !parametric.is(u.node().input(1));
          place = lookup && place == Place.ELEMENTS ? Place.MATRIX : place;
        }
        case Op.Contract _ -> {
          if (u.slot() > 1) {
            return Optional.empty();
          }
          place = place == Place.ELEMENTS ? Place.MATRIX : place;
        }
        case Op.BatchNorm _, Op.Norm _, Op.PRelu _, Op.Recurrent _ -> {
          return Optional.empty();
        }
        case Op.Arithmetic _ -> {
          if (isAnchored(u)) {
            return Optional.empty();
          }
        }
        case Op _ -> {}
      }
    }
    return BufferForms.of(t, place);
  }

  /// Element by element behind a layer or norm, or before a residual sum.
  private boolean isAnchored(Use u) {
    int data = dataOperand(u.node());
    return data >= 0
        && wide(u.value()) <= 1
        && (roles.isNormed(data)
            || roles.isShifted(data)
            || learned.layerBehind(data) != null
            || endsBranch(u.node()));
  }

  private static boolean isFlat(Tensor t) {
    double first = t.count() == 0 ? Double.NaN : t.at(0);
    for (long i = 1; i < t.count(); i++) {
      if (t.at(i) != first) {
        return false;
      }
    }
    return t.count() > 0;
  }

  // ---- by use ----

  private Optional<Buffer> byUse(Value origin, Tensor t, boolean flat, Use u, int uses) {
    Node n = u.node();
    int slot = u.slot();
    return switch (n.op()) {
      case Op.Arithmetic(Op.Arithmetic.Kind kind) ->
          new Element(origin, t, flat, u, uses).decide(kind);
      case Op.Dequantize _ -> slot > 0 ? quantised(n) : Optional.empty();
      case Op.Discrete(String name, _, _) ->
          name.equals("QuantizeLinear")
              ? slot > 0 ? quantised(n) : Optional.empty()
              : found(Buffer.Kind.SETTING, n.onnxOp() + " passes no gradient");
      case Op.Resize _, Op.Pad _, Op.Dropout _, Op.Pointwise _, Op.Tile _, Op.Expand _, Op.TopK _ ->
          slot > 0 ? found(Buffer.Kind.SETTING, n.onnxOp()) : Optional.empty();
      case Op.Recurrent _ ->
          slot > 3 && flat ? found(Buffer.Kind.SETTING, "the initial state") : Optional.empty();
      case Op.Where _ ->
          flat ? found(Buffer.Kind.CONSTANT, "what Where puts in") : Optional.empty();
      case Op.RotaryEmbedding _ -> found(Buffer.Kind.TABLE, "of a rotary embedding");
      case Op.Attention _ ->
          slot > 2 ? found(Buffer.Kind.MASK, "of an attention") : Optional.empty();
      case Op.Concat _ ->
          flat && (t.at(0) != 0 || BufferNames.isNobodys(origin.name()))
              ? found(Buffer.Kind.CONSTANT, "what Concat fills with")
              : Optional.empty();
      case Op.Conv c ->
          slot > 0 && learned.isShift(n)
              ? found(Buffer.Kind.NORMALISER, "a shift of the channels, each by itself")
              : slot == 1 && flat ? averaged(t, c) : Optional.empty();
      case Op.Contract _ -> slot < 2 && flat ? summed(t, n) : Optional.empty();
      case Op.Foreign _ ->
          BufferNames.isQuantised(n.onnxOp()) && slot > 0 ? quantised(n) : Optional.empty();
      case Op _ -> Optional.empty();
    };
  }

  /// Read as scales and nothing else; of a bias they are first multiplied by one another.
  private boolean areScales(List<Integer> values, int steps) {
    boolean any = false;
    for (int v : values) {
      for (Node n : links.readers(v)) {
        boolean product =
            steps > 0
                && n.op().isArithmetic(Op.Arithmetic.Kind.MUL)
                && parametric.is(n.outputs().getFirst())
                && areScales(n.outputs(), steps - 1);
        if (!product && !isScale(n, v)) {
          return false;
        }
        any = true;
      }
    }
    return any;
  }

  private static boolean isScale(Node n, int value) {
    boolean takes =
        n.op() instanceof Op.Dequantize
            || n.op() instanceof Op.Discrete(String name, _, _) && name.equals("QuantizeLinear")
            || n.op() instanceof Op.Foreign(String foreign, _) && BufferNames.isQuantised(foreign);
    return takes && n.input(0) != value;
  }

  private static Optional<Buffer> found(Buffer.Kind kind, String detail) {
    return Optional.of(new Buffer(kind, detail));
  }

  private static Optional<Buffer> quantised(Node n) {
    return found(Buffer.Kind.QUANTISATION, "of " + n.onnxOp());
  }

  /// One output that adds up its inputs, or their mean: no unit to be told apart from others.
  private Optional<Buffer> summed(Tensor t, Node n) {
    double v = t.at(0);
    long outputs = links.value(n.outputs().getFirst()).shape().map(s -> s.dim(-1)).orElse(0L);
    boolean sums = v == 1 || Math.abs(v * t.count() - 1) < 1e-5;
    return outputs == 1 && t.count() > 1 && sums
        ? found(Buffer.Kind.CONSTANT, v == 1 ? "adds up its inputs" : "averages its inputs")
        : Optional.empty();
  }

  /// Channel by channel the mean of a window: a blur.
  private static Optional<Buffer> averaged(Tensor t, Op.Conv c) {
    double taps = (double) t.count() / t.shape().dim(0);
    boolean depthwise = c.group() > 1 && c.group() == t.shape().dim(0);
    return depthwise && taps > 1 && Math.abs(t.at(0) * taps - 1) < 1e-4
        ? found(Buffer.Kind.FILTER, "each averages its window")
        : Optional.empty();
  }

  private int dataOperand(Node n) {
    List<Integer> in = n.inputs();
    for (int i = 0; i < Math.min(8, in.size()); i++) {
      if (!parametric.is(in.get(i))) {
        return in.get(i);
      }
    }
    return -1;
  }

  private boolean endsBranch(Node n) {
    return n.op().isArithmetic(Op.Arithmetic.Kind.MUL)
        && residuals.endsBranch(n.outputs().getFirst(), new BitSet());
  }

  /// Axes longer than 1.
  private long wide(int value) {
    Shape s = links.value(value).shape().orElse(Shape.of());
    long wide = 0;
    for (int i = 0; i < s.rank(); i++) {
      wide += s.dim(i) > 1 ? 1 : 0;
    }
    return wide;
  }

  // ---- element by element ----

  /// A tensor that is added to data, or multiplies it.
  private final class Element {
    private final Value origin;
    private final Tensor t;
    private final boolean flat;
    private final Use u;
    private final int uses;
    private final int data;
    private final int out;
    private final boolean named;
    private final Node layer;
    private final boolean normed;

    Element(Value origin, Tensor t, boolean flat, Use u, int uses) {
      this.origin = origin;
      this.t = t;
      this.flat = flat;
      this.u = u;
      this.uses = uses;
      this.data = dataOperand(u.node());
      this.out = u.node().outputs().getFirst();
      this.named = BufferNames.isParameter(origin.name());
      this.layer = data < 0 ? null : learned.layerBehind(data);
      this.normed = data >= 0 && (roles.isNormed(data) || roles.isShifted(data));
    }

    Optional<Buffer> decide(Op.Arithmetic.Kind kind) {
      if (data < 0 || u.node().inputs().size() != 2) {
        return Optional.empty();
      }
      Node maker = links.maker(data);
      if (maker != null && maker.op() instanceof Op.DynamicQuantize) {
        return found(Buffer.Kind.QUANTISATION, "times that of DynamicQuantizeLinear");
      }
      return switch (kind) {
        case POW -> constant("an exponent");
        case MIN, MAX -> constant("a bound");
        case MEAN -> constant("one term of a mean");
        case ADD -> added();
        case SUB -> u.slot() == 0 ? constant(value() + " − x") : added();
        case MUL -> multiplied();
        case DIV -> u.slot() == 0 ? constant(value() + " / x") : multiplied();
      };
    }

    private Optional<Buffer> constant(String detail) {
      return flat ? found(Buffer.Kind.CONSTANT, detail) : Optional.empty();
    }

    private String value() {
      return String.format(Locale.ROOT, "%.4g", t.at(0));
    }

    private Optional<Buffer> added() {
      boolean single = t.count() == 1;
      if (named && flat || (layer != null || normed) && (!single || channels() == 1)) {
        return Optional.empty();
      }
      if (!flat && layer == null && wide(u.value()) <= 1 && !learned.is(data)) {
        return found(Buffer.Kind.NORMALISER, "before any layer");
      }
      if (flat) {
        return isAffine(true) ? Optional.empty() : plain("added");
      }
      return wide(u.value()) > 1 || learned.feeds(out)
          ? Optional.empty()
          : found(Buffer.Kind.RESCALER, "no layer follows");
    }

    private Optional<Buffer> plain(String how) {
      double v = t.at(0);
      return v > 0 && v <= 0.01 && isDenominator()
          ? found(Buffer.Kind.EPSILON, value())
          : found(Buffer.Kind.CONSTANT, value() + ", " + how + " where no layer's bias stands");
    }

    private boolean isDenominator() {
      for (Node n : links.readers(out)) {
        switch (n.onnxOp()) {
          case "Sqrt", "Reciprocal", "Log", "Pow", "Div" -> {
            return true;
          }
          default -> {}
        }
      }
      return false;
    }

    private Optional<Buffer> multiplied() {
      if (t.count() == 1) {
        return scalar();
      }
      boolean ends = endsBranch(u.node());
      if (normed || ends) {
        return Optional.empty();
      }
      boolean nobodys = BufferNames.isNobodys(origin.name());
      if (flat) {
        return named || layer != null && !nobodys || isAffine(false)
            ? Optional.empty()
            : found(Buffer.Kind.CONSTANT, "a gain of " + value() + " that follows no layer");
      }
      // A matrix times data, element by element, is a weight that is modulated (StyleGAN 2).
      if (wide(u.value()) > 1) {
        return Optional.empty();
      }
      if (layer == null && !learned.is(data)) {
        return found(Buffer.Kind.NORMALISER, "before any layer");
      }
      return learned.feeds(out)
          ? Optional.empty()
          : found(Buffer.Kind.RESCALER, "no layer follows");
    }

    private Optional<Buffer> scalar() {
      boolean nobodys = BufferNames.isNobodys(origin.name());
      boolean computed = !isViewOf(u.value(), origin.id());
      if (named || computed && !nobodys) {
        return Optional.empty();
      }
      if (endsBranch(u.node())) {
        boolean gate = t.at(0) == 0 || !nobodys && uses == 1;
        return gate ? Optional.empty() : factor("a residual branch");
      }
      if (normed && !nobodys && !isRootOfExtent()) {
        return Optional.empty();
      }
      return factor(isRootOfExtent() ? "the root of an extent" : "what no gate is known by");
    }

    private Optional<Buffer> factor(String of) {
      return found(Buffer.Kind.CONSTANT, "a factor of " + value() + ", " + of);
    }

    /// Something other than a view was computed from it: exp(logit_scale), softplus(β).
    private boolean isViewOf(int value, int id) {
      return links.value(value).origin() == id
          || links.maker(value) == null
          || links.maker(value).op() instanceof Op.Reshape
          || links.maker(value).op() instanceof Op.Expand
          || links.maker(value).op() instanceof Op.Folded;
    }

    /// √d, 1/√d or d^¼ of an extent of what it multiplies, or of what was summed there.
    private boolean isRootOfExtent() {
      double v = Math.abs(t.at(0));
      Node maker = links.maker(data);
      int inner = maker != null && maker.op() instanceof Op.Contract ? maker.input(0) : data;
      for (int at : new int[] {data, inner}) {
        Shape s = at < 0 ? Shape.of() : links.value(at).shape().orElse(Shape.of());
        for (int i = 0; i < s.rank(); i++) {
          double x = Math.log(s.dim(i));
          double p = Math.abs(Math.log(v));
          if (x > 0 && (Math.abs(p - x / 2) < 1e-3 || Math.abs(p - x / 4) < 1e-3)) {
            return true;
          }
        }
      }
      return false;
    }

    /// Channels of the layer or norm that it follows.
    private long channels() {
      Node n = layer == null ? links.maker(data) : layer;
      Shape s = links.value(n == null ? data : n.outputs().getFirst()).shape().orElse(Shape.of());
      if (s.rank() == 0) {
        return 0;
      }
      boolean second = n != null && !(n.op() instanceof Op.Contract) && s.rank() > 1;
      return second ? Math.min(s.dim(1), layer == null ? s.dim(-1) : s.dim(1)) : s.dim(-1);
    }

    /// α·x + β with vectors of one extent: a scale and its shift.
    private boolean isAffine(boolean shift) {
      if (t.count() == 1) {
        return false;
      }
      List<Node> near = shift ? List.of() : links.readers(out);
      Node other = shift ? links.maker(data) : near.size() == 1 ? near.getFirst() : null;
      boolean fits =
          other != null
              && other.op().isArithmetic(shift ? Op.Arithmetic.Kind.MUL : Op.Arithmetic.Kind.ADD);
      return fits && other.inputs().stream().anyMatch(this::isPartner);
    }

    private boolean isPartner(int value) {
      return links.isParameter(value)
          && links.value(value).shape().filter(s -> s.count() == t.count()).isPresent();
    }
  }
}
