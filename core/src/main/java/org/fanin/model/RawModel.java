package org.fanin.model;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;

/// What a file says, checked for form but not yet understood. Made by the readers in `formats`,
/// consumed by the graph stage.
///
/// @param opsets operator-set versions by domain ("" is ai.onnx)
/// @param producer who wrote the file, for the provenance line; may be empty
/// @param functions model-local functions by "domain:name" (ONNX FunctionProto), already as graphs
public record RawModel(
    String source,
    Map<String, Long> opsets,
    String producer,
    RawGraph graph,
    Map<String, RawFunction> functions) {
  public RawModel {
    Objects.requireNonNull(source);
    opsets = ordered(opsets);
    functions = ordered(functions);
  }

  /// An unmodifiable copy in file order. `Map.copyOf` probes linearly and is quadratic in names
  /// that collide.
  private static <V> Map<String, V> ordered(Map<String, V> map) {
    if (map.isEmpty()) {
      return Map.of();
    }
    return java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(map));
  }

  /// A graph: the model's, or the body of an If, Loop or Scan.
  ///
  /// @param initializers in file order, by name (LinkedHashMap order is kept)
  /// @param inputs as listed in the file; names that are also initialisers are NOT removed
  /// @param sparse names of the initialisers that the file stores sparse
  public record RawGraph(
      String name,
      List<RawNode> nodes,
      Map<String, Tensor> initializers,
      List<RawValue> inputs,
      List<RawValue> outputs,
      Map<String, RawValue> valueInfo,
      Set<String> sparse) {
    /// A graph whose initialisers are all stored dense.
    public RawGraph(
        String name,
        List<RawNode> nodes,
        Map<String, Tensor> initializers,
        List<RawValue> inputs,
        List<RawValue> outputs,
        Map<String, RawValue> valueInfo) {
      this(name, nodes, initializers, inputs, outputs, valueInfo, Set.of());
    }

    public RawGraph {
      // As in `ordered`: names that collide.
      sparse = java.util.Collections.unmodifiableSet(new java.util.LinkedHashSet<>(sparse));
      nodes = List.copyOf(nodes);
      initializers = ordered(initializers);
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
      valueInfo = ordered(valueInfo);
    }
  }

  /// @param inputs "" marks an optional input left out
  public record RawNode(
      String name,
      String op,
      String domain,
      List<String> inputs,
      List<String> outputs,
      Map<String, Attr> attributes) {
    public RawNode {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
      attributes = ordered(attributes);
    }
  }

  public record RawFunction(
      String name,
      String domain,
      List<String> inputs,
      List<String> outputs,
      List<RawNode> nodes,
      Map<String, Long> opsets) {}

  /// @param dims null when the file states no shape; a dimension is null-free: fixed extent, or -1
  ///   with its symbol in `symbols` ("" if anonymous)
  public record RawValue(String name, DType dtype, List<Long> dims, List<String> symbols) {}

  /// Attribute values.
  public sealed interface Attr {
    record Int(long value) implements Attr {}

    record Real(double value) implements Attr {}

    record Text(String value) implements Attr {}

    record Ints(List<Long> values) implements Attr {}

    record Reals(List<Double> values) implements Attr {}

    record Texts(List<String> values) implements Attr {}

    record Value(Tensor value) implements Attr {}

    record Body(RawGraph graph) implements Attr {}

    /// A reference to a function's attribute parameter, or a kind Fanin has no use for.
    record Ignored(String because) implements Attr {}
  }
}
