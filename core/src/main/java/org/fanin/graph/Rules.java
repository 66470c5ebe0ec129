package org.fanin.graph;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// The rule of every ONNX operator, by name ("domain:name" outside the standard domain).
final class Rules {
  /// What was found so far. Rules are looked up one by one because each costs the JVM a class, and
  /// a network uses a dozen of two hundred.
  private static final Map<String, Rule> FOUND = new ConcurrentHashMap<>();

  private Rules() {}

  /// @return null when there is none
  static Rule of(String domain, String op) {
    boolean standard = domain.isEmpty() || domain.equals("ai.onnx");
    String name = standard ? op : domain + ":" + op;
    Rule known = FOUND.get(name);
    if (known != null) {
      return known;
    }
    Rule rule = search(name);
    if (rule != null) {
      FOUND.put(name, rule);
    }
    return rule;
  }

  private static Rule search(String op) {
    Rule r = compute(op);
    r = r == null ? move(op) : r;
    return r == null ? rest(op) : r;
  }

  private static Rule compute(String op) {
    Rule r = ArithmeticOps.rule(op);
    r = r == null ? ActivationOps.rule(op) : r;
    r = r == null ? LinearOps.rule(op) : r;
    r = r == null ? ConvOps.rule(op) : r;
    r = r == null ? ReduceOps.rule(op) : r;
    return r == null ? NormOps.rule(op) : r;
  }

  private static Rule move(String op) {
    Rule r = ShapeOps.rule(op);
    r = r == null ? IndexOps.rule(op) : r;
    r = r == null ? ConstantOps.rule(op) : r;
    return r == null ? ResizeOps.rule(op) : r;
  }

  private static Rule rest(String op) {
    Rule r = RecurrentOps.rule(op);
    r = r == null ? AttentionOps.rule(op) : r;
    r = r == null ? ControlOps.rule(op) : r;
    r = r == null ? QuantOps.rule(op) : r;
    r = r == null ? SignalOps.rule(op) : r;
    r = r == null ? ContribOps.rule(op) : r;
    return r == null ? foreign(op) : r;
  }

  private static Lowered determinant(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    int n = in.rank();
    if (n < 2 || in.dim(n - 1) != in.dim(n - 2)) {
      throw s.fault("shape " + in, "square matrices");
    }
    Shape out = Shapes.reduced(in, List.of(n - 2, n - 1), false);
    return s.foreign("no rule for Det", Out.of(s.dtype(0), out));
  }

  private static Rule foreign(String op) {
    return switch (op) {
      case "Det" -> Rules::determinant;
      case "Unique", "NonMaxSuppression", "StringNormalizer" -> s -> s.foreign("no rule for " + op);
      default -> null;
    };
  }
}
