package org.fanin.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.fanin.graph.Translator.Body;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Understands a file: sorts it, gives every value a concrete shape, computes what is constant,
/// translates every operator, and finds patterns and the roles of parameters. Linear in nodes; no
/// recursion over the depth of the network.
public final class GraphBuilder {
  private GraphBuilder() {}

  /// Extents that the file leaves open get their usual values; where the network then contradicts
  /// itself, other ones that fit ([OpenExtents]).
  ///
  /// @throws ModelFormatException when the file contradicts itself, naming node and tensor. What is
  ///   merely not understood becomes [Op.Foreign].
  public static Graph build(RawModel model, Bindings bindings) throws ModelFormatException {
    Map<String, Long> chosen = new HashMap<>();
    try {
      return once(model, bindings, Map.of(), chosen);
    } catch (ModelFormatException e) {
      return OpenExtents.fit(model, bindings, chosen, e);
    }
  }

  /// @param usual extents that `bindings` replaces, for the report
  /// @param chosen receives the extents of open dimensions, also when the build fails
  static Graph once(
      RawModel model, Bindings bindings, Map<String, Long> usual, Map<String, Long> chosen)
      throws ModelFormatException {
    RawGraph g = model.graph();
    var assembly = new Assembly(model.source());
    var scope = new Scope(null);
    var initialisers = new Initialisers(assembly);
    initialisers.add(g, scope);
    List<Integer> inputs = inputs(assembly, g, scope, bindings);
    chosen.putAll(assembly.bindings);
    new Translator(model, assembly, initialisers)
        .run(new Body(g.nodes(), model.opsets(), stated(g), ""), scope, 0);
    List<Integer> outputs = outputs(model.source(), g, scope);
    var links = new Links(assembly.nodes(), assembly.values(), outputs);
    var names = new StoredNames(model);
    List<Graph.Pattern> patterns = PatternFinder.find(links);
    return new Graph(
        model.source(),
        assembly.values(),
        assembly.nodes(),
        inputs,
        outputs,
        ParameterFinder.find(links, patterns, names),
        patterns,
        assembly.bindings,
        usual,
        ExportTraces.of(model),
        names.unfollowed(assembly.values().stream().map(Value::name).collect(Collectors.toSet())));
  }

  /// What the file says of its tensors: used for the outputs of operators without a rule.
  private static Map<String, RawValue> stated(RawGraph g) {
    Map<String, RawValue> all = new HashMap<>(g.valueInfo());
    g.outputs().forEach(v -> all.putIfAbsent(v.name(), v));
    return all;
  }

  private static List<Integer> inputs(Assembly assembly, RawGraph g, Scope scope, Bindings bindings)
      throws ModelFormatException {
    var binder = new InputBinder(assembly, g, bindings);
    Map<String, Shape> shapes = binder.bind();
    List<Integer> ids = new ArrayList<>();
    for (RawValue v : binder.inputs()) {
      if (scope.declares(v.name())) {
        throw new ModelFormatException(
            assembly.source(), "input " + v.name() + " twice", "different names");
      }
      int id =
          assembly.add(
              v.name(),
              Value.Kind.INPUT,
              v.dtype() == null ? DType.F32 : v.dtype(),
              Optional.ofNullable(shapes.get(v.name())),
              Optional.empty(),
              -1,
              -1);
      scope.put(v.name(), id);
      ids.add(id);
    }
    return ids;
  }

  private static List<Integer> outputs(String source, RawGraph g, Scope scope)
      throws ModelFormatException {
    List<Integer> ids = new ArrayList<>();
    for (RawValue v : g.outputs()) {
      int id = scope.find(v.name());
      if (id < 0) {
        throw new ModelFormatException(
            source, "output " + v.name() + " that nothing makes", "a node that makes it");
      }
      ids.add(id);
    }
    return ids;
  }
}
