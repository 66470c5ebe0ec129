package org.fanin.graph;

import java.util.List;
import java.util.Map;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// A network, understood. Nodes are in topological order; every node input is an earlier node's
/// output, a parameter, a constant or an input.
///
/// @param source file name, for messages
/// @param inputs value ids of the graph's data inputs
/// @param outputs value ids of the graph's outputs
/// @param patterns decomposed patterns recognised ("GELU (erf)", "LayerNorm" …) with the node whose
///   output carries the result, for report and roles
/// @param bindings symbolic dimensions and the extents they were given ("batch" → 16)
/// @param usualExtents of `bindings`, those that are not the usual ones, with the usual extent,
///   which does not fit this network (a kernel is longer, another axis is fixed)
/// @param export what the exporter did to the network on its way to the file
/// @param unfollowed float tensors in the bodies of If, Loop and Scan that are not followed
public record Graph(
    String source,
    List<Value> values,
    List<Node> nodes,
    List<Integer> inputs,
    List<Integer> outputs,
    List<Parameter> parameters,
    List<Pattern> patterns,
    Map<String, Long> bindings,
    Map<String, Long> usualExtents,
    Export export,
    List<Unfollowed> unfollowed) {
  public Graph {
    values = List.copyOf(values);
    nodes = List.copyOf(nodes);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    parameters = List.copyOf(parameters);
    patterns = List.copyOf(patterns);
    bindings = Map.copyOf(bindings);
    usualExtents = Map.copyOf(usualExtents);
    unfollowed = List.copyOf(unfollowed);
  }

  /// A graph as its file has it.
  public Graph(
      String source,
      List<Value> values,
      List<Node> nodes,
      List<Integer> inputs,
      List<Integer> outputs,
      List<Parameter> parameters,
      List<Pattern> patterns,
      Map<String, Long> bindings) {
    this(
        source,
        values,
        nodes,
        inputs,
        outputs,
        parameters,
        patterns,
        bindings,
        Map.of(),
        Export.UNTOUCHED,
        List.of());
  }

  /// A tensor that may be a weight, in a body that is not followed.
  public record Unfollowed(String name, Shape shape, DType dtype) {}

  public Value value(int id) {
    return values.get(id);
  }

  /// A subgraph that computes one well-known function.
  ///
  /// @param kind what it is
  /// @param root value it normalises or transforms
  /// @param result value id that carries its result
  /// @param nodes indices of the nodes it spans
  public record Pattern(Kind kind, int root, int result, List<Integer> nodes) {
    public Pattern {
      nodes = List.copyOf(nodes);
    }

    public enum Kind {
      GELU_ERF,
      GELU_TANH,
      SILU,
      MISH,
      HARD_SWISH,
      LAYER_NORM,
      RMS_NORM,
      L2_NORM,
      ATTENTION,
      ROPE,
      GATED_UNIT,
      BATCH_NORM_SCALE
    }
  }
}
