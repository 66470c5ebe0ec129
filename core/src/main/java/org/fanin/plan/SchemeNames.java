package org.fanin.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fanin.math.Fn;
import org.fanin.math.Fns;

/// Reads the spelling of a scheme.
public final class SchemeNames {
  private static final Pattern CALL = Pattern.compile("([a-z0-9-]+)(?:\\((.*)\\))?");
  private static final Pattern GAIN = Pattern.compile("(.*[(, ]gain=)([^,()]+)([,)].*)");
  private static final int LONGEST = 400;
  private static final Map<String, Supplier<Scheme>> PLAIN = new TreeMap<>();
  private static final Map<String, Distribution> LAWS = new TreeMap<>();
  private static final Map<String, FanMode> FANS = new TreeMap<>();
  private static final String WITH_ARGUMENTS =
      "normal(σ), normal(mean, σ), normal(σ/√N), uniform(±b), truncated-normal(σ, ±k),"
          + " torch-trunc-normal(σ, ±bound), constant(v), siren(ω), gain(activation),"
          + " gain-forward(activation, law, fan), gain-backward(…), pytorch-gain(activation),"
          + " small-init(d), wang(d), gpt2-residual(σ), fixup(m), tat(depth), sparse(n, σ),"
          + " forget-bias(v), focal-prior(π), mamba-dt-bias(low, high), any lecun-, glorot- or he-"
          + " name with -fan-in, -fan-out, -fan-avg, -fan-geom or -fan-max, and any name with"
          + " (gain=g) or he-…(a=slope)";

  static {
    LAWS.put("normal", new Distribution.Normal());
    LAWS.put("uniform", new Distribution.Uniform());
    LAWS.put("truncated", new Distribution.Truncated(2, true));
    FANS.put("fan-in", FanMode.IN);
    FANS.put("fan-out", FanMode.OUT);
    FANS.put("fan-avg", FanMode.AVERAGE);
    FANS.put("fan-geom", FanMode.GEOMETRIC);
    FANS.put("fan-max", FanMode.LARGEST);
    for (String family : List.of("lecun", "glorot", "he")) {
      LAWS.forEach((law, d) -> families(family, law, d));
    }
    PLAIN.put("xavier-normal", Schemes::glorotNormal);
    PLAIN.put("xavier-uniform", Schemes::glorotUniform);
    PLAIN.put("kaiming-normal", Schemes::heNormal);
    PLAIN.put("kaiming-uniform", Schemes::heUniform);
    PLAIN.put("pytorch-default", Schemes::pytorchDefault);
    PLAIN.put("orthogonal", () -> Schemes.orthogonal(1));
    PLAIN.put("orthogonal-fan-in", () -> DeepSchemes.orthogonal(FanMode.IN));
    PLAIN.put("orthogonal-fan-out", () -> DeepSchemes.orthogonal(FanMode.OUT));
    PLAIN.put("delta-orthogonal", DeepSchemes::deltaOrthogonal);
    PLAIN.put("identity", DeepSchemes::identity);
    PLAIN.put("dirac", DeepSchemes::identity);
    PLAIN.put("hadamard", DeepSchemes::hadamard);
    PLAIN.put("zeros", Schemes::zeros);
    PLAIN.put("ones", Schemes::ones);
    PLAIN.put("siren-first", Schemes::sirenFirst);
    PLAIN.put("siren", () -> Schemes.siren(30));
    PLAIN.put("small-init", DeepSchemes::smallInit);
    PLAIN.put("wang", DeepSchemes::wang);
    PLAIN.put("mitchell", DeepSchemes::mitchell);
    PLAIN.put("mitchell-residual", DeepSchemes::mitchellResidual);
    PLAIN.put("t-fixup-encoder", () -> DeepSchemes.tFixup(true));
    PLAIN.put("t-fixup-decoder", () -> DeepSchemes.tFixup(false));
    PLAIN.put("deepnorm", DeepSchemes::deepNorm);
    PLAIN.put("mean-shift", DeepSchemes::meanShift);
    for (String role : List.of("input", "hidden", "output")) {
      PLAIN.put("mup-" + role, () -> DeepSchemes.mup(role));
    }
    PLAIN.put("mamba-dt-bias", () -> DeepSchemes.mambaStepBias(0.001, 0.1));
    PLAIN.put("log-range", DeepSchemes::logRange);
    PLAIN.put("lora-gaussian", DeepSchemes::loraGaussian);
  }

  private SchemeNames() {}

