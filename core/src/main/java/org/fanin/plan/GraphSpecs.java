package org.fanin.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import org.fanin.graph.Arrival;
import org.fanin.graph.Fan;
import org.fanin.graph.Gains;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.graph.Storage;
import org.fanin.graph.Value;
import org.fanin.math.Fn;

/// Specs from a graph.
final class GraphSpecs {
  /// Steps from a layer to its nonlinearity: bias, norm, reshapes, pooling.
  private static final int FAR = 12;

  /// A projection on the skip: convolution, normalisation, pooling, reshape.
  private static final int PROJECTION = 6;

  /// Nodes of the longest branch.
  private static final int WINDOW = 512;

  private final Graph graph;
  private final Gains gains;
  private final Map<Integer, List<Node>> readers = new HashMap<>();
  private final Map<Integer, Graph.Pattern> roots = new HashMap<>();

  /// First nodes of the layers that end residual branches, in order.
  private final List<Integer> ends = new ArrayList<>();

  /// Node that makes what each branch starts from, −1 for an input of the graph.
  private final List<Integer> starts = new ArrayList<>();

  private final int perBlock;

  GraphSpecs(Graph graph) {
    this.graph = graph;
    this.gains = new Gains(graph);
    for (Node n : graph.nodes()) {
      for (int in : n.inputs()) {
        readers.computeIfAbsent(in, _ -> new ArrayList<>(2)).add(n);
      }
    }
    graph.patterns().forEach(p -> roots.putIfAbsent(p.root(), p));
    TreeSet<Integer> found = new TreeSet<>();
    for (Parameter p : graph.parameters()) {
      if (p.residualBranchEnd()) {
        found.add(p.uses().getFirst());
      }
    }
    ends.addAll(found);
    for (int i = 0; i < ends.size(); i++) {
      starts.add(start(graph.nodes().get(ends.get(i))).orElse(i == 0 ? -1 : ends.get(i - 1)));
    }
    boolean attends =
        graph.patterns().stream().anyMatch(p -> p.kind() == Graph.Pattern.Kind.ATTENTION)
            || graph.nodes().stream().anyMatch(n -> n.op() instanceof Op.Attention);
    // A transformer block is an attention branch and a feed-forward branch.
    perBlock = attends && ends.size() % 2 == 0 ? 2 : 1;
  }

  List<TensorSpec> all() {
    List<TensorSpec> all = new ArrayList<>();
    for (Parameter p : graph.parameters()) {
      all.add(spec(p));
    }
    Set<String> known = new HashSet<>();
    graph.parameters().forEach(p -> known.add(p.name()));
    for (Graph.Unfollowed u : graph.unfollowed()) {
      if (known.add(u.name())) {
        all.add(unfollowed(u));
      }
    }
    return List.copyOf(all);
  }

  private static TensorSpec unfollowed(Graph.Unfollowed u) {
    return new TensorSpec(
        u.name(),
        u.shape(),
        u.dtype(),
        Role.OTHER,
        Optional.empty(),
        false,
        -1,
        0,
        "",
        "graph: " + Storage.BODY.because(),
        "",
        Optional.empty(),
        new Arrival(Storage.BODY, "", 1),
        1);
  }

  private static String because(Parameter p) {
    double factor = p.arrival().factor();
    String times = factor == 1 ? "" : ", times " + Spelling.number(factor) + " before use";
    return "graph: " + p.fan().map(Fan::because).orElse(p.role().toString()) + times;
  }

  private TensorSpec spec(Parameter p) {
    int layer = block(p);
    Next next = next(p);
    return new TensorSpec(
        p.name(),
        p.data().shape(),
        p.data().dtype(),
        p.role(),
        p.fan(),
        p.residualBranchEnd(),
        layer,
        ends.size() / perBlock,
        next.activation(),
        because(p),
        p.arrival().gates(),
        p.buffer(),
        p.arrival(),
        next.gain());
  }

  private int block(Parameter p) {
    boolean outside =
        switch (p.role()) {
          case EMBEDDING, POSITION, CLASS_TOKEN, HEAD, TIED -> true;
          case WEIGHT,
              BIAS,
              NORM_SCALE,
              NORM_SHIFT,
              RUNNING_MEAN,
              RUNNING_VARIANCE,
              GATE,
              LAYER_SCALE,
              STACKED,
              FUSED_QKV,
              LSTM_INPUT,
              LSTM_RECURRENT,
              LSTM_BIAS,
              PRELU_SLOPE,
              LOGIT_SCALE,
              TABLE,
              OTHER ->
              false;
        };
    if (outside || ends.isEmpty() || p.uses().isEmpty()) {
      return -1;
    }
    int use = p.uses().getFirst();
    int at = java.util.Collections.binarySearch(ends, use);
    int branch = at >= 0 ? at : -at - 1;
    // Stems and projections on the skip are in no branch.
    return branch < ends.size() && use > starts.get(branch) ? branch / perBlock : -1;
  }

  // ---- where branches start ----

