package org.fanin.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.math.Fn;
import org.fanin.math.Fns;

/// Who reads, who makes, what belongs to one decomposed function.
final class Wiring {
  /// Weights that are joined to one operand.
  private static final int MOST_JOINED = 64;

  final Graph graph;
  private final List<List<Node>> readers = new ArrayList<>();

  /// Per value, the one parameter it is a view, slice or multiple of; −1 for none or several.
  private final int[] parameterOf;

  /// The parameters of a value that several are joined to.
  private final Map<Integer, int[]> joined = new HashMap<>();

  /// Per value, whether it is computed from the network's inputs.
  private final boolean[] data;

  private final Map<Integer, Graph.Pattern> byRoot = new HashMap<>();
  private final Map<Integer, Graph.Pattern> byResult = new HashMap<>();
  private final BitSet outputs = new BitSet();

  /// What [#data] has found, per node.
  private final List<List<Integer>> dataInputs;

  Wiring(Graph graph) {
    this.graph = graph;
    for (int i = 0; i < graph.values().size(); i++) {
      readers.add(null);
    }
    dataInputs = new ArrayList<>(Collections.nCopies(graph.nodes().size(), null));
    for (Node n : graph.nodes()) {
      if (!(n.op() instanceof Op.Folded) && !(n.op() instanceof Op.Discrete)) {
        n.inputs().stream().filter(i -> i >= 0).distinct().forEach(i -> add(i, n));
      }
    }
    parameterOf = new int[graph.values().size()];
    data = new boolean[graph.values().size()];
    trace();
    for (Graph.Pattern p : graph.patterns()) {
      if (isNorm(p) || activation(p) != null) {
        byRoot.put(p.root(), p);
        byResult.put(p.result(), p);
      }
    }
    graph.outputs().forEach(outputs::set);
  }

  private void trace() {
    Map<Integer, Integer> byOrigin = new HashMap<>();
    for (int i = 0; i < graph.parameters().size(); i++) {
      byOrigin.put(graph.parameters().get(i).value(), i);
    }
    for (Value v : graph.values()) {
      parameterOf[v.id()] = byOrigin.getOrDefault(v.origin(), -1);
    }
    graph.inputs().forEach(i -> data[i] = true);
    for (Node n : graph.nodes()) {
      boolean fed = n.op() instanceof Op.Random || n.inputs().stream().anyMatch(this::isFed);
      int[] of =
          n.inputs().stream()
              .flatMapToInt(i -> Arrays.stream(parametersAt(i)))
              .distinct()
              .toArray();
      for (int o : n.outputs()) {
        if (o >= 0 && graph.value(o).kind() == Value.Kind.ACTIVATION) {
          data[o] = fed;
          parameterOf[o] = !fed && of.length == 1 ? of[0] : -1;
          if (!fed && of.length > 1 && of.length <= MOST_JOINED && joins(n)) {
            joined.put(o, of);
          }
        }
      }
    }
  }

  /// Whether what a node reads keeps its own place in the output.
  private boolean joins(Node n) {
    return n.op() instanceof Op.Concat
        || n.inputs().stream().anyMatch(joined::containsKey)
            && (n.op() instanceof Op.Reshape
                || n.op() instanceof Op.Transpose
                || n.op() instanceof Op.Slice
                || n.op() instanceof Op.Pointwise(Fn f) && isLine(f));
  }

  private boolean isFed(int value) {
    return value >= 0 && data[value];
  }

  private void add(int value, Node reader) {
    if (readers.get(value) == null) {
      readers.set(value, new ArrayList<>(2));
    }
    readers.get(value).add(reader);
  }

  List<Node> readers(int value) {
    return value < 0 || readers.get(value) == null ? List.of() : readers.get(value);
  }

  /// The node that makes a value, or null.
  Node maker(int value) {
    int p = value < 0 ? -1 : graph.value(value).producer();
    return p < 0 ? null : graph.nodes().get(p);
  }

  /// Index of the parameter behind a value, through views and slices; −1 when it is none.
  int parameterAt(int value) {
    return value < 0 ? -1 : parameterOf[value];
  }

