package org.fanin.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.fanin.graph.Buffer;
import org.fanin.graph.Role;
import org.fanin.graph.Storage;
import org.fanin.plan.RecipeRule.Given;

/// How all tensors of a network are drawn: rules by role, name and place. The first rule that fits
/// decides; what a recipe has no rule for gets what [CommonRules] say, with the reason.
public final class Recipe {
  private final String name;
  private final String imitates;
  private final String source;
  private final List<RecipeRule> rules;

  /// Rules of a file: they must match something, and may ask for an element type.
  private final List<RecipeFile.Rule> written;

  Recipe(String name, String imitates, String source, List<RecipeRule> rules) {
    this(name, imitates, source, rules, List.of());
  }

  Recipe(
      String name,
      String imitates,
      String source,
      List<RecipeRule> rules,
      List<RecipeFile.Rule> written) {
    this.name = name;
    this.imitates = imitates;
    this.source = source;
    this.rules = List.copyOf(rules);
    this.written = List.copyOf(written);
  }

  List<RecipeRule> rules() {
    return rules;
  }

  /// Spelling that [Recipes#named] reads.
  public String name() {
    return name;
  }

  /// What it does, in a sentence.
  public String imitates() {
    return imitates;
  }

  /// Library and version, or paper.
  public String source() {
    return source;
  }

  /// @param specs all tensors of the network: some rules look at the whole
  /// @return every tensor either drawn or kept, with its reason
  /// @throws IllegalArgumentException for two tensors of one name, an override that matches
  ///   nothing, or a scheme that cannot be applied to a tensor that an override names
  public InitPlan plan(List<TensorSpec> specs, long seed, PlanOptions options) {
    return plan(specs, new Model(specs), seed, options);
  }

  /// @param model of these specs
  InitPlan plan(List<TensorSpec> specs, Model model, long seed, PlanOptions options) {
    options.overrides().check(specs);
    check(specs);
    List<RecipeRule> all = new ArrayList<>(rules.subList(0, written.size()));
    all.addAll(CommonRules.first());
    if (!name.startsWith("lora")) {
      all.addAll(CommonRules.adapters(false));
    }
    all.addAll(rules.subList(written.size(), rules.size()));
    all.addAll(CommonRules.last());
    List<TensorPlan> drawn = new ArrayList<>();
    List<InitPlan.Kept> kept = new ArrayList<>();
    for (TensorSpec original : specs) {
      TensorSpec s = typed(options.typed(original));
      Given g = fitting(s, options.overrides().find(s), () -> give(all, s, model, written.size()));
      g = padded(g, s, options);
      if (g.draw() == null) {
        kept.add(InitPlan.Kept.of(s, original.dtype(), g.because()));
      } else {
        double variance = Draws.variance(g.draw(), s.shape());
        drawn.add(
            new TensorPlan(
                s, g.draw(), options.stochastic(), g.scheme(), variance, g.because(), g.source()));
      }
    }
    if (Mimetic.spells(name)) {
      Mimetic.applies(drawn);
    }
    String spelled = options.overrides().isEmpty() ? name : name + " with overrides";
    return new InitPlan(spelled, seed, drawn, kept);
  }

  /// A plan that was made elsewhere, with what a user says beside it put over it.
  ///
  /// @param specs all tensors of the network
  /// @throws IllegalArgumentException as [#plan]
  public static InitPlan adjust(InitPlan plan, List<TensorSpec> specs, PlanOptions options) {
    options.overrides().check(specs);
    Map<String, TensorPlan> drawn = new HashMap<>();
    Map<String, InitPlan.Kept> kept = new HashMap<>();
    plan.tensors().forEach(t -> drawn.put(t.name(), t));
    plan.kept().forEach(k -> kept.put(k.name(), k));
    List<TensorPlan> tensors = new ArrayList<>();
    List<InitPlan.Kept> left = new ArrayList<>();
    for (TensorSpec original : specs) {
      TensorSpec s = options.typed(original);
      TensorPlan t = drawn.get(s.name());
      InitPlan.Kept k = kept.get(s.name());
      Given g =
          fitting(
              s,
              options.overrides().find(s),
              () ->
                  t == null
                      ? Given.keep(k == null ? unnamed(s) : k.because())
                      : new Given(t.draw(), t.scheme(), t.because(), t.source()));
      g = padded(g, s, options);
      if (g.draw() == null) {
        left.add(InitPlan.Kept.of(original, original.dtype(), g.because()));
      } else {
        double variance = Draws.variance(g.draw(), s.shape());
        tensors.add(
            new TensorPlan(
                s, g.draw(), options.stochastic(), g.scheme(), variance, g.because(), g.source()));
      }
    }
    String spelled =
        options.overrides().isEmpty() ? plan.recipe() : plan.recipe() + " with overrides";
    return new InitPlan(spelled, plan.seed(), tensors, left);
  }

