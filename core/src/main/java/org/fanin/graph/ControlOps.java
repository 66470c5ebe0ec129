package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// If, Loop, Scan that could not be taken apart ([Bodies]): bodies are counted.
final class ControlOps {
  private ControlOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "If" -> s -> control(s, "then_branch", 0);
      // The outputs of a Loop body start with its condition.
      case "Loop" -> s -> control(s, "body", 1);
      case "Scan" -> s -> control(s, "body", 0);
      case "SequenceAt",
          "SequenceConstruct",
          "SequenceEmpty",
          "SequenceErase",
          "SequenceInsert",
          "SequenceLength",
          "SequenceMap",
          "SplitToSequence",
          "ConcatFromSequence",
          "Optional",
          "OptionalHasElement" ->
          s -> s.foreign("sequences of tensors have no rule");
      default -> null;
    };
  }

  private static Lowered control(Site s, String attribute, int skip) throws ModelFormatException {
    if (!(s.raw.attributes().get(attribute) instanceof Attr.Body(RawGraph body))) {
      throw s.fault("no " + attribute, "a graph");
    }
    List<Out> outs = new ArrayList<>();
    for (int i = 0; i < s.outputs(); i++) {
      RawValue v = i + skip < body.outputs().size() ? body.outputs().get(i + skip) : null;
      DType type = v == null || v.dtype() == null ? DType.F32 : v.dtype();
      outs.add(
          new Out(
              type,
              skip == 0 && attribute.equals("then_branch") ? stated(v) : Optional.empty(),
              Optional.empty()));
    }
    return new Lowered(new Op.ControlFlow(s.raw.op(), nodes(s.raw)), s.inputs, outs);
  }

  private static Optional<Shape> stated(RawValue v) {
    return v == null ? Optional.empty() : Assembly.stated(v);
  }

  /// Nodes in all bodies of a node, at any depth.
  static int nodes(RawNode node) {
    int n = 0;
    ArrayDeque<RawNode> open = new ArrayDeque<>(List.of(node));
    while (!open.isEmpty()) {
      for (Attr a : open.pop().attributes().values()) {
        if (a instanceof Attr.Body(RawGraph body)) {
          n += body.nodes().size();
          open.addAll(body.nodes());
        }
      }
    }
    return n;
  }
}
