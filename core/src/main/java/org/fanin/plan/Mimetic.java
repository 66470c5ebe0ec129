package org.fanin.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.fanin.graph.Axes;
import org.fanin.plan.RecipeRule.Given;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Self-attention that starts out as if trained (Trockman & Kolter 2023, "Mimetic initialization of
/// self-attention layers", ICML, §3): W_Q·W_Kᵀ ≈ α₁Z + β₁I and W_V·W_proj ≈ α₂Z − β₂I, Z_ij ~ N(0,
/// 1/d). The paper factorises; here one factor is orthogonal and the other follows, which gives the
/// value side's law exactly and a random projection on the query side (docs/recipes.md).
///
/// @param alpha1 noise of the query side
/// @param beta1 of the query side: tokens look at those like themselves
/// @param alpha2 noise of the value side
/// @param beta2 of the value side: what is attended to is taken away
/// @param heads of a layer: with it α₁ and β₁ are the paper's, and those of the random projection
///   are chosen such that a head's product has the diagonal and the noise of the paper's; 0 takes
///   α₁ and β₁ for the projection as they are
/// @param base recipe of everything else
record Mimetic(double alpha1, double beta1, double alpha2, double beta2, int heads, String base) {
  static final String NAME = "mimetic";
  private static final String PAPER = "Trockman & Kolter 2023, Mimetic Initialization, §3";
  private static final Mimetic PLAIN = new Mimetic(0.7, 0.7, 0.4, 0.4, 0, "vit");

  Mimetic {
    check("1", alpha1, beta1);
    check("2", alpha2, beta2);
    if (heads < 0) {
      throw new IllegalArgumentException(NAME + ": " + heads + " heads");
    }
  }

  private static void check(String side, double alpha, double beta) {
    if (!(alpha >= 0 && balance(alpha, beta) > 0 && balance(alpha, beta) < 1e6)) {
      throw new IllegalArgumentException(
          NAME
              + ": alpha"
              + side
              + " "
              + alpha
              + " and beta"
              + side
              + " "
              + beta
              + " are found, wanted a noise ≥ 0, finite numbers, and not both 0");
    }
  }

  // ---- spelling ----

  static boolean spells(String s) {
    return s.equals(NAME) || s.startsWith(NAME + "(") && s.endsWith(")");
  }

  /// `mimetic`, `mimetic(beta1=1.4, base=deit)`.
  ///
  /// @throws IllegalArgumentException for what is not one of the six
  static Mimetic named(String s) {
    Mimetic m = PLAIN;
    if (s.equals(NAME)) {
      return m;
    }
    for (String argument : arguments(s.substring(NAME.length() + 1, s.length() - 1))) {
      int at = argument.indexOf('=');
      m =
          m.with(
              argument.substring(0, Math.max(0, at)).strip(), argument.substring(at + 1).strip());
    }
    return m;
  }

  /// Cut at the commas that stand in no inner brackets.
  private static List<String> arguments(String s) {
    List<String> all = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && depth == 0) {
        all.add(s.substring(from, i));
        from = i + 1;
      }
    }
    all.add(s.substring(from));
    return all;
  }

  private Mimetic with(String key, String value) {
    return switch (key) {
      case "alpha1" -> new Mimetic(number(value), beta1, alpha2, beta2, heads, base);
      case "beta1" -> new Mimetic(alpha1, number(value), alpha2, beta2, heads, base);
      case "alpha2" -> new Mimetic(alpha1, beta1, number(value), beta2, heads, base);
      case "beta2" -> new Mimetic(alpha1, beta1, alpha2, number(value), heads, base);
      case "heads" -> new Mimetic(alpha1, beta1, alpha2, beta2, whole(value), base);
      case "base" -> new Mimetic(alpha1, beta1, alpha2, beta2, heads, baseName(value));
      default ->
          throw new IllegalArgumentException(
              NAME
                  + " takes alpha1, beta1, alpha2, beta2, heads and base, each with =, found "
                  + key);
    };
  }

  private static String baseName(String value) {
    if (spells(value)) {
      throw new IllegalArgumentException("the base of " + NAME + " is another recipe");
    }
    return Recipes.named(value).name();
  }

  private static double number(String s) {
    try {
      return Double.parseDouble(s);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(NAME + ": " + s + " is no number", e);
    }
  }

  private static int whole(String s) {
    if (!s.matches("[1-9]\\d{0,5}")) {
      throw new IllegalArgumentException(NAME + ": " + s + " is no number of heads");
    }
    return Integer.parseInt(s);
  }

  private String spelling() {
    List<String> said = new ArrayList<>();
    say(said, "alpha1", alpha1, PLAIN.alpha1);
    say(said, "beta1", beta1, PLAIN.beta1);
    say(said, "alpha2", alpha2, PLAIN.alpha2);
    say(said, "beta2", beta2, PLAIN.beta2);
    if (heads > 0) {
      said.add("heads=" + heads);
    }
    if (!base.equals(PLAIN.base)) {
      said.add("base=" + base);
    }
    return said.isEmpty() ? NAME : NAME + "(" + String.join(", ", said) + ")";
  }

  private static void say(List<String> said, String key, double value, double usual) {
    if (value != usual) {
      said.add(key + "=" + Spelling.number(value));
    }
  }

  // ---- heads ----

  /// α and β of a random projection on share·d dimensions of αZ + βI whose diagonal and noise are
  /// those that the largest singular values of the paper's would have. The projection QᵀQ(αZ + βI)
  /// has β·share on the diagonal and (α² + β²(1 − share))·share/d beside it.
  private Mimetic projected() {
    if (heads < 2 || alpha1 == 0) {
      return this;
    }
    double share = 1.0 / heads;
    TopSingular top = TopSingular.of(alpha1, Math.abs(beta1), share);
    double beta = top.diagonal() / share;
    double noise = top.beside() / share - beta * beta * (1 - share);
    return new Mimetic(
        Math.sqrt(Math.max(0, noise)), Math.copySign(beta, beta1), alpha2, beta2, heads, base);
  }

  // ---- rules ----

  Recipe recipe() {
    Recipe rest = Recipes.named(base);
    Mimetic drawn = projected();
    List<RecipeRule> rules = new ArrayList<>();
    rules.add(RecipeRule.of(SelfAttention::isPart, drawn::part));
    rules.add(RecipeRule.of(SelfAttention::isEnd, drawn::out));
    rules.addAll(rest.rules());
    return new Recipe(
        spelling(),
        String.format(
            Locale.ROOT,
            "self-attention with W_Q·W_Kᵀ ≈ %sZ + %sI and W_V·W_proj = %sZ − %sI, the rest as %s",
            Spelling.number(alpha1),
            Spelling.number(beta1),
            Spelling.number(alpha2),
            Spelling.number(beta2),
            base),
        PAPER + "; the rest: " + rest.source(),
        rules);
  }

  /// A recipe that would change nothing is refused: there is no layer it fits.
  ///
  /// @throws IllegalArgumentException naming what the first candidate lacks
  static void applies(List<TensorPlan> drawn) {
    if (drawn.stream().anyMatch(t -> t.scheme().startsWith(NAME))) {
      return;
    }
    String mark = "[instead: ";
    String found =
        drawn.stream()
            .map(TensorPlan::because)
            .filter(b -> b.contains(mark + NAME) && b.endsWith("]"))
            .findFirst()
            .map(b -> b.substring(b.indexOf(mark) + mark.length(), b.length() - 1))
            .orElse("no tensor is named as a query, key or value of self-attention");
    throw new IllegalArgumentException(
        "the recipe mimetic fits no layer of this network: " + found);
  }

  private Given part(TensorSpec s, Model model) {
    SelfAttention.Unit unit = checked(model.attention().of(s));
    divides(unit);
    if (unit.fused()) {
      Axes a = axes(s);
      return given(
          new Draw.Parts(a.partAxis(), List.of(query(s), key(s, s.name()), value(s))),
          "mimetic query, key, value",
          "query and value orthogonal; the key follows the query: " + keyLaw());
    }
    if (s.name().equals(unit.query().name())) {
      return given(query(s), "mimetic query", "orthogonal; " + unit.key().name() + " follows it");
    }
    return s.name().equals(unit.key().name())
        ? given(key(s, unit.query().name()), "mimetic key", "follows the query: " + keyLaw())
        : given(value(s), "mimetic value", "orthogonal; " + unit.out().name() + " follows it");
  }

  private Given out(TensorSpec s, Model model) {
    SelfAttention.Unit unit = checked(model.attention().of(s));
    divides(unit);
    double scale = Math.sqrt(balance(alpha2, beta2));
    return given(
        new Draw.Aligned(
            0 - beta2 / scale,
            unit.value().name(),
            unit.fused() ? 2 : 0,
            true,
            noise(s, alpha2 / scale),
            matrix(s)),
        "mimetic projection",
        "follows the value: W_V·W_proj = "
            + Spelling.number(alpha2)
            + "·Z − "
            + Spelling.number(beta2)
            + "·I");
  }

  private Given given(Draw draw, String scheme, String because) {
    return new Given(draw, scheme, because, PAPER);
  }

  private String keyLaw() {
    return "W_Q·W_Kᵀ of a head is a random projection of "
        + Spelling.rounded(alpha1)
        + "·Z + "
        + Spelling.rounded(beta1)
        + "·I"
        + (heads > 1 ? ", as strong as the paper's with " + heads + " heads" : "");
  }

  // ---- draws ----

  /// √(α² + β²), the size of αZ + βI: each factor gets its root, so that both have one norm.
  private static double balance(double alpha, double beta) {
    return Math.sqrt(alpha * alpha + beta * beta);
  }

  private Draw query(TensorSpec s) {
    return new Draw.Orthogonal(Math.sqrt(balance(alpha1, beta1)), matrix(s));
  }

  private Draw key(TensorSpec s, String query) {
    double scale = Math.sqrt(balance(alpha1, beta1));
    return new Draw.Aligned(beta1 / scale, query, 0, false, noise(s, alpha1 / scale), matrix(s));
  }

  private Draw value(TensorSpec s) {
    return new Draw.Orthogonal(Math.sqrt(balance(alpha2, beta2)), matrix(s));
  }

  private static double noise(TensorSpec s, double size) {
    return size / Math.sqrt(SchemeDraws.extent(s.shape(), axes(s).columns()));
  }

  private static Draw.Matrix matrix(TensorSpec s) {
    Axes a = axes(s);
    return new Draw.Matrix(a.rows(), a.columns(), a.batch());
  }

  private static Axes axes(TensorSpec s) {
    return s.fan()
        .flatMap(f -> f.axes())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    NAME
                        + " needs to know which axes of "
                        + s.name()
                        + " are outputs: "
                        + s.because()));
  }

  // ---- does it fit? ----

  private static SelfAttention.Unit checked(SelfAttention.Unit unit) {
    int parts = unit.fused() ? 3 : 1;
    fits(unit.query(), parts, unit);
    fits(unit.key(), parts, unit);
    fits(unit.value(), parts, unit);
    fits(unit.out(), 1, unit);
    return unit;
  }

  private void divides(SelfAttention.Unit unit) {
    double width = SchemeDraws.extent(unit.out().shape(), axes(unit.out()).rows());
    if (heads > 1 && width % heads != 0) {
      throw new IllegalArgumentException(
          NAME
              + ": "
              + heads
              + " heads do not divide the "
              + (long) width
              + " rows of "
              + unit.out().name());
    }
  }

  private static void fits(TensorSpec s, int parts, SelfAttention.Unit unit) {
    Axes a = axes(s);
    Shape shape = s.shape();
    double rows = SchemeDraws.extent(shape, a.rows()) / parts;
    double columns = SchemeDraws.extent(shape, a.columns());
    double width = SchemeDraws.extent(unit.out().shape(), axes(unit.out()).rows());
    boolean plain = a.taps().isEmpty() && a.batch().isEmpty() && a.groups() == 1;
    if (!plain || a.parts() != parts || rows != width || columns != width) {
      throw new IllegalArgumentException(
          NAME
              + " needs query, key, value and projection to be square, of one width and with as"
              + " many heads each; "
              + s.name()
              + " of shape "
              + shape
              + " is not beside "
              + unit.out().name()
              + " of shape "
              + unit.out().shape());
    }
    if ((s.dtype() == DType.F64) != (unit.out().dtype() == DType.F64)) {
      throw new IllegalArgumentException(
          NAME
              + " needs one precision: "
              + s.name()
              + " and "
              + unit.out().name()
              + " are not both f64");
    }
  }
}
