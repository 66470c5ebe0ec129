package org.fanin.formats;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.Tensor;

/// Decodes GraphProto and NodeProto, bodies of If, Loop and Scan included.
///
/// A name is defined once: by an initialiser, a graph input or a node. (An initialiser may also be
/// listed as an input; old files have to.)
final class OnnxGraphs {
  /// Bodies within bodies; deeper ones would only serve to exhaust the stack of a later stage.
  static final int MAX_DEPTH = 64;

  private static final int NODE_COST = 320;
  private static final int DEFINITION_COST = 64;

  // who defines a name; 0 and above is the index of a node
  private static final int INITIALIZER = -1;
  private static final int OPAQUE = -2;
  private static final int INPUT = -3;

  private final OnnxContext context;
  private final OnnxTensors tensors;
  private final OnnxValues values;
  private final OnnxAttributes attributes;

  OnnxGraphs(OnnxContext context) {
    this.context = context;
    this.tensors = new OnnxTensors(context);
    this.values = new OnnxValues(context);
    this.attributes = new OnnxAttributes(context, tensors, this);
  }

  /// One graph while it is read.
  private static final class Parts {
    String name = "";
    final List<RawNode> nodes = new ArrayList<>();
    final List<RawNode> opaque = new ArrayList<>();
    final Map<String, Tensor> initializers = new LinkedHashMap<>();
    final Set<String> sparse = new HashSet<>();
    final List<RawValue> inputs = new ArrayList<>();
    final List<RawValue> outputs = new ArrayList<>();
    final Map<String, RawValue> info = new HashMap<>();
    final Map<String, Integer> definedBy = new HashMap<>();
  }

  /// @param holder the attribute that holds the graph, as a place for messages; "" for the model's.
  ///   Places are spelt out only when something is wrong there
  /// @param depth how many graphs are around this one
  RawGraph decode(Wire w, Supplier<String> holder, int depth)
      throws ModelFormatException, IOException {
    if (depth > MAX_DEPTH) {
      throw context.bad(
          holder, "graphs nested more than " + MAX_DEPTH + " deep", "at most " + MAX_DEPTH);
    }
    Parts parts = new Parts();
    while (w.next()) {
      collect(w, parts, depth);
    }
    List<RawValue> inputs = inputs(parts);
    List<RawNode> nodes = new ArrayList<>(parts.opaque);
    nodes.addAll(parts.nodes);
    return new RawGraph(
        parts.name, nodes, parts.initializers, inputs, parts.outputs, parts.info, parts.sparse);
  }

  private void collect(Wire w, Parts p, int depth) throws ModelFormatException, IOException {
    switch (w.field()) {
      case 1 -> {
        RawNode node = node(w.message(), p.nodes.size(), depth);
        define(p, node);
        p.nodes.add(node);
      }
      case 2 -> p.name = w.text();
      case 5 -> initializer(p, tensors.decode(w.message(), () -> "an unnamed initializer"));
      case 11 -> p.inputs.add(values.decode(w.message()));
      case 12 -> p.outputs.add(values.decode(w.message()));
      case 13 -> {
        RawValue v = values.decode(w.message());
        p.info.put(v.name(), v);
      }
      case 15 -> {
        OnnxConstant c =
            new OnnxSparse(context, tensors)
                .decode(w.message(), () -> "an unnamed sparse initializer");
        initializer(p, c);
        p.sparse.add(c.name());
      }
      default -> w.skip();
    }
  }

  /// Initialisers that are no numbers become Constant nodes without a value, so that the graph
  /// stage says why it does not understand them instead of missing a name.
  private void initializer(Parts p, OnnxConstant c) throws ModelFormatException {
    if (c.name().isEmpty()) {
      throw context.bad("", "an initializer without a name", "a name, for nodes to read it by");
    }
    switch (c) {
      case OnnxConstant.Numbers n -> {
        define(p, n.name(), INITIALIZER);
        p.initializers.put(n.name(), n.tensor());
      }
      case OnnxConstant.Opaque o -> {
        define(p, o.name(), OPAQUE);
        p.opaque.add(constant(o));
      }
    }
  }

