package org.fanin.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fanin.math.Fns;

/// Reads the spelling of a scheme.
public final class SchemeNames {
  private static final Pattern CALL = Pattern.compile("([a-z0-9-]+)(?:\\((.*)\\))?");
  private static final Map<String, Supplier<Scheme>> PLAIN = new TreeMap<>();
  private static final String WITH_ARGUMENTS =
      "normal(σ), normal(σ/√N), uniform(±b), truncated-normal(σ, ±k), constant(v), siren(ω),"
          + " gain(activation), gain-forward(activation), gain-backward(activation), and any name"
          + " with (gain=g) or he-…(a=slope)";

  static {
    PLAIN.put("lecun-normal", Schemes::lecunNormal);
    PLAIN.put("lecun-uniform", Schemes::lecunUniform);
    PLAIN.put("lecun-truncated", Schemes::lecunTruncated);
    PLAIN.put("glorot-normal", Schemes::glorotNormal);
    PLAIN.put("glorot-uniform", Schemes::glorotUniform);
    PLAIN.put("glorot-truncated", Schemes::glorotTruncated);
    PLAIN.put("xavier-normal", Schemes::glorotNormal);
    PLAIN.put("xavier-uniform", Schemes::glorotUniform);
    PLAIN.put("he-normal", Schemes::heNormal);
    PLAIN.put("he-uniform", Schemes::heUniform);
    PLAIN.put("he-truncated", Schemes::heTruncated);
    PLAIN.put("he-normal-fan-out", Schemes::heNormalFanOut);
    PLAIN.put("he-uniform-fan-out", Schemes::heUniformFanOut);
    PLAIN.put("kaiming-normal", Schemes::heNormal);
    PLAIN.put("kaiming-uniform", Schemes::heUniform);
    PLAIN.put("pytorch-default", Schemes::pytorchDefault);
    PLAIN.put("orthogonal", () -> Schemes.orthogonal(1));
    PLAIN.put("zeros", Schemes::zeros);
    PLAIN.put("ones", Schemes::ones);
    PLAIN.put("siren-first", Schemes::sirenFirst);
    PLAIN.put("siren", () -> Schemes.siren(30));
  }

  private SchemeNames() {}

  /// @throws IllegalArgumentException naming the known spellings
  public static Scheme parse(String spelling) {
    String s = spelling.strip().toLowerCase(Locale.ROOT).replace('_', '-').replace("−", "-");
    Matcher m = CALL.matcher(s);
    if (!m.matches()) {
      throw unknown(spelling);
    }
    String arguments = m.group(2) == null ? "" : m.group(2).strip();
    Supplier<Scheme> plain = PLAIN.get(m.group(1));
    if (plain != null) {
      return modified(spelling, m.group(1), plain.get(), arguments);
    }
    return switch (m.group(1)) {
      case "normal" -> normal(spelling, arguments);
      case "uniform" -> Schemes.uniform(numbers(spelling, arguments, 1)[0]);
      case "truncated-normal" -> {
        double[] a = numbers(spelling, arguments, 2);
        yield Schemes.truncatedNormal(a[0], a[1]);
      }
      case "constant" -> Schemes.constant(numbers(spelling, arguments, 1)[0]);
      case "gain", "gain-forward" -> Schemes.forward(Fns.named(arguments));
      case "gain-backward" -> Schemes.backward(Fns.named(arguments));
      default -> throw unknown(spelling);
    };
  }

  /// Every name without arguments, sorted.
  public static List<String> known() {
    return List.copyOf(PLAIN.keySet());
  }

  private static Scheme modified(String spelling, String name, Scheme s, String arguments) {
    if (arguments.isEmpty()) {
      return s;
    }
    if (name.equals("siren")) {
      return Schemes.siren(numbers(spelling, arguments, 1)[0]);
    }
    String[] half = arguments.split("=", 2);
    if (half.length < 2) {
      throw new IllegalArgumentException(spelling + ": (gain=g) or, for he-…, (a=slope) is wanted");
    }
    double value = numbers(spelling, half[1], 1)[0];
    String key = half[0].strip();
    if (key.equals("gain")) {
      return name.equals("orthogonal") ? Schemes.orthogonal(value) : s.times(value);
    }
    if (key.equals("a") && s.equals(Schemes.heNormal())) {
      return Schemes.heNormal(value);
    }
    if (key.equals("a") && s.equals(Schemes.heUniform())) {
      return Schemes.heUniform(value);
    }
    throw new IllegalArgumentException(spelling + ": unknown parameter \"" + key + "\"");
  }

  private static Scheme normal(String spelling, String arguments) {
    String[] half = arguments.split("/\\s*√", 2);
    double sigma = numbers(spelling, half[0], 1)[0];
    if (half.length < 2) {
      return Schemes.normal(sigma);
    }
    return Schemes.depthScaled(sigma, (int) Math.round(numbers(spelling, half[1], 1)[0] / 2));
  }

  private static double[] numbers(String spelling, String list, int wanted) {
    List<Double> found = new ArrayList<>();
    for (String part : list.replace("±", "").split(",")) {
      try {
        found.add(Double.parseDouble(part.strip()));
      } catch (NumberFormatException _) {
        throw new IllegalArgumentException(spelling + ": \"" + part.strip() + "\" is not a number");
      }
    }
    if (found.size() != wanted || found.stream().anyMatch(x -> !Double.isFinite(x))) {
      throw new IllegalArgumentException(
          spelling
              + ": "
              + wanted
              + " finite number"
              + (wanted == 1 ? "" : "s")
              + " wanted in the brackets");
    }
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static IllegalArgumentException unknown(String spelling) {
    return new IllegalArgumentException(
        "unknown scheme \""
            + spelling
            + "\"; known: "
            + String.join(", ", PLAIN.keySet())
            + "; "
            + WITH_ARGUMENTS);
  }
}
