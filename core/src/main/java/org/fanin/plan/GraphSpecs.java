package org.fanin.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.graph.Value;
import org.fanin.math.Fn;

/// Specs from a graph.
final class GraphSpecs {
  /// Steps from a layer to its nonlinearity: bias, norm, reshapes, pooling.
  private static final int FAR = 12;

  private final Graph graph;
  private final Map<Integer, List<Node>> readers = new HashMap<>();
  private final Map<Integer, Graph.Pattern> roots = new HashMap<>();

  /// First nodes of the layers that end residual branches, in order.
  private final List<Integer> ends = new ArrayList<>();

  private final int perBlock;

  GraphSpecs(Graph graph) {
    this.graph = graph;
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
    return List.copyOf(all);
  }

  private TensorSpec spec(Parameter p) {
    int layer = block(p);
    return new TensorSpec(
        p.name(),
        p.data().shape(),
        p.data().dtype(),
        p.role(),
        p.fan(),
        p.residualBranchEnd(),
        layer,
        ends.size() / perBlock,
        activation(p),
        "graph: " + p.fan().map(Fan::because).orElse(p.role().toString()),
        gates(p));
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
    int at = java.util.Collections.binarySearch(ends, p.uses().getFirst());
    int branch = at >= 0 ? at : -at - 1;
    return branch < ends.size() ? branch / perBlock : -1;
  }

  /// ONNX stacks an LSTM's gates as input, output, forget, cell, a GRU's as update, reset, hidden.
  private String gates(Parameter p) {
    for (int use : p.uses()) {
      if (graph.nodes().get(use).op() instanceof Op.Recurrent r) {
        String one =
            switch (r.kind()) {
              case LSTM -> "iofg";
              case GRU -> "zrn";
              case RNN -> "";
            };
        return p.role() == Role.LSTM_BIAS ? one + one : one;
      }
    }
    return "";
  }

  // ---- the nonlinearity that follows ----

  private String activation(Parameter p) {
    if (p.fan().isEmpty() || p.uses().isEmpty()) {
      return "";
    }
    for (int use : p.uses()) {
      Node n = graph.nodes().get(use);
      boolean layer =
          n.op() instanceof Op.Contract
              || n.op() instanceof Op.Conv
              || n.op() instanceof Op.ConvTranspose;
      if (layer) {
        return after(n.outputs().getFirst()).orElse("");
      }
    }
    return "";
  }

  private Optional<String> after(int value) {
    int v = value;
    for (int step = 0; step < FAR; step++) {
      Graph.Pattern pattern = roots.get(v);
      if (pattern != null) {
        Optional<String> f = function(pattern.kind());
        if (f.isPresent()) {
          return f;
        }
        v = pattern.result();
        continue;
      }
      List<Node> next = readers.getOrDefault(v, List.of());
      if (next.isEmpty()) {
        return Optional.empty();
      }
      Node n = next.getFirst();
      if (n.op() instanceof Op.Pointwise(Fn f) && !(f.form() instanceof Fn.Form.Affine)) {
        return Optional.of(f.name());
      }
      if (n.op() instanceof Op.PRelu) {
        return Optional.of("prelu");
      }
      if (!passes(n, v)) {
        return Optional.empty();
      }
      v = n.outputs().getFirst();
    }
    return Optional.empty();
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
          (kind == Op.Arithmetic.Kind.ADD || kind == Op.Arithmetic.Kind.MUL)
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