  /// The parameters that a value is made of by views, slices and joining; empty where it is made in
  /// other ways, or of none.
  int[] parametersAt(int value) {
    int[] none = {};
    int one = parameterAt(value);
    return one >= 0 ? new int[] {one} : value < 0 ? none : joined.getOrDefault(value, none);
  }

  Parameter parameter(int index) {
    return graph.parameters().get(index);
  }

  /// Whether a value carries data: an input, or computed from one.
  boolean isData(int value) {
    return isFed(value) && graph.value(value).dtype().floating();
  }

  boolean isOutput(int value) {
    return value >= 0 && outputs.get(value);
  }

  /// Data inputs of a node, in order.
  List<Integer> data(Node n) {
    List<Integer> known = dataInputs.get(n.index());
    if (known == null) {
      known = n.inputs().stream().filter(this::isData).toList();
      dataInputs.set(n.index(), known);
    }
    return known;
  }

  /// A map with trainable weights: linear or recurrent.
  boolean isLayer(Node n) {
    return switch (n.op()) {
      case Op.Conv _, Op.ConvTranspose _, Op.Recurrent _ -> true;
      case Op.Contract _ -> weightSlot(n) >= 0;
      case Op _ -> false;
    };
  }

  /// The input slot of a linear layer's weight; −1 when the node has none.
  int weightSlot(Node n) {
    return switch (n.op()) {
      case Op.Conv _, Op.ConvTranspose _ -> parametersAt(n.input(1)).length > 0 ? 1 : -1;
      case Op.Contract _ -> {
        boolean a = parametersAt(n.input(0)).length > 0;
        boolean b = parametersAt(n.input(1)).length > 0;
        yield a == b ? -1 : a ? 0 : 1;
      }
      case Op _ -> -1;
    };
  }

  /// A residual or other sum of two or more data tensors.
  boolean isSum(Node n) {
    return n.op().equals(new Op.Arithmetic(Op.Arithmetic.Kind.ADD)) && data(n).size() >= 2;
  }

  /// A product of two data activations that mixes positions or compares them.
  boolean isMixing(Node n) {
    return n.op() instanceof Op.Contract && isData(n.input(0)) && isData(n.input(1));
  }

  Graph.Pattern patternFrom(int root) {
    return byRoot.get(root);
  }

  Graph.Pattern patternTo(int result) {
    return byResult.get(result);
  }

  static boolean isNorm(Graph.Pattern p) {
    return switch (p.kind()) {
      case LAYER_NORM, RMS_NORM, L2_NORM -> true;
      case GELU_ERF,
          GELU_TANH,
          SILU,
          MISH,
          HARD_SWISH,
          ATTENTION,
          ROPE,
          GATED_UNIT,
          BATCH_NORM_SCALE ->
          false;
    };
  }

  boolean isNorm(Node n) {
    return n.op() instanceof Op.Norm || n.op() instanceof Op.BatchNorm;
  }

  /// Whether a value is x̂ of a normalisation.
  boolean isNormed(int value) {
    Graph.Pattern p = byResult.get(value);
    Node n = maker(value);
    return p != null && isNorm(p) || n != null && isNorm(n);
  }

  /// The activation a decomposed pattern is; null for others.
  static Fn activation(Graph.Pattern p) {
    return switch (p.kind()) {
      case GELU_ERF -> Fns.gelu();
      case GELU_TANH -> Fns.geluTanh();
      case SILU -> Fns.silu();
      case MISH -> Fns.mish();
      case HARD_SWISH -> Fns.hardSwish();
      case LAYER_NORM, RMS_NORM, L2_NORM, ATTENTION, ROPE, GATED_UNIT, BATCH_NORM_SCALE -> null;
    };
  }

  static boolean isLine(Fn f) {
    return f.form() instanceof Fn.Form.Affine
        || f.form() instanceof Fn.Form.AbRelu(double below, double above) && below == above;
  }

  /// The data input that carries the signal rather than a gate: the largest, the first of equals.
  int trunk(Node n) {
    int best = -1;
    long most = -1;
    for (int v : data(n)) {
      long count = graph.value(v).shape().map(s -> s.count()).orElse(0L);
      if (count > most) {
        most = count;
        best = v;
      }
    }
    return isMixing(n) ? -1 : best;
  }
}
