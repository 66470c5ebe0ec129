package org.fanin.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.fanin.graph.Role;
import org.fanin.plan.RecipeRule.Given;
import org.fanin.tensor.DType;

/// A recipe of one's own: a list of rules, then a known recipe for the rest.
///
/// @param name what the plan calls it
/// @param base spelling of the recipe for tensors that no rule matches
/// @param seed when the file says one
/// @param rules the first that matches decides
public record RecipeFile(String name, String base, OptionalLong seed, List<Rule> rules) {
  /// @param match regular expression searched for in the name; "" for any
  /// @param role empty for any
  /// @param end whether it must (or must not) end a residual branch; empty for either
  /// @param scheme spelling, or "keep"
  /// @param depth how the variance shrinks with the network's depth
  /// @param dtype element type; empty keeps the tensor's
  /// @param line of the file, 0 when there is none
  public record Rule(
      String match,
      Optional<Role> role,
      Optional<Boolean> end,
      String scheme,
      Depth depth,
      Optional<DType> dtype,
      String because,
      int line) {
    String where() {
      return (line > 0 ? "line " + line + ": " : "")
          + (match.isEmpty() ? "rule" : "\"" + match + "\"");
    }

    Predicate<TensorSpec> when() {
      Pattern p = Pattern.compile(match);
      return s ->
          (match.isEmpty() || p.matcher(s.name()).find())
              && role.map(r -> r == s.role()).orElse(true)
              && end.map(e -> e == s.residualEnd()).orElse(true);
    }
  }

  /// @throws IllegalArgumentException for a base, scheme or expression that cannot be read
  public RecipeFile {
    rules = List.copyOf(rules);
    Recipes.named(base);
    for (Rule r : rules) {
      try {
        Pattern.compile(r.match());
        if (!r.scheme().equals("keep")) {
          Schemes.named(r.scheme());
        }
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            r.where() + " is no regular expression: " + e.getDescription(), e);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(r.where() + ": " + e.getMessage(), e);
      }
    }
  }

  /// Reads `recipe`, `base`, `seed` and `rules` with `match`, `role`, `end`, `scheme`,
  /// `scale-by-depth`, `dtype`, `because`.
  ///
  /// @throws IllegalArgumentException with the line of what does not fit
  public static RecipeFile read(PlanNode file) {
    PlanNode.Mapping m = file.mapping();
    m.only(List.of("recipe", "base", "seed", "rules"));
    List<Rule> rules = new ArrayList<>();
    for (PlanNode r : m.has("rules") ? m.get("rules").list() : List.<PlanNode>of()) {
      rules.add(rule(r.mapping()));
    }
    String base = m.has("base") ? m.get("base").text() : "he-normal";
    OptionalLong seed =
        m.has("seed") ? OptionalLong.of(m.get("seed").whole()) : OptionalLong.empty();
    return new RecipeFile(m.get("recipe").text(), base, seed, rules);
  }

  private static Rule rule(PlanNode.Mapping m) {
    m.only(List.of("match", "role", "end", "scheme", "scale-by-depth", "dtype", "because"));
    if (!m.has("match") && !m.has("role")) {
      throw m.fault("found " + m.entries().keySet() + ", wanted \"match\" or \"role\"");
    }
    return new Rule(
        m.has("match") ? m.get("match").text() : "",
        m.has("role") ? Optional.of(m.get("role").word(Role.class)) : Optional.empty(),
        m.has("end") ? Optional.of(m.get("end").flag()) : Optional.empty(),
        m.get("scheme").text(),
        m.has("scale-by-depth") ? m.get("scale-by-depth").word(Depth.class) : Depth.NONE,
        m.has("dtype") ? Optional.of(m.get("dtype").word(DType.class)) : Optional.empty(),
        m.has("because") ? m.get("because").text() : "",
        m.line());
  }

  /// The recipe that these rules make.
  public Recipe recipe() {
    List<RecipeRule> all = new ArrayList<>();
    for (Rule r : rules) {
      all.add(new RecipeRule(r.when(), (s, _) -> give(r, s)));
    }
    Recipe rest = Recipes.named(base);
    all.addAll(rest.rules());
    return new Recipe(
        name, rules.size() + " rules, then " + base, "recipe file; " + rest.source(), all, rules);
  }

  private static Given give(Rule r, TensorSpec s) {
    String because = r.because().isEmpty() ? "recipe file: " + r.where() : r.because();
    if (r.scheme().equals("keep")) {
      return Given.keep(because);
    }
    Scheme scheme = Schemes.named(r.scheme());
    if (r.depth() == Depth.NONE) {
      return Given.of(scheme, s, because);
    }
    double factor = r.depth().factor(s.layer(), s.layers(), r.scheme() + " for " + s.name());
    return Given.of(
        scheme.times(Math.sqrt(factor)), s, because + "; variance by " + r.depth().formula());
  }
}
