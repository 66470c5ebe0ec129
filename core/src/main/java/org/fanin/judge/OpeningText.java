package org.fanin.judge;

import java.util.OptionalInt;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Opening;

/// When a parameter gets its first gradient, in words.
public final class OpeningText {
  private final Graph graph;
  private final Names names;

  public OpeningText(Graph graph) {
    this.graph = graph;
    names = new Names(graph);
  }

  /// @param parameter index in [Graph#parameters]
  public String because(int parameter, Opening opening) {
    return switch (opening) {
      case Opening.At(int step, OptionalInt after) ->
          after.isEmpty()
              ? "it gets a gradient at the first step"
              : name(after) + " is 0 on its way and moves at step " + (step - 1);
      case Opening.Never(Opening.Cause cause, OptionalInt at) -> never(parameter, cause, at);
      case Opening.NoPath(OptionalInt node) ->
          "no differentiable path to an output" + operator(": ", node);
      case Opening.NotKnown(OptionalInt node) -> "not known" + operator(": no rule for ", node);
      case Opening.NotTrained() -> "no parameter: gradient descent does not touch it";
    };
  }

  private String never(int parameter, Opening.Cause cause, OptionalInt at) {
    return switch (cause) {
      case ZERO_FACTOR ->
          at.isEmpty()
              ? "zeros on its way never move"
              : at.getAsInt() == parameter
                  ? "it is 0, and at 0 what follows lets no gradient through"
                  : name(at) + " on its way is 0 and never moves";
      case OFF ->
          "no gradient passes "
              + (at.isEmpty() ? "what follows" : names.of(graph.nodes().get(at.getAsInt())))
              + ", though no zero weight closes it";
      case UNREAD -> "no output is computed from it";
    };
  }

  private String name(OptionalInt parameter) {
    return graph.parameters().get(parameter.getAsInt()).name();
  }

  private String operator(String lead, OptionalInt node) {
    if (node.isEmpty()) {
      return "";
    }
    Node n = graph.nodes().get(node.getAsInt());
    return lead + n.onnxOp() + " (" + n.name() + ")";
  }
}
