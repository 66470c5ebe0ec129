package org.fanin.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.fanin.plan.RecipeRule.Given;

/// Schemes given by hand for tensors whose name matches. The first match decides. A pattern that
/// matches nothing is an error: GPT-2's residual scaling was lost for years because nobody was
/// told.
public final class Overrides {
  private static final Overrides NONE = new Overrides(List.of());
  private static final int NEAREST = 5;

  private final List<Override> all;

  private record Override(Pattern pattern, Scheme scheme) {
    boolean matches(TensorSpec s) {
      return pattern.matcher(s.name()).find();
    }
  }

  private Overrides(List<Override> all) {
    this.all = List.copyOf(all);
  }

  public static Overrides none() {
    return NONE;
  }

  /// @param spelled each `regex=scheme`, e.g. `\.fc2\.weight$=he-normal(gain=1.2)`; the regex is
  ///   searched for in the name, the first `=` that leaves a scheme on its right divides
  /// @throws IllegalArgumentException for what cannot be read
  public static Overrides of(List<String> spelled) {
    List<Override> all = new ArrayList<>();
    for (String s : spelled) {
      all.add(read(s));
    }
    return new Overrides(all);
  }

  private static Override read(String spelled) {
    IllegalArgumentException last =
        new IllegalArgumentException(spelled + ": regex=scheme is wanted");
    for (int at = spelled.indexOf('='); at >= 0; at = spelled.indexOf('=', at + 1)) {
      if (at == 0) {
        continue;
      }
      try {
        Scheme scheme = Schemes.named(spelled.substring(at + 1));
        return new Override(Pattern.compile(spelled.substring(0, at)), scheme);
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            spelled + ": no regular expression: " + e.getDescription(), e);
      } catch (IllegalArgumentException e) {
        last = spelled.indexOf('=') == at ? e : last;
      }
    }
    throw last;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  Optional<Given> find(TensorSpec s) {
    for (Override o : all) {
      if (o.matches(s)) {
        String because = "asked for by hand: " + o.pattern();
        return Optional.of(Given.of(o.scheme(), s, because));
      }
    }
    return Optional.empty();
  }

  /// @throws IllegalArgumentException naming the first pattern that matches no tensor, and the
  ///   names that come nearest
  void check(List<TensorSpec> specs) {
    for (Override o : all) {
      if (specs.stream().noneMatch(o::matches)) {
        throw new IllegalArgumentException(
            missing(o.pattern().pattern(), specs.stream().map(TensorSpec::name).toList()));
      }
    }
  }

  /// What to say of a pattern that matches none of these names.
  static String missing(String pattern, List<String> names) {
    String letters = pattern.replaceAll("[^A-Za-z0-9_.]", "");
    List<String> near =
        names.stream()
            .sorted(Comparator.comparingInt(n -> -common(letters, n)))
            .limit(NEAREST)
            .toList();
    return "\""
        + pattern
        + "\" matches none of "
        + names.size()
        + " tensors; nearest: "
        + String.join(", ", near);
  }

  /// Pairs of letters that both have.
  private static int common(String a, String b) {
    int n = 0;
    String text = b.length() > 200 ? b.substring(0, 200) : b;
    for (int i = 0; i + 2 <= Math.min(a.length(), 200); i++) {
      n += text.contains(a.substring(i, i + 2)) ? 1 : 0;
    }
    return n * 100 - Math.min(99, text.length() / 4);
  }
}
