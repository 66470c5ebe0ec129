package org.fanin.graph;

import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.fanin.graph.ParameterFinder.Use;
import org.fanin.tensor.Shape;

/// Decides what a parameter is for, from where it meets data. Names are asked only where uses
/// cannot tell.
final class Roles {
  /// When exporters merged equal tensors, the use that matters most for initialisation wins.
  private static final List<Role> PRIORITY =
      List.of(
          Role.WEIGHT,
          Role.FUSED_QKV,
          Role.STACKED,
          Role.HEAD,
          Role.LSTM_INPUT,
          Role.LSTM_RECURRENT,
          Role.EMBEDDING,
          Role.POSITION,
          Role.CLASS_TOKEN,
          Role.LAYER_SCALE,
          Role.NORM_SCALE,
          Role.PRELU_SLOPE,
          Role.GATE,
          Role.LOGIT_SCALE,
          Role.BIAS,
          Role.LSTM_BIAS,
          Role.NORM_SHIFT,
          Role.RUNNING_VARIANCE,
          Role.RUNNING_MEAN,
          Role.TABLE,
          Role.OTHER,
          Role.TIED);

  private final Links links;
  private final Parametric parametric;
  private final Residuals residuals;
  private final LayerRoles layers;
  private final Set<Integer> normResults = new HashSet<>();
  private final Set<Integer> ropeNodes = new HashSet<>();

  Roles(Links links, Parametric parametric, List<Graph.Pattern> patterns, Residuals residuals) {
    this.links = links;
    this.parametric = parametric;
    this.residuals = residuals;
    this.layers = new LayerRoles(links);
    for (Graph.Pattern p : patterns) {
      switch (p.kind()) {
        case LAYER_NORM, RMS_NORM -> normResults.add(p.result());
        case ROPE -> ropeNodes.addAll(p.nodes());
        case L2_NORM,
            GELU_ERF,
            GELU_TANH,
            SILU,
            MISH,
            HARD_SWISH,
            ATTENTION,
            GATED_UNIT,
            BATCH_NORM_SCALE -> {}
      }
    }
  }

  static boolean isLinear(Role role) {
    return switch (role) {
      case WEIGHT, HEAD, TIED, STACKED, FUSED_QKV -> true;
      case BIAS,
          NORM_SCALE,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          EMBEDDING,
          POSITION,
          CLASS_TOKEN,
          GATE,
          LAYER_SCALE,
          LSTM_INPUT,
          LSTM_RECURRENT,
          LSTM_BIAS,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          false;
    };
  }

  static boolean hasFan(Role role) {
    return isLinear(role)
        || role == Role.EMBEDDING
        || role == Role.LSTM_INPUT
        || role == Role.LSTM_RECURRENT;
  }

  int fusedParts(Node n) {
    return layers.fusedParts(n);
  }

  Role of(Value origin, List<Use> uses) {
    if (uses.isEmpty()) {
      return Role.OTHER;
    }
    if (uses.size() == 1) {
      return named(origin, byUse(origin, uses.getFirst()));
    }
    Set<Role> all = EnumSet.noneOf(Role.class);
    boolean lookedUp = false;
    for (Use u : uses) {
      Role r = byUse(origin, u);
      lookedUp |= r == Role.EMBEDDING;
      all.add(r);
    }
    boolean multiplies = all.contains(Role.WEIGHT) || all.contains(Role.HEAD);
    if (lookedUp && multiplies) {
      return Role.TIED;
    }
    Role best = Role.OTHER;
    for (Role r : PRIORITY) {
      if (all.contains(r)) {
        best = r;
        break;
      }
    }
    return named(origin, best);
  }

  private static Role named(Value origin, Role role) {
    return isLinear(role) || role == Role.EMBEDDING ? role : tableOr(origin, role);
  }

  /// Buffers that their names tell; what values and uses tell is [BufferUses]' to say.
  private static Role tableOr(Value origin, Role role) {
    return Initialisers.isTable(origin.name()) ? Role.TABLE : role;
  }