  private static RawNode constant(OnnxConstant.Opaque o) {
    Map<String, Attr> value = Map.of("value", new Attr.Ignored(o.because()));
    return new RawNode("", "Constant", "", List.of(), List.of(o.name()), value);
  }

  private void define(Parts p, RawNode node) throws ModelFormatException {
    for (String output : node.outputs()) {
      if (!output.isEmpty()) {
        define(p, output, p.nodes.size());
      }
    }
  }

  private void define(Parts p, String name, int by) throws ModelFormatException {
    context.budget().charge(DEFINITION_COST);
    Integer other = p.definedBy.putIfAbsent(name, by);
    if (other != null) {
      throw context.bad(
          OnnxTensors.place(name, () -> "a graph"),
          "two definitions: " + definer(p, other) + " and " + definer(p, by),
          "one");
    }
  }

  private static String definer(Parts p, int by) {
    return switch (by) {
      case INITIALIZER, OPAQUE -> "an initializer";
      case INPUT -> "a graph input";
      default ->
          by < p.nodes.size()
              ? "an output of " + place(p.nodes.get(by).name(), by, p.nodes.get(by).op())
              : "an output of node " + by;
    };
  }

  /// @return the inputs without those that an opaque initializer already defines by its Constant
  private List<RawValue> inputs(Parts p) throws ModelFormatException {
    List<RawValue> kept = new ArrayList<>(p.inputs.size());
    for (RawValue input : p.inputs) {
      Integer by = p.definedBy.get(input.name());
      if (by == null || by != INITIALIZER && by != OPAQUE) {
        define(p, input.name(), INPUT);
      } else {
        p.definedBy.put(input.name(), INPUT);
      }
      if (by == null || by != OPAQUE) {
        kept.add(input);
      }
    }
    return kept;
  }

  private static String place(String name, int index, String op) {
    if (!name.isEmpty()) {
      return "node " + OnnxContext.quoted(name);
    }
    return op.isEmpty() ? "node " + index : "node " + index + " (" + op + ")";
  }

  /// @param index of the node in its graph, for messages: many nodes have no name
  RawNode node(Wire w, int index, int depth) throws ModelFormatException, IOException {
    context.budget().charge(NODE_COST);
    String name = "";
    String op = "";
    String domain = "";
    List<String> inputs = new ArrayList<>(2);
    List<String> outputs = new ArrayList<>(1);
    List<Wire> attrs = new ArrayList<>(4);
    while (w.next()) {
      switch (w.field()) {
        case 1 -> inputs.add(w.text());
        case 2 -> outputs.add(w.text());
        case 3 -> name = w.text();
        case 4 -> op = w.text();
        case 5 -> attrs.add(w.message());
        case 7 -> domain = w.text();
        default -> w.skip();
      }
    }
    if (op.isEmpty()) {
      throw context.bad(place(name, index, op), "no operator", "its op_type");
    }
    Map<String, Attr> decoded = attributes(attrs, where(name, index, op), depth);
    return new RawNode(name, op, OnnxModels.domain(domain), inputs, outputs, decoded);
  }

  private static Supplier<String> where(String name, int index, String op) {
    return () -> place(name, index, op);
  }

  private Map<String, Attr> attributes(List<Wire> wires, Supplier<String> where, int depth)
      throws ModelFormatException, IOException {
    if (wires.isEmpty()) {
      return Map.of();
    }
    Map<String, Attr> decoded = new LinkedHashMap<>();
    for (Wire w : wires) {
      OnnxAttributes.Named a = attributes.decode(w, where, depth);
      if (decoded.put(a.name(), a.value()) != null) {
        throw context.bad(where, "two attributes " + OnnxContext.quoted(a.name()), "one");
      }
    }
    return decoded;
  }
}
