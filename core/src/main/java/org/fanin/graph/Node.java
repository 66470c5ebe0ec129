package org.fanin.graph;

import java.util.List;

/// @param name the file's node name, or "op#index" for unnamed nodes (unique)
/// @param onnxOp operator name as in the file
/// @param inputs value ids, -1 for an optional input left out
/// @param outputs value ids, -1 for an optional output left out
public record Node(
    int index, String name, String onnxOp, Op op, List<Integer> inputs, List<Integer> outputs) {
  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  public int input(int i) {
    return i < inputs.size() ? inputs.get(i) : -1;
  }
}
