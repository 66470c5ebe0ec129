package org.fanin.plan;

import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;

/// Which tensors a rule is for, and what it gives them.
record RecipeRule(Predicate<TensorSpec> when, Maker give) {
  /// Makes what one tensor gets.
  @FunctionalInterface
  interface Maker {
    Given of(TensorSpec spec, Model model);
  }

  /// @param draw null to keep the file's values
  record Given(Draw draw, String scheme, String because, String source) {
    static Given keep(String because) {
      return new Given(null, "keep", because, "");
    }

    static Given of(Scheme s, TensorSpec spec, String because) {
      return new Given(s.draw(spec), s.name(), because, s.source());
    }
  }

  static RecipeRule of(Predicate<TensorSpec> when, String scheme, String because) {
    Scheme s = Schemes.named(scheme);
    return new RecipeRule(when, (spec, _) -> Given.of(s, spec, because));
  }

  static RecipeRule of(Predicate<TensorSpec> when, Maker give) {
    return new RecipeRule(when, give);
  }

  /// The fans a rule counts on.
  ///
  /// @throws IllegalArgumentException when they are not known: the next rule is asked then
  static Fan fan(TensorSpec s) {
    return s.fan()
        .orElseThrow(
            () -> new IllegalArgumentException("the fans of " + s.name() + " are not known"));
  }

  // ---- conditions ----

  static Predicate<TensorSpec> role(Role... roles) {
    Set<Role> set = Set.of(roles);
    return s -> set.contains(s.role());
  }

  /// The whole name in plain spelling ([NameSpecs#plain]) matches.
  static Predicate<TensorSpec> name(String regex) {
    Pattern p = Pattern.compile(regex);
    return s -> p.matcher(NameSpecs.plain(s.name())).matches();
  }

  /// Every linear map but embeddings and gates.
  static final Predicate<TensorSpec> LINEAR =
      role(Role.WEIGHT, Role.HEAD, Role.TIED, Role.STACKED, Role.FUSED_QKV);

  static final Predicate<TensorSpec> MATRIX = LINEAR.or(role(Role.LSTM_INPUT, Role.LSTM_RECURRENT));

  static final Predicate<TensorSpec> EMBEDDING = role(Role.EMBEDDING, Role.TIED);

  static final Predicate<TensorSpec> END = TensorSpec::residualEnd;

  /// Has kernel axes.
  static final Predicate<TensorSpec> CONV =
      LINEAR.and(
          s ->
              s.fan()
                  .flatMap(f -> f.axes())
                  .map(a -> !a.taps().isEmpty())
                  .orElse(s.shape().rank() > 2 && s.role() != Role.STACKED));

  static final Predicate<TensorSpec> BIAS = role(Role.BIAS);
  static final Predicate<TensorSpec> ALL = _ -> true;
}