  private Role byUse(Value origin, Use u) {
    int slot = u.slot();
    return switch (u.node().op()) {
      case Op.Contract _ ->
          switch (slot) {
            case 0, 1 -> layers.matrix(u.node(), slot, origin, u.value());
            case 2 -> Role.BIAS;
            default -> Role.OTHER;
          };
      case Op.Conv _, Op.ConvTranspose _ ->
          slot == 1
              ? layers.isHead(u.node()) ? Role.HEAD : Role.WEIGHT
              : slot == 2 ? Role.BIAS : Role.OTHER;
      case Op.BatchNorm _ ->
          switch (slot) {
            case 1 -> Role.NORM_SCALE;
            case 2 -> Role.NORM_SHIFT;
            case 3 -> Role.RUNNING_MEAN;
            case 4 -> Role.RUNNING_VARIANCE;
            default -> Role.OTHER;
          };
      case Op.Norm _ -> slot == 1 ? Role.NORM_SCALE : slot == 2 ? Role.NORM_SHIFT : Role.OTHER;
      case Op.Recurrent _ ->
          switch (slot) {
            case 1 -> Role.LSTM_INPUT;
            case 2 -> Role.LSTM_RECURRENT;
            case 3 -> Role.LSTM_BIAS;
            default -> Role.OTHER;
          };
      case Op.PRelu _ -> slot == 1 ? Role.PRELU_SLOPE : Role.OTHER;
      case Op.Gather _ -> lookup(u);
      case Op.Arithmetic(Op.Arithmetic.Kind kind) -> arithmetic(kind, u);
      case Op.Concat _ -> Role.CLASS_TOKEN;
      case Op.RotaryEmbedding _, Op.Attention _ -> Role.TABLE;
      case Op.Pointwise _,
          Op.Pool _,
          Op.Reduce _,
          Op.Lrn _,
          Op.Softmax _,
          Op.Dropout _,
          Op.Reshape _,
          Op.Transpose _,
          Op.Expand _,
          Op.Slice _,
          Op.Split _,
          Op.Pad _,
          Op.GatherItems _,
          Op.Scatter _,
          Op.Tile _,
          Op.Resize _,
          Op.PixelShuffle _,
          Op.Where _,
          Op.Trilu _,
          Op.CumSum _,
          Op.TopK _,
          Op.Random _,
          Op.Discrete _,
          Op.Folded _,
          Op.ControlFlow _,
          Op.Unpredicted _ ->
          Role.OTHER;
    };
  }

  private Role lookup(Use u) {
    int indices = u.node().input(1);
    boolean runtime = u.slot() == 0 && !parametric.is(indices);
    return runtime
            && !links.value(indices).name().toLowerCase(java.util.Locale.ROOT).contains("position")
        ? Role.EMBEDDING
        : Role.POSITION;
  }

  // ---- element by element ----

  private Role arithmetic(Op.Arithmetic.Kind kind, Use u) {
    int data = dataOperand(u);
    if (data < 0) {
      return Role.OTHER;
    }
    return switch (kind) {
      case ADD, SUB -> added(u, data);
      case MUL, DIV -> multiplied(kind, u, data);
      case POW, MIN, MAX, MEAN -> Role.OTHER;
    };
  }

  private int dataOperand(Use u) {
    // A sum of very many operands is no layer.
    List<Integer> in = u.node().inputs();
    for (int i = 0; i < Math.min(8, in.size()); i++) {
      if (!parametric.is(in.get(i))) {
        return in.get(i);
      }
    }
    return -1;
  }

  private Role added(Use u, int data) {
    Shape p = links.value(u.value()).shape().orElse(Shape.of());
    if (wide(p) > 1) {
      return Role.POSITION;
    }
    if (isNormed(data) || isShifted(data)) {
      return Role.NORM_SHIFT;
    }
    return u.sliced() && !layers.followsLinear(data) ? Role.POSITION : Role.BIAS;
  }

  /// Is this a normalised tensor times its scale, which a shift is added to?
  boolean isShifted(int value) {
    Node before = links.maker(value);
    return before != null && isScale(before);
  }

  /// A product of a normalised tensor and a parameter.
  private boolean isScale(Node n) {
    return n.op().isArithmetic(Op.Arithmetic.Kind.MUL)
        && n.inputs().stream().anyMatch(this::isNormed)
        && n.inputs().stream().anyMatch(parametric::is);
  }

  boolean isNormed(int value) {
    // Group normalisation is exported as an instance normalisation between reshapes.
    int v = value;
    Node n = links.maker(v);
    for (int step = 0; step < 3 && n != null && n.op() instanceof Op.Reshape; step++) {
      v = n.input(0);
      n = links.maker(v);
    }
    return normResults.contains(v)
        || n != null && (n.op() instanceof Op.Norm || n.op() instanceof Op.BatchNorm);
  }

  private Role multiplied(Op.Arithmetic.Kind kind, Use u, int data) {
    if (ropeNodes.contains(u.node().index())) {
      return Role.TABLE;
    }
    if (isNormed(data)) {
      return Role.NORM_SCALE;
    }
    Shape p = links.value(u.value()).shape().orElse(Shape.of());
    int out = u.node().outputs().getFirst();
    boolean endsBranch = residuals.endsBranch(out, new BitSet());
    if (p.count() == 1) {
      return !endsBranch && layers.isLogit(out) ? Role.LOGIT_SCALE : Role.GATE;
    }
    if (kind == Op.Arithmetic.Kind.DIV || wide(p) > 1) {
      return Role.OTHER;
    }
    return endsBranch ? Role.LAYER_SCALE : Role.NORM_SCALE;
  }

  /// Axes longer than 1.
  private static long wide(Shape s) {
    long wide = 0;
    for (int i = 0; i < s.rank(); i++) {
      wide += s.dim(i) > 1 ? 1 : 0;
    }
    return wide;
  }
}
