package org.fanin.graph;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// The graph while it is being built.
final class Assembly {
  /// A tensor with more elements is not computed ahead: its value keeps its shape only.
  static final long MAX_FOLDED = 1L << 24;

  /// Elements that all folding of one file may make together. A file cannot ask for more work or
  /// memory than this, however many nodes it has.
  private static final long FOLD_BUDGET = 1L << 26;

  private final String source;
  private final List<Value> values = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Set<String> nodeNames = new HashSet<>();

  /// Parameters by kind that nobody named: they may be folded where they meet other constants.
  private final BitSet soft = new BitSet();

  /// Sorted, so that messages do not depend on hashing.
  final Map<String, Long> bindings = new TreeMap<>();

  /// By value without a shape: see [#open].
  private final Map<Integer, Integer> openedBy = new HashMap<>();

  private long budget = FOLD_BUDGET;

  Assembly(String source) {
    this.source = source;
  }

  String source() {
    return source;
  }

  List<Value> values() {
    return values;
  }

  List<Node> nodes() {
    return nodes;
  }

  Value value(int id) {
    return values.get(id);
  }

  /// What was assumed for open extents, for messages: a contradiction may come from it.
  String assumptions() {
    if (bindings.isEmpty()) {
      return "";
    }
    String all = bindings.toString();
    return " (with " + all.substring(1, all.length() - 1) + ")";
  }

  // ---- values ----

  int add(
      String name,
      Value.Kind kind,
      DType type,
      Optional<Shape> shape,
      Optional<Tensor> constant,
      int origin,
      int producer) {
    int id = values.size();
    values.add(
        new Value(id, name, kind, type, shape, constant, origin < 0 ? id : origin, producer));
    return id;
  }

  /// Notes why a value's shape is not known: `first` is the value, up the graph, whose shape is not
  /// known although those of all inputs of its node are.
  void open(int id, int first) {
    openedBy.put(id, first);
  }

  /// Why a value has no shape, in words.
  String whyOpen(int id) {
    Value first = values.get(openedBy.getOrDefault(id, id));
    String what = "the shape of " + values.get(id).name() + " is not known before it runs: ";
    if (first.producer() < 0 || first.producer() >= nodes.size()) {
      return what + "that of input " + first.name() + " is not";
    }
    Node n = nodes.get(first.producer());
    String node = "node " + n.name() + " (" + n.onnxOp() + ") ";
    return n.op() instanceof Op.Foreign(_, String because)
        ? what + node + "is not understood: " + because
        : what + node + "decides it from data";
  }

  /// For the nodes that read it.
  int firstOpen(int id) {
    return openedBy.getOrDefault(id, id);
  }

  void soften(int id) {
    soft.set(id);
  }

  /// True when a node that reads only such values is computed ahead.
  boolean foldable(Value v) {
    return v.constant().isPresent() && (v.kind() == Value.Kind.CONSTANT || soft.get(v.id()));
  }

  boolean soft(int id) {
    return soft.get(id);
  }

  /// Takes `n` elements from the budget of folding.
  ///
  /// @return false when they are too many
  boolean afford(long n) {
    if (n < 0 || n > MAX_FOLDED || n > budget) {
      return false;
    }
    budget -= n;
    return true;
  }

  // ---- nodes ----

  /// A name that no node has: the file's, if it is one.
  String unique(String name, String op) {
    String base = name.isEmpty() ? op : name;
    String n = name.isEmpty() ? op + "#" + nodes.size() : name;
    for (int i = nodes.size(); !nodeNames.add(n); i++) {
      n = base + "#" + i;
    }
    return n;
  }

  void addNode(String name, String onnxOp, Op op, List<Integer> ins, List<Integer> outs) {
    nodes.add(new Node(nodes.size(), name, onnxOp, op, ins, outs));
  }

  /// A step that the file has inside another node.
  int insert(String name, String onnxOp, Op op, List<Integer> ins, DType type, Shape shape) {
    int id =
        add(
            name,
            Value.Kind.ACTIVATION,
            type,
            Optional.of(shape),
            Optional.empty(),
            -1,
            nodes.size());
    addNode(unique(name, onnxOp), onnxOp, op, ins, List.of(id));
    return id;
  }

  /// The shape a file states for a tensor, if it states it fully.
  static Optional<Shape> stated(RawValue v) {
    if (v.dims() == null
        || v.dims().size() > Site.MAX_RANK
        || v.dims().stream().anyMatch(d -> d < 0)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Shape.of(v.dims().stream().mapToLong(d -> d).toArray()));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
