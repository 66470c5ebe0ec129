package org.fanin.formats;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.RawFunction;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;

/// Decodes ModelProto: versions, producer, the graph and the functions of one file.
final class OnnxModels {
  /// Before operator set 7, broadcasting was an attribute and normalisation had other inputs.
  static final long OLDEST_OPSET = 7;

  /// Far above any release; a number beyond it comes from a damaged file.
  private static final long ABSURD_OPSET = 1000;

  private static final long ABSURD_IR = 1000;

  /// What a model without opset_import is read as. Such files are older than IR version 3 or, as
  /// seen in practice, had it stripped by a tool; then a common recent set is the better guess.
  private static final long ASSUMED_OPSET = 13;

  private final OnnxContext context;
  private final OnnxGraphs graphs;

  OnnxModels(OnnxContext context) {
    this.context = context;
    this.graphs = new OnnxGraphs(context);
  }

  /// The standard domain has two names.
  static String domain(String name) {
    return name.equals("ai.onnx") ? "" : name;
  }

  RawModel decode(Wire w, String source) throws ModelFormatException, IOException {
    long ir = 1;
    String producer = "";
    String version = "";
    Wire graph = null;
    Map<String, Long> opsets = new HashMap<>();
    List<Wire> functions = new ArrayList<>();
    while (w.next()) {
      switch (w.field()) {
        case 1 -> ir = w.readLong();
        case 2 -> producer = w.text();
        case 3 -> version = w.text();
        case 7 -> graph = once(graph, w.message());
        case 8 -> opset(w.message(), opsets);
        case 25 -> functions.add(w.message());
        default -> w.skip();
      }
    }
    if (graph == null) {
      throw context.bad("", "no graph", "an ONNX model");
    }
    if (ir < 1 || ir > ABSURD_IR) {
      throw context.bad("", "IR version " + ir, "1 to " + ABSURD_IR);
    }
    String made = (producer + " " + version).strip() + standardOpset(opsets);
    return model(source, opsets, made, graph, functions);
  }

  private RawModel model(
      String source, Map<String, Long> opsets, String made, Wire graph, List<Wire> functions)
      throws ModelFormatException, IOException {
    RawGraph main = graphs.decode(graph, () -> "", 0);
    if (main.nodes().isEmpty()) {
      throw context.bad("", "a graph without nodes", "a network");
    }
    Map<String, RawFunction> byName = new HashMap<>();
    for (Wire f : functions) {
      function(f, byName);
    }
    return new RawModel(source, opsets, made, main, byName);
  }

  private Wire once(Wire before, Wire graph) throws ModelFormatException {
    if (before != null) {
      throw context.bad("", "two graphs", "one");
    }
    return graph;
  }

  private void opset(Wire w, Map<String, Long> into) throws ModelFormatException {
    context.budget().charge(200);
    String domain = "";
    long version = 0;
    while (w.next()) {
      switch (w.field()) {
        case 1 -> domain = domain(w.text());
        case 2 -> version = w.readLong();
        default -> w.skip();
      }
    }
    into.merge(domain, version, Math::max);
  }

  /// Checks the version of ai.onnx, or assumes one.
  ///
  /// @return what to add to the producer, so that an assumption shows in the provenance
  private String standardOpset(Map<String, Long> opsets) throws ModelFormatException {
    Long stated = opsets.putIfAbsent("", ASSUMED_OPSET);
    if (stated == null) {
      return " (no operator set stated, " + ASSUMED_OPSET + " assumed)";
    }
    if (stated < OLDEST_OPSET || stated > ABSURD_OPSET) {
      throw context.bad(
          "",
          "operator set " + stated,
          OLDEST_OPSET + " or newer (onnx.version_converter converts old models)");
    }
    return "";
  }

  /// FunctionProto. Defaults of attributes (attribute_proto) have no place in [RawFunction].
  private void function(Wire w, Map<String, RawFunction> into)
      throws ModelFormatException, IOException {
    context.budget().charge(400);
    String name = "";
    String domain = "";
    String overload = "";
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    List<RawNode> nodes = new ArrayList<>();
    Map<String, Long> opsets = new HashMap<>();
    while (w.next()) {
      switch (w.field()) {
        case 1 -> name = w.text();
        case 4 -> inputs.add(w.text());
        case 5 -> outputs.add(w.text());
        case 7 -> nodes.add(graphs.node(w.message(), nodes.size(), 0));
        case 9 -> opset(w.message(), opsets);
        case 10 -> domain = domain(w.text());
        case 13 -> overload = w.text();
        default -> w.skip();
      }
    }
    String key = domain + ":" + name + (overload.isEmpty() ? "" : ":" + overload);
    var function =
        new RawFunction(
            name,
            domain,
            List.copyOf(inputs),
            List.copyOf(outputs),
            List.copyOf(nodes),
            Map.copyOf(opsets));
    if (into.put(key, function) != null) {
      throw context.bad("", "two functions '" + key + "'", "one");
    }
  }
}
