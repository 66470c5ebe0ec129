package org.fanin.predict;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Op.Arithmetic.Kind;
import org.fanin.graph.Value;
import org.fanin.predict.Forecast.Coverage.Approximated;
import org.fanin.predict.Forecast.Coverage.Approximated.Reason;

/// Which values have random ancestors in common, so that their sum or product is more than rules
/// for independent tensors know. One walk along the graph.
///
/// A map by weights of mean 0 makes a value that is correlated with nothing that does not hold the
/// same weights: its roots are the weights alone, and x + f(x) is exact. Functions, normalisations
/// and moves keep the roots of what they read; a product of independent tensors keeps those of a
/// factor whose mean is 0. Different parts of one tensor are different roots.
final class Ancestry {
  /// Steps per node before all values are taken to have everything in common.
  private static final long STEPS = 64;

  private static final long FREE_STEPS = 2_000_000;

  /// A mean that is this share of the root mean square is none.
  private static final double NO_MEAN = .01;

  /// The lump that takes the place of all roots when there are too many.
  private static final int EVERYTHING = -2;

  private final Context c;
  private final Graph graph;
  private final Roots[] roots;
  private final Roots.Cost cost;
  private final Map<String, Integer> parts = new HashMap<>();
  private final Map<Integer, Integer> namedAfter = new HashMap<>();
  private final Map<Integer, Integer> joinedAlong = new HashMap<>();
  private final BitSet inPattern = new BitSet();
  private final WeightShapes weights;
  private final List<Approximated> found = new ArrayList<>();
  private final BitSet foundAt = new BitSet();

  Ancestry(Context c) {
    this.c = c;
    graph = c.graph;
    roots = new Roots[graph.values().size()];
    cost = new Roots.Cost(STEPS * graph.nodes().size() + FREE_STEPS);
    weights = new WeightShapes(c);
    graph.patterns().stream()
        .filter(p -> ofOneTensor(p.kind()))
        .forEach(p -> p.nodes().forEach(inPattern::set));
  }

  List<Approximated> found() {
    return List.copyOf(found);
  }

  /// Patterns whose rule knows that their inner values belong together.
  private static boolean ofOneTensor(Graph.Pattern.Kind kind) {
    return switch (kind) {
      case GELU_ERF,
          GELU_TANH,
          SILU,
          MISH,
          HARD_SWISH,
          LAYER_NORM,
          RMS_NORM,
          L2_NORM,
          ROPE,
          BATCH_NORM_SCALE ->
          true;
      case ATTENTION, GATED_UNIT -> false;
    };
  }

  // ---- what rules ask ----

  /// A rule takes these operands of a node as independent: counted where they are not.
  void independent(Node n, int a, int b) {
    if (inPattern.get(n.index()) || a < 0 || b < 0 || silent(a) || silent(b)) {
      return;
    }
    OptionalInt common = common(of(a), of(b));
    if (common.isPresent()) {
      note(n, Reason.SHARED, name(common.getAsInt()));
    }
  }

  /// The same of each operand and all before it.
  void independent(Node n, List<Integer> operands) {
    Roots before = Roots.NONE;
    for (int v : operands) {
      OptionalInt common = inPattern.get(n.index()) ? OptionalInt.empty() : common(before, of(v));
      if (common.isPresent()) {
        note(n, Reason.SHARED, name(common.getAsInt()));
        return;
      }
      before = plus(before, of(v));
    }
  }

  private boolean silent(int value) {
    return c.isKnown(value) && c.field(value).isZero();
  }

  private OptionalInt common(Roots a, Roots b) {
    cost.add(Math.min(a.size(), b.size()));
    if (cost.spent()) {
      return a.size() > 0 && b.size() > 0 ? OptionalInt.of(EVERYTHING) : OptionalInt.empty();
    }
    return a.common(b);
  }

  private void note(Node n, Reason reason, String shared) {
    if (!foundAt.get(n.index())) {
      foundAt.set(n.index());
      found.add(new Approximated(n.name(), n.onnxOp(), reason, shared));
    }
  }

  private String name(int root) {
    if (root == EVERYTHING) {
      return "many tensors";
    }
    int value = namedAfter.getOrDefault(root, root);
    return graph.value(value).name();
  }

  // ---- the walk ----

  Roots of(int value) {
    if (value < 0) {
      return Roots.NONE;
    }
    if (roots[value] == null) {
      roots[value] = given(graph.value(value));
    }
    return roots[value];
  }

  /// Inputs and parameters are roots; a parameter of equal elements is a number.
  private Roots given(Value v) {
    boolean random =
        v.dtype().floating()
            && switch (v.kind()) {
              case INPUT -> true;
              case PARAMETER -> !(c.isKnown(v.id()) && PointwiseMoments.isPoint(c.field(v.id())));
              case CONSTANT, ACTIVATION -> false;
            };
    return random ? Roots.of(v.kind() == Value.Kind.INPUT ? v.id() : v.origin()) : Roots.NONE;
  }

