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

  public Names(Graph graph) {
    this.graph = graph;
    graph.parameters().forEach(p -> byValue.put(p.value(), p));
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
        ? tidy(node.name())
        : stem;
  }

  private static String stem(String name) {
    int dot = name.lastIndexOf('.');
    return dot > 0 && ENDINGS.contains(name.substring(dot + 1)) ? name.substring(0, dot) : name;
  }

  private static String tidy(String nodeName) {
    return nodeName.startsWith("/") ? nodeName.substring(1) : nodeName;
  }
}