  private static void families(String family, String law, Distribution d) {
    FanMode own = family.equals("glorot") ? FanMode.AVERAGE : FanMode.IN;
    PLAIN.put(family + "-" + law, () -> Schemes.family(family, d, own));
    FANS.forEach(
        (name, fan) ->
            PLAIN.put(family + "-" + law + "-" + name, () -> Schemes.family(family, d, fan)));
  }

  // ---- spelling ----

  static String law(Distribution d) {
    return key(LAWS, d, "law");
  }

  /// E.g. `-fan-out`.
  static String suffix(FanMode fan) {
    return "-" + key(FANS, fan, "fan");
  }

  private static <T> String key(Map<String, T> names, T value, String what) {
    for (Map.Entry<String, T> e : names.entrySet()) {
      if (e.getValue().equals(value)) {
        return e.getKey();
      }
    }
    throw new IllegalArgumentException("no spelling for the " + what + " " + value);
  }

  /// What follows the activation in the brackets of a gain scheme.
  static String options(Distribution law, FanMode fan, FanMode own) {
    String l = law instanceof Distribution.Normal ? "" : ", " + law(law);
    return fan == own ? l : l + ", " + key(FANS, fan, "fan");
  }

  static String withGain(String name, double gain) {
    Matcher m = GAIN.matcher(name);
    if (m.matches()) {
      double all = Double.parseDouble(m.group(2)) * gain;
      return m.group(1) + Spelling.number(all) + m.group(3);
    }
    return name.endsWith(")")
        ? name.substring(0, name.length() - 1) + ", gain=" + Spelling.number(gain) + ")"
        : name + "(gain=" + Spelling.number(gain) + ")";
  }

  // ---- reading ----

  /// @throws IllegalArgumentException naming the known spellings
  public static Scheme parse(String spelling) {
    String s = spelling.strip().toLowerCase(Locale.ROOT).replace('_', '-').replace("−", "-");
    Matcher m = CALL.matcher(s);
    if (s.length() > LONGEST || !m.matches()) {
      throw unknown(spelling);
    }
    Call call = Call.of(spelling, m.group(2) == null ? "" : m.group(2).strip());
    Scheme scheme = base(m.group(1), call).orElseThrow(() -> unknown(spelling));
    call.finish();
    if (call.gain != 1 && !scales(scheme)) {
      throw new IllegalArgumentException(spelling + ": " + scheme.name() + " takes no gain");
    }
    return scheme.times(call.gain);
  }

  private static boolean scales(Scheme s) {
    return !(s.distribution() instanceof Distribution.Constant)
        && (!(s.distribution() instanceof Distribution.Structured)
            || s.distribution() instanceof Distribution.DeltaOrthogonal
            || s.distribution() instanceof Distribution.Identity
            || s.distribution() instanceof Distribution.Sparse
            || s.distribution() instanceof Distribution.Around);
  }

  private static Optional<Scheme> base(String name, Call call) {
    if (call.plain.isEmpty()) {
      return Optional.ofNullable(PLAIN.get(name)).map(Supplier::get).map(s -> leaky(s, call));
    }
    return Optional.ofNullable(
        switch (name) {
          case "normal" -> normal(call);
          case "uniform" -> Schemes.uniform(call.width(call.number()));
          case "truncated-normal" ->
              Schemes.truncatedNormal(call.width(call.number()), call.width(call.number()));
          case "torch-trunc-normal" ->
              Schemes.torchTruncNormal(call.width(call.number()), call.width(call.numberOr(2)));
          case "constant" -> Schemes.constant(call.number());
          case "siren" -> Schemes.siren(call.number());
          case "gain", "gain-forward" -> gain(call, FanMode.IN);
          case "gain-backward" -> gain(call, FanMode.OUT);
          case "pytorch-gain" -> Schemes.pytorchGain(call.word(), call.numberOr(0.01));
          case "small-init" -> DeepSchemes.smallInit(call.number());
          case "wang" -> DeepSchemes.wang(call.number());
          case "gpt2-residual" -> DeepSchemes.gpt2Residual(call.number());
          case "fixup" -> DeepSchemes.fixup((int) call.number());
          case "tat" -> DeepSchemes.tat((int) call.number(), call.numberOr(Tat.USUAL));
          case "sparse" -> DeepSchemes.sparse(call.number(), call.numberOr(1));
          case "forget-bias" -> DeepSchemes.forgetBias(call.number());
          case "focal-prior" -> DeepSchemes.focalPrior(call.number());
          case "mamba-dt-bias" -> DeepSchemes.mambaStepBias(call.number(), call.number());
          default -> {
            if (PLAIN.containsKey(name)) {
              throw new IllegalArgumentException(
                  call.spelling + ": (gain=g) or, for he-…, (a=slope) is wanted");
            }
            yield null;
          }
        });
  }

