package org.fanin.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Buffer;
import org.fanin.graph.Role;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// The plan as text: YAML that a person reviews, keeps in version control, and gives back as a
/// recipe to get the same bytes. Nothing is grouped away; same plan, same text.
public final class PlanText {
  /// What the first line says; [#isPlan] looks for it.
  public static final String FORMAT = "fanin.plan/1";

  private static final List<String> TENSOR =
      List.of(
          "name",
          "shape",
          "dtype",
          "role",
          "scheme",
          "variance",
          "draw",
          "rounding",
          "because",
          "source");

  private PlanText() {}

  // ---- writing ----

  /// @param version of this program, for the record; it does not enter the hash
  public static String write(InitPlan plan, String version) {
    StringBuilder b = new StringBuilder();
    line(b, "", "format", FORMAT);
    line(b, "", "fill", Integer.toString(PlanHash.FILL_FORMAT));
    line(b, "", "fanin", quoted(version));
    line(b, "", "recipe", quoted(plan.recipe()));
    line(b, "", "seed", Long.toString(plan.seed()));
    line(b, "", "hash", PlanHash.of(plan));
    b.append(plan.tensors().isEmpty() ? "tensors: []\n" : "tensors:\n");
    plan.tensors().forEach(t -> tensor(b, t));
    b.append(plan.kept().isEmpty() ? "kept: []\n" : "kept:\n");
    for (InitPlan.Kept k : plan.kept()) {
      line(b, "- ", "name", quoted(k.name()));
      line(b, "  ", "shape", k.shape().toString());
      line(b, "  ", "dtype", dtype(k.dtype()));
      if (k.kind().isPresent()) {
        line(b, "  ", "kind", k.kind().get().key());
      }
      line(b, "  ", "because", quoted(k.because()));
    }
    return b.toString();
  }

  private static void tensor(StringBuilder b, TensorPlan t) {
    line(b, "- ", "name", quoted(t.name()));
    line(b, "  ", "shape", t.shape().toString());
    line(b, "  ", "dtype", dtype(t.dtype()));
    line(b, "  ", "role", t.spec().role().name().toLowerCase(Locale.ROOT));
    line(b, "  ", "scheme", quoted(t.scheme()));
    line(b, "  ", "variance", Double.toString(t.variance()));
    line(b, "  ", "draw", DrawText.write(t.draw()));
    if (t.stochastic()) {
      line(b, "  ", "rounding", "stochastic");
    }
    line(b, "  ", "because", quoted(t.because()));
    line(b, "  ", "source", quoted(t.source()));
  }

  private static void line(StringBuilder b, String indent, String key, String value) {
    b.append(indent).append(key).append(": ").append(value).append('\n');
  }

  static String dtype(DType t) {
    return t.name().toLowerCase(Locale.ROOT);
  }