  private static String unnamed(TensorSpec s) {
    return s.buffer().map(Buffer::because).orElse("the plan does not name it");
  }

  /// What cannot be written is kept, whatever a recipe or a user says: one tensor must not cost the
  /// others.
  ///
  /// @param wish of a user
  private static Given fitting(TensorSpec s, Optional<Given> wish, Supplier<Given> rule) {
    Storage storage = s.arrival().storage();
    return storage.isWritable() ? wish.orElseGet(rule) : Given.keep(storage.because());
  }

  private void check(List<TensorSpec> specs) {
    for (int i = 0; i < written.size(); i++) {
      RecipeFile.Rule r = written.get(i);
      if (specs.stream().noneMatch(rules.get(i).when())) {
        throw new IllegalArgumentException(
            r.where()
                + ": "
                + Overrides.missing(r.match(), specs.stream().map(TensorSpec::name).toList()));
      }
    }
  }

  private TensorSpec typed(TensorSpec s) {
    for (int i = 0; i < written.size(); i++) {
      RecipeFile.Rule r = written.get(i);
      if (rules.get(i).when().test(s)) {
        return r.dtype().isPresent() && s.dtype().floating() ? s.withDtype(r.dtype().get()) : s;
      }
    }
    return s;
  }

  /// A rule whose scheme needs what is not known of the tensor gives way to the next one, and the
  /// reason says so. The first `byHand` rules are a user's: they must work.
  private Given give(List<RecipeRule> all, TensorSpec s, Model model, int byHand) {
    String failed = "";
    for (int i = 0; i < all.size(); i++) {
      RecipeRule r = all.get(i);
      if (!r.when().test(s)) {
        continue;
      }
      try {
        Given g = sourced(r, r.give().of(s, model));
        return failed.isEmpty()
            ? g
            : new Given(
                g.draw(), g.scheme(), g.because() + " [instead: " + failed + "]", g.source());
      } catch (IllegalArgumentException e) {
        if (i < byHand) {
          throw e;
        }
        failed = failed.isEmpty() ? String.valueOf(e.getMessage()) : failed;
      }
    }
    throw new IllegalStateException("no rule for " + s.name());
  }

  /// A number that a scheme takes as given is this recipe's, or a convention of all.
  private Given sourced(RecipeRule r, Given g) {
    return g.source().equals("given")
        ? new Given(
            g.draw(),
            g.scheme(),
            g.because(),
            rules.contains(r) ? source : "common to all recipes (docs/recipes.md)")
        : g;
  }

  private static Given padded(Given g, TensorSpec s, PlanOptions options) {
    boolean table = s.role() == Role.EMBEDDING || s.role() == Role.TIED;
    if (g.draw() == null || !table || options.paddingRow().isEmpty()) {
      return g;
    }
    long row = options.paddingRow().getAsLong();
    if (row < 0 || row >= s.shape().dim(0)) {
      throw new IllegalArgumentException(
          "padding row " + row + ": " + s.name() + " has " + s.shape().dim(0) + " rows");
    }
    return g.draw() instanceof Draw.Slice
        ? g
        : new Given(
            new Draw.Slice(g.draw(), 0, row, 0),
            g.scheme(),
            g.because() + "; row " + row + " is padding: 0, by option",
            g.source());
  }

  @Override
  public String toString() {
    return name;
  }
}