  /// `he-…(a=slope)`.
  private static Scheme leaky(Scheme s, Call call) {
    if (call.slope == 0) {
      return s;
    }
    if (!s.name().startsWith("he-")) {
      throw new IllegalArgumentException(call.spelling + ": unknown parameter \"a\"");
    }
    call.slopeUsed = true;
    return new Scheme(
        s.name() + "(a=" + Spelling.number(call.slope) + ")",
        s.distribution(),
        s.fan(),
        s.gain2() / (1 + call.slope * call.slope),
        s.depth(),
        s.source());
  }

  /// `normal(σ)`, `normal(mean, σ)`, `normal(σ/√N)`.
  private static Scheme normal(Call call) {
    if (call.plain.size() == 2) {
      return Schemes.normal(call.number(), call.width(call.number()));
    }
    String[] half = call.word().split("/\\s*√", 2);
    double sigma = call.width(call.number(half[0]));
    return half.length < 2
        ? Schemes.normal(sigma)
        : Schemes.depthScaled(sigma, (int) Math.round(call.number(half[1]) / 2));
  }

  private static Scheme gain(Call call, FanMode own) {
    Fn f = Fns.named(call.word());
    Distribution law = LAWS.get("normal");
    FanMode fan = own;
    while (call.more()) {
      String option = call.word();
      if (LAWS.containsKey(option)) {
        law = LAWS.get(option);
      } else if (FANS.containsKey(option)) {
        fan = FANS.get(option);
      } else {
        throw new IllegalArgumentException(
            call.spelling + ": \"" + option + "\" is neither of " + LAWS.keySet() + FANS.keySet());
      }
    }
    return own == FanMode.IN ? Schemes.forward(f, law, fan) : Schemes.backward(f, law, fan);
  }

  /// Every name without arguments, sorted.
  public static List<String> known() {
    return List.copyOf(PLAIN.keySet());
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

  /// What stands in the brackets, read from left to right.
  private static final class Call {
    private final String spelling;
    private final List<String> plain = new ArrayList<>();
    private double gain = 1;
    private double slope;
    private boolean slopeUsed;
    private int next;

    private Call(String spelling) {
      this.spelling = spelling;
    }

    static Call of(String spelling, String arguments) {
      Call c = new Call(spelling);
      int depth = 0;
      int from = 0;
      for (int i = 0; i <= arguments.length(); i++) {
        char ch = i < arguments.length() ? arguments.charAt(i) : ',';
        depth += ch == '(' ? 1 : ch == ')' ? -1 : 0;
        if (ch == ',' && (depth == 0 || i == arguments.length())) {
          c.add(arguments.substring(from, i).strip());
          from = i + 1;
        }
      }
      return c;
    }

    private void add(String argument) {
      if (argument.startsWith("gain=")) {
        gain = number(argument.substring(5));
      } else if (argument.startsWith("a=")) {
        slope = number(argument.substring(2));
      } else if (argument.matches("[a-z]+=.*")) {
        throw new IllegalArgumentException(
            spelling
                + ": unknown parameter \""
                + argument.substring(0, argument.indexOf('='))
                + "\"");
      } else if (!argument.isEmpty()) {
        plain.add(argument);
      }
    }

    boolean more() {
      return next < plain.size();
    }

    String word() {
      if (!more()) {
        throw new IllegalArgumentException(
            spelling + ": more than " + plain.size() + " in the brackets wanted");
      }
      return plain.get(next++);
    }

    double number() {
      return number(word());
    }

    /// What may not be negative.
    double width(double x) {
      if (x < 0) {
        throw new IllegalArgumentException(spelling + ": found " + x + ", wanted 0 or more");
      }
      return x;
    }

    double numberOr(double otherwise) {
      return more() ? number() : otherwise;
    }

    double number(String text) {
      double v;
      try {
        v = Double.parseDouble(text.replace("±", "").strip());
      } catch (NumberFormatException _) {
        throw new IllegalArgumentException(spelling + ": \"" + text.strip() + "\" is not a number");
      }
      if (!Double.isFinite(v)) {
        throw new IllegalArgumentException(spelling + ": a finite number is wanted, found " + text);
      }
      return v;
    }

    void finish() {
      if (more() || slope != 0 && !slopeUsed) {
        throw new IllegalArgumentException(
            spelling + ": \"" + (more() ? plain.get(next) : "a") + "\" is too much");
      }
    }
  }
}
