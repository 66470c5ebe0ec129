package org.fanin.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which tensors make one layer of self-attention, by their names: query, key and value, in one
/// tensor or three, and the projection behind them.
final class SelfAttention {
  /// Tensors that belong together; query, key and value are one and the same where they are fused.
  record Unit(TensorSpec query, TensorSpec key, TensorSpec value, TensorSpec out) {
    boolean fused() {
      return query.name().equals(value.name());
    }
  }

  private static final Pattern FUSED =
      Pattern.compile(
          "(.*\\.)(c_attn|qkv|to_qkv|qkv_proj|wqkv|att_proj|in_proj_qkv|in_proj)[._](weight|kernel)");

  private static final Pattern PART =
      Pattern.compile(
          "(.*\\.)((?:to_|w)?([qkv])(?:_proj|_lin)?|query|key|value)\\.(weight|kernel)");

  /// Keys and values of another sequence.
  private static final Pattern CROSS =
      Pattern.compile(".*(cross|encoder_?attn|encdec|enc_dec|multihead_attn|attn2).*");

  private static final String TURNS = "qkv";

  private final Map<String, TensorSpec> parts = new HashMap<>();
  private final Map<String, List<TensorSpec>> ends = new HashMap<>();
  private final Map<String, String> partsOf = new HashMap<>();

  SelfAttention(Iterable<TensorSpec> specs) {
    Map<String, String> places = new HashMap<>();
    List<TensorSpec> all = new ArrayList<>();
    for (TensorSpec s : specs) {
      if (isPart(s)) {
        String place = place(s);
        places.put(place, place);
        String around = place.substring(0, place.lastIndexOf('.', place.length() - 2) + 1);
        if (around.contains("att")) {
          places.putIfAbsent(around, place);
        }
        for (char kind : kinds(s).toCharArray()) {
          parts.put(place + kind, s);
        }
      } else if (isEnd(s)) {
        all.add(s);
      }
    }
    all.forEach(s -> end(s, places));
  }

  /// Is this, by its name, a query, key or value of self-attention?
  static boolean isPart(TensorSpec s) {
    String n = NameSpecs.plain(s.name());
    boolean named = FUSED.matcher(n).matches() || PART.matcher(n).matches();
    return named && attends(n) && RecipeRule.LINEAR.test(s);
  }

  /// Is this, by its name, the projection behind one?
  static boolean isEnd(TensorSpec s) {
    return s.residualEnd() && RecipeRule.LINEAR.test(s) && attends(NameSpecs.plain(s.name()));
  }

  private static boolean attends(String plain) {
    return plain.contains("att") && !CROSS.matcher(plain).matches();
  }

  private static Matcher matcher(TensorSpec s) {
    String n = NameSpecs.plain(s.name());
    Matcher fused = FUSED.matcher(n);
    Matcher m = fused.matches() ? fused : PART.matcher(n);
    if (!m.matches()) {
      throw new IllegalStateException(s.name());
    }
    return m;
  }

  private static String place(TensorSpec s) {
    return matcher(s).group(1);
  }

  private static String kinds(TensorSpec s) {
    Matcher m = matcher(s);
    if (m.pattern() == FUSED) {
      return TURNS;
    }
    return m.group(3) == null ? m.group(2).substring(0, 1) : m.group(3);
  }

  /// The projection stands beside the three, or one module further out (BERT's
  /// `attention.self.query` and `attention.output.dense`).
  private void end(TensorSpec s, Map<String, String> places) {
    String n = NameSpecs.plain(s.name());
    for (int dot = n.lastIndexOf('.'); dot > 0; dot = n.lastIndexOf('.', dot - 1)) {
      String place = places.get(n.substring(0, dot + 1));
      if (place != null) {
        ends.computeIfAbsent(place, _ -> new ArrayList<>()).add(s);
        partsOf.put(s.name(), place);
        return;
      }
    }
  }

  /// The layer that a tensor belongs to.
  ///
  /// @throws IllegalArgumentException naming what is missing
  Unit of(TensorSpec s) {
    String place =
        isPart(s)
            ? place(s)
            : Optional.ofNullable(partsOf.get(s.name()))
                .orElseThrow(() -> missing(s, "no query, key and value beside it"));
    List<TensorSpec> behind = ends.getOrDefault(place, List.of());
    if (behind.size() != 1) {
      throw missing(
          s, behind.isEmpty() ? "no output projection beside it" : "several output projections");
    }
    return new Unit(
        part(s, place, "query"), part(s, place, "key"), part(s, place, "value"), behind.getFirst());
  }

  private TensorSpec part(TensorSpec s, String place, String kind) {
    TensorSpec found = parts.get(place + kind.charAt(0));
    if (found == null) {
      throw missing(s, "no " + kind + " beside it");
    }
    return found;
  }

  private static IllegalArgumentException missing(TensorSpec s, String what) {
    return new IllegalArgumentException(
        "mimetic needs the query, key, value and output projection of one layer, and "
            + s.name()
            + " has "
            + what);
  }
}
