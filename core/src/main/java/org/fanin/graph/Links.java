package org.fanin.graph;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// Who makes and who reads each value of a finished graph. Nodes computed ahead (Shape of an
/// activation …) do not count as readers.
final class Links {
  final List<Node> nodes;
  final List<Value> values;
  final List<Integer> outputs;
  private final List<List<Node>> readers;
  private final BitSet isOutput = new BitSet();

  Links(List<Node> nodes, List<Value> values, List<Integer> outputs) {
    this.nodes = nodes;
    this.values = values;
    this.outputs = outputs;
    outputs.forEach(isOutput::set);
    this.readers = new ArrayList<>(values.size());
    for (int i = 0; i < values.size(); i++) {
      readers.add(null);
    }
    for (Node n : nodes) {
      if (n.op() instanceof Op.Folded) {
        continue;
      }
      for (int in : n.inputs()) {
        addReader(in, n);
      }
    }
  }

  private void addReader(int value, Node n) {
    if (value < 0) {
      return;
    }
    List<Node> r = readers.get(value);
    if (r == null) {
      r = new ArrayList<>(2);
      readers.set(value, r);
    }
    // A node that reads a value twice stands once.
    if (r.isEmpty() || r.getLast() != n) {
      r.add(n);
    }
  }

  Value value(int id) {
    return values.get(id);
  }

  List<Node> readers(int value) {
    List<Node> r = value < 0 ? null : readers.get(value);
    return r == null ? List.of() : r;
  }

  /// @return the node that makes a value, or null
  Node maker(int value) {
    int p = value < 0 ? -1 : values.get(value).producer();
    return p < 0 ? null : nodes.get(p);
  }

  boolean isParameter(int value) {
    return value >= 0 && values.get(value).kind() == Value.Kind.PARAMETER;
  }

  boolean isActivation(int value) {
    return value >= 0
        && (values.get(value).kind() == Value.Kind.ACTIVATION
            || values.get(value).kind() == Value.Kind.INPUT);
  }

  boolean isOutput(int value) {
    return value >= 0 && isOutput.get(value);
  }
}
