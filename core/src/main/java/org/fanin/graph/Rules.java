package org.fanin.graph;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The rule of every ONNX operator, by name ("domain:name" outside the standard domain).
final class Rules {
  private static final Map<String, Rule> ALL = all();

  private Rules() {}

  /// @return null when there is none
  static Rule of(String domain, String op) {
    boolean standard = domain.isEmpty() || domain.equals("ai.onnx");
    return ALL.get(standard ? op : domain + ":" + op);
  }

  private static Map<String, Rule> all() {
    Map<String, Rule> m = new HashMap<>();
    ArithmeticOps.register(m);
    ActivationOps.register(m);
    ShapeOps.register(m);
    IndexOps.register(m);
    ConstantOps.register(m);
    LinearOps.register(m);
    ConvOps.register(m);
    ReduceOps.register(m);
    NormOps.register(m);
    RecurrentOps.register(m);
    AttentionOps.register(m);
    ResizeOps.register(m);
    ControlOps.register(m);
    QuantOps.register(m);
    ContribOps.register(m);
    for (String op : List.of("Det", "Unique", "NonMaxSuppression", "StringNormalizer", "DFT")) {
      m.put(op, s -> s.foreign("no rule for " + op));
    }
    return Map.copyOf(m);
  }
}