  /// The node whose output both the branch that `end` ends and the skip path beside it read.
  private Optional<Integer> start(Node end) {
    int v = end.outputs().getFirst();
    for (int step = 0; step < 16; step++) {
      List<Node> next = readers.getOrDefault(v, List.of());
      if (next.isEmpty()) {
        return Optional.empty();
      }
      // A norm reads its root more than once; it goes on from its last node.
      Node n = next.getLast();
      if (n.op().equals(new Op.Arithmetic(Op.Arithmetic.Kind.ADD)) && n.inputs().size() == 2) {
        int other = n.input(0) == v ? n.input(1) : n.input(0);
        if (!fixed(other)) {
          return meeting(end, other);
        }
      }
      v = n.outputs().getFirst();
    }
    return Optional.empty();
  }

  /// The first value on the skip path, going back, that the branch comes from.
  private Optional<Integer> meeting(Node end, int skip) {
    List<Integer> path = new ArrayList<>();
    int v = skip;
    for (int step = 0; step < PROJECTION && v >= 0 && !fixed(v); step++) {
      path.add(v);
      int maker = graph.value(v).producer();
      v = maker < 0 ? -1 : data(graph.nodes().get(maker));
    }
    int earliest = path.stream().mapToInt(i -> graph.value(i).producer()).min().orElse(-1);
    Set<Integer> seen = new HashSet<>();
    var open = new PriorityQueue<Integer>(Comparator.reverseOrder());
    open.add(end.index());
    Set<Integer> read = new HashSet<>();
    for (int step = 0; step < WINDOW && !open.isEmpty(); step++) {
      for (int in : graph.nodes().get(open.poll()).inputs()) {
        int maker = in < 0 || fixed(in) ? -2 : graph.value(in).producer();
        read.add(in);
        if (maker > earliest && seen.add(maker)) {
          open.add(maker);
        }
      }
    }
    return path.stream().filter(read::contains).findFirst().map(i -> graph.value(i).producer());
  }

  private int data(Node n) {
    return n.inputs().stream().limit(8).filter(i -> i >= 0 && !fixed(i)).findFirst().orElse(-1);
  }

  // ---- the nonlinearity that follows ----

  /// @param activation its name, "" for none
  /// @param gain constant that its argument is multiplied by
  private record Next(String activation, double gain) {
    static final Next NONE = new Next("", 1);
  }

  private Next next(Parameter p) {
    if (p.fan().isEmpty() || p.uses().isEmpty()) {
      return Next.NONE;
    }
    for (int use : p.uses()) {
      Node n = graph.nodes().get(use);
      boolean layer =
          n.op() instanceof Op.Contract
              || n.op() instanceof Op.Conv
              || n.op() instanceof Op.ConvTranspose;
      if (layer) {
        return after(n.outputs().getFirst());
      }
    }
    return Next.NONE;
  }

  private Next after(int value) {
    int v = value;
    double gain = 1;
    for (int step = 0; step < FAR; step++) {
      Graph.Pattern pattern = roots.get(v);
      if (pattern != null) {
        Optional<String> f = function(pattern.kind());
        if (f.isPresent()) {
          return new Next(f.get(), gain);
        }
        gain = 1;
        v = pattern.result();
        continue;
      }
      List<Node> next = readers.getOrDefault(v, List.of());
      if (next.isEmpty()) {
        return Next.NONE;
      }
      Node n = next.getFirst();
      if (n.op() instanceof Op.Pointwise(Fn f) && !isLine(f)) {
        return new Next(f.name(), gain);
      }
      if (n.op() instanceof Op.PRelu) {
        return new Next("prelu", gain);
      }
      if (!passes(n, v)) {
        return Next.NONE;
      }
      gain = gain(n, v, gain);
      v = n.outputs().getFirst();
    }
    return Next.NONE;
  }

  private double gain(Node n, int v, double before) {
    double factor = gains.at(n, v);
    return n.op() instanceof Op.BatchNorm || n.op() instanceof Op.Norm
        ? 1 // whatever came before is divided out
        : factor > 0 ? before * factor : before;
  }

  private static boolean isLine(Fn f) {
    return f.form() instanceof Fn.Form.Affine
        || f.form() instanceof Fn.Form.AbRelu(double below, double above) && below == above;
  }

  private boolean passes(Node n, int v) {
    return switch (n.op()) {
      case Op.Reshape _,
          Op.Transpose _,
          Op.Dropout _,
          Op.BatchNorm _,
          Op.Norm _,
          Op.Pool _,
          Op.Pointwise _ ->
          n.input(0) == v;
      case Op.Arithmetic(Op.Arithmetic.Kind kind) ->
          (kind == Op.Arithmetic.Kind.ADD
                  || kind == Op.Arithmetic.Kind.MUL
                  || kind == Op.Arithmetic.Kind.DIV && n.input(0) == v)
              && n.inputs().stream().allMatch(i -> i == v || fixed(i));
      case Op _ -> false;
    };
  }

  private boolean fixed(int value) {
    Value.Kind kind = graph.value(value).kind();
    return kind == Value.Kind.PARAMETER || kind == Value.Kind.CONSTANT;
  }

  private static Optional<String> function(Graph.Pattern.Kind kind) {
    return switch (kind) {
      case GELU_ERF -> Optional.of("gelu");
      case GELU_TANH -> Optional.of("gelu-tanh");
      case SILU -> Optional.of("silu");
      case MISH -> Optional.of("mish");
      case HARD_SWISH -> Optional.of("hard-swish");
      case LAYER_NORM, RMS_NORM, L2_NORM, ATTENTION, ROPE, GATED_UNIT, BATCH_NORM_SCALE ->
          Optional.empty();
    };
  }
}
