package org.fanin.judge;

import java.util.HashMap;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;

/// What to call a layer: by its weight's name where it has one (`blocks.0.fc1`), else by its node.
public final class Names {
  private static final java.util.Set<String> ENDINGS =
      java.util.Set.of("weight", "bias", "kernel", "gamma", "scale", "W", "w", "B", "b");
  private final Graph graph;
  private final Map<Integer, Parameter> byValue = new HashMap<>();
  private final java.util.BitSet parts = new java.util.BitSet();

  public Names(Graph graph) {
    this.graph = graph;
    graph.parameters().forEach(p -> byValue.put(p.value(), p));
    graph.patterns().stream()
        .filter(p -> Moments.isOneFunction(p.kind()))
        .forEach(p -> p.nodes().forEach(parts::set));
  }

  /// The parameter behind an input of a node, through views; null when it is none.
  public Parameter parameterAt(int value) {
    if (value < 0) {
      return null;
    }
    Value v = graph.value(value);
    Parameter own = byValue.get(value);
    return own != null ? own : byValue.get(v.origin());
  }

  /// The node's first weight-like parameter, or null.
  public Parameter weightOf(Node node) {
    Parameter any = null;
    for (int in : node.inputs()) {
      Parameter p = parameterAt(in);
      if (p != null && p.fan().isPresent()) {
        return p;
      }
      any = any == null ? p : any;
    }
    return any;
  }

  /// Name of the layer that this node is.
  public String of(Node node) {
    Parameter p = weightOf(node);
    String stem = p == null ? "" : stem(p.name());
    return stem.isEmpty() || stem.chars().allMatch(Character::isDigit) || stem.contains("::")
        ? tidy(node.name(), parts.get(node.index()))
        : stem;
  }

  private static String stem(String name) {
    int dot = name.lastIndexOf('.');
    return dot > 0 && ENDINGS.contains(name.substring(dot + 1)) ? name.substring(0, dot) : name;
  }

  /// Exporters write `/a/a.0/a.0.1/Div`: a step that the next one repeats is left out, and so is
  /// the operator where the node is only a part of what the path names.
  private static String tidy(String nodeName, boolean part) {
    String[] steps = nodeName.split("/");
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < steps.length; i++) {
      boolean repeated = i + 1 < steps.length && steps[i + 1].startsWith(steps[i] + ".");
      boolean operator = part && i > 1 && i == steps.length - 1;
      if (!steps[i].isEmpty() && !repeated && !operator) {
        b.append(b.isEmpty() ? "" : "/").append(steps[i]);
      }
    }
    return b.isEmpty() ? nodeName : b.toString();
  }
}