  /// Double quotes, with everything escaped that YAML or a terminal might not take as it is.
  static String quoted(String s) {
    StringBuilder b = new StringBuilder("\"");
    s.codePoints()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                b.append('\\').appendCodePoint(c);
              } else if (Character.isISOControl(c) || !printable(c)) {
                b.append(String.format(Locale.ROOT, c > 0xffff ? "\\U%08x" : "\\u%04x", c));
              } else {
                b.appendCodePoint(c);
              }
            });
    return b.append('"').toString();
  }

  private static boolean printable(int c) {
    return switch (Character.getType(c)) {
      case Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  // ---- reading ----

  /// Does this file say that it is a plan (and not a recipe)?
  public static boolean isPlan(PlanNode file) {
    return file instanceof PlanNode.Mapping m
        && m.entries().get("format") instanceof PlanNode.Scalar s
        && s.text().startsWith("fanin.plan/");
  }

  /// Reads what [#write] wrote, perhaps edited by hand. The hash in the file is not compared: an
  /// edited plan has another one ([PlanHash#of]).
  ///
  /// @throws IllegalArgumentException with the line of what does not fit
  public static InitPlan read(PlanNode file) {
    PlanNode.Mapping m = file.mapping();
    m.only(List.of("format", "fill", "fanin", "recipe", "seed", "hash", "tensors", "kept"));
    if (!m.get("format").text().equals(FORMAT)) {
      throw m.get("format").fault("found " + m.get("format").text() + ", wanted " + FORMAT);
    }
    if (m.get("fill").whole() != PlanHash.FILL_FORMAT) {
      throw m.get("fill")
          .fault("found fill format " + m.get("fill").text() + ", wanted " + PlanHash.FILL_FORMAT);
    }
    List<TensorPlan> tensors = new ArrayList<>();
    for (PlanNode t : m.get("tensors").list()) {
      tensors.add(tensor(t.mapping()));
    }
    List<InitPlan.Kept> kept = new ArrayList<>();
    for (PlanNode k : m.has("kept") ? m.get("kept").list() : List.<PlanNode>of()) {
      k.mapping().only(List.of("name", "shape", "dtype", "kind", "because"));
      kept.add(
          new InitPlan.Kept(
              k.mapping().get("name").text(),
              shape(k.mapping().get("shape")),
              k.mapping().get("dtype").word(DType.class),
              k.mapping().has("kind")
                  ? Optional.of(k.mapping().get("kind").word(Buffer.Kind.class))
                  : Optional.empty(),
              k.mapping().get("because").text()));
    }
    return new InitPlan(m.get("recipe").text(), m.get("seed").whole(), tensors, kept);
  }

  private static TensorPlan tensor(PlanNode.Mapping m) {
    m.only(TENSOR);
    Shape shape = shape(m.get("shape"));
    Draw draw = DrawText.read(m.get("draw"));
    double variance;
    try {
      variance = Draws.variance(draw, shape);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(m.get("draw").fault(e.getMessage()).getMessage(), e);
    }
    TensorSpec spec =
        new TensorSpec(
            m.get("name").text(),
            shape,
            m.get("dtype").word(DType.class),
            m.has("role") ? m.get("role").word(Role.class) : Role.OTHER,
            Optional.empty(),
            false,
            -1,
            0,
            "",
            "plan file");
    boolean stochastic = m.has("rounding") && stochastic(m.get("rounding"));
    return new TensorPlan(
        spec,
        draw,
        stochastic,
        optional(m, "scheme"),
        variance,
        optional(m, "because"),
        optional(m, "source"));
  }

  private static String optional(PlanNode.Mapping m, String key) {
    return m.has(key) ? m.get(key).text() : "";
  }

  private static boolean stochastic(PlanNode n) {
    return switch (n.text()) {
      case "stochastic" -> true;
      case "nearest" -> false;
      default -> throw n.fault("found " + n.text() + ", wanted stochastic or nearest");
    };
  }

  private static Shape shape(PlanNode n) {
    long[] dims = n.list().stream().mapToLong(PlanNode::whole).toArray();
    try {
      return Shape.of(dims);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(n.fault(e.getMessage()).getMessage(), e);
    }
  }

  // ---- using a plan again ----

  /// The plan for exactly these tensors, in their order.
  ///
  /// @throws IllegalArgumentException naming the first tensor that the plan has not, has in another
  ///   shape, or has too much
  public static InitPlan replay(InitPlan plan, List<TensorSpec> specs) {
    Map<String, TensorPlan> drawn = new HashMap<>();
    Map<String, InitPlan.Kept> kept = new HashMap<>();
    plan.tensors().forEach(t -> drawn.put(t.name(), t));
    plan.kept().forEach(k -> kept.put(k.name(), k));
    List<TensorPlan> tensors = new ArrayList<>();
    List<InitPlan.Kept> left = new ArrayList<>();
    for (TensorSpec s : specs) {
      TensorPlan t = drawn.remove(s.name());
      InitPlan.Kept k = kept.remove(s.name());
      Shape planned = t != null ? t.shape() : k != null ? k.shape() : null;
      if (planned == null || !planned.equals(s.shape())) {
        throw new IllegalArgumentException(
            s.name()
                + " of shape "
                + s.shape()
                + (planned == null
                    ? " is not in the plan"
                    : " has shape " + planned + " in the plan"));
      }
      if (t != null) {
        tensors.add(t);
      } else {
        left.add(k);
      }
    }
    if (!drawn.isEmpty() || !kept.isEmpty()) {
      String extra =
          new java.util.TreeSet<>(drawn.isEmpty() ? kept.keySet() : drawn.keySet()).first();
      throw new IllegalArgumentException(
          Overrides.missing(extra, specs.stream().map(TensorSpec::name).toList()));
    }
    return new InitPlan(plan.recipe(), plan.seed(), tensors, left);
  }
}