  /// Called once the node's outputs are known.
  void forward(Node n) {
    switch (n.op()) {
      case Op.Folded _, Op.Discrete _ -> {}
      case Op.Contract _, Op.Conv _, Op.ConvTranspose _ -> contraction(n);
      case Op.Recurrent _ -> recurrent(n);
      case Op.Arithmetic a when a.kind() == Kind.MUL || a.kind() == Kind.DIV ->
          set(n, n.inputs().size() == 2 ? product(n.input(0), n.input(1)) : union(n.inputs()));
      case Op.Gather _ when c.isParameter(n.input(0)) -> set(n, part(n, 0));
      case Op.Gather _ -> set(n, fixed(n.input(1)) ? part(n, n.input(1)) : of(n.input(0)));
      case Op.Slice s -> set(n, keyed(n.input(0), "slice " + s.starts() + s.steps()));
      case Op.Split _ -> split(n);
      case Op.Attention _ -> set(n, of(n.input(2)));
      case Op.Random _ -> set(n, Roots.of(n.outputs().getFirst()));
      case Op.Concat k -> concat(n, k.axis());
      case Op.Reduce r -> reduce(n, r);
      case Op _ -> {
        set(n, union(n.inputs()));
        passJoined(n);
      }
    }
  }

  private boolean fixed(int indices) {
    return graph.value(indices).constant().filter(t -> t.count() == 1).isPresent();
  }

  private void set(Node n, Roots r) {
    for (int o : n.outputs()) {
      if (o >= 0) {
        roots[o] = r;
      }
    }
  }

  private Roots union(List<Integer> values) {
    Roots all = Roots.NONE;
    for (int v : values) {
      all = plus(all, of(v));
    }
    return all;
  }

  private Roots plus(Roots a, Roots b) {
    if (cost.spent()) {
      return a.size() + b.size() == 0 ? Roots.NONE : Roots.of(EVERYTHING);
    }
    return a == b ? a : a.plus(b, cost);
  }

  private void contraction(Node n) {
    boolean wa = c.isParameter(n.input(0));
    boolean wb = c.isParameter(n.input(1));
    if (wa == wb) {
      independent(n, n.input(0), n.input(1));
      set(n, plus(product(n.input(0), n.input(1)), of(n.input(2))));
      return;
    }
    int weight = n.input(wa ? 0 : 1);
    Roots data = of(n.input(wa ? 1 : 0));
    int root = graph.value(weight).origin();
    if (data.contains(root)) {
      note(n, Reason.REPEATED, graph.value(root).name());
    }
    Roots fresh = plus(Roots.of(root), of(n.input(2)));
    set(n, weights.likeIdentity(root) ? plus(data, fresh) : fresh);
  }

  private void recurrent(Node n) {
    if (weights.likeIdentity(graph.value(Math.max(0, n.input(2))).origin())) {
      note(n, Reason.IDENTITY, graph.value(n.input(2)).name());
    }
    set(n, plus(of(n.input(1)), of(n.input(2))));
  }

  /// Correlated with nothing that does not hold the factor of mean 0.
  private Roots product(int a, int b) {
    Roots x = of(a);
    Roots y = of(b);
    if (x.size() == 0 || y.size() == 0 || common(x, y).isPresent()) {
      return plus(x, y);
    }
    boolean cx = centred(a);
    boolean cy = centred(b);
    if (cx && cy) {
      return x.size() <= y.size() ? x : y;
    }
    return cx ? x : cy ? y : plus(x, y);
  }

  private boolean centred(int value) {
    return c.isKnown(value) && Math.abs(c.field(value).mean) < NO_MEAN;
  }

  private Roots part(Node n, int which) {
    return keyed(
        n.input(0),
        n.op() instanceof Op.Gather g ? "gather " + g.axis() + " " + picked(which) : "");
  }

  private String picked(int indices) {
    return indices == 0
        ? "rows"
        : graph.value(indices).constant().map(t -> Long.toString(t.longAt(0))).orElse("rows");
  }

  /// A part of a tensor: elements that no other part has.
  private Roots keyed(int of, String how) {
    if (of(of).size() == 0) {
      return Roots.NONE;
    }
    int whole = graph.value(of).origin();
    int id = parts.computeIfAbsent(whole + " " + how, _ -> roots.length + parts.size());
    namedAfter.put(id, whole);
    return Roots.of(id);
  }

  private void split(Node n) {
    for (int i = 0; i < n.outputs().size(); i++) {
      if (n.outputs().get(i) >= 0) {
        roots[n.outputs().get(i)] = keyed(n.input(0), "split " + n.index() + " " + i);
      }
    }
  }

  /// Parts that have roots in common do no harm until they are summed.
  private void concat(Node n, int axis) {
    Roots all = Roots.NONE;
    for (int v : n.inputs()) {
      if (common(all, of(v)).isPresent()) {
        joinedAlong.put(n.outputs().getFirst(), axis);
      }
      all = plus(all, of(v));
    }
    set(n, all);
  }

  private void passJoined(Node n) {
    boolean pointwise =
        n.op() instanceof Op.Pointwise
            || n.op() instanceof Op.Dropout
            || n.op() instanceof Op.BatchNorm;
    Integer axis = pointwise ? joinedAlong.get(n.input(0)) : null;
    if (axis != null) {
      joinedAlong.put(n.outputs().getFirst(), axis);
    }
  }

  private void reduce(Node n, Op.Reduce r) {
    Roots all = of(n.input(0));
    Integer axis = joinedAlong.get(n.input(0));
    if (axis != null && r.axes().contains(axis)) {
      note(n, Reason.PARTS, graph.value(n.input(0)).name());
    }
    set(n, all);
  }
}
