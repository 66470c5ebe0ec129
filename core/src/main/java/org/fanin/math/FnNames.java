package org.fanin.math;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Spellings of functions, both ways.
final class FnNames {
  /// @param most largest number of arguments
  private record Entry(int most, Function<double[], Fn> make) {}

  /// Made when a spelling is read, not when one is written.
  private static final class Table {
    static final Pattern CALL = Pattern.compile("([a-z0-9]+)(?:\\(([^()]*)\\))?");

    static final Map<String, Entry> KNOWN = new TreeMap<>();

    static {
      plain("identity", Fns::identity);
      plain("linear", Fns::identity);
      plain("relu", Fns::relu);
      plain("relu6", Fns::relu6);
      plain("selu", Fns::selu);
      plain("gelu", Fns::gelu);
      plain("gelu-tanh", Fns::geluTanh);
      plain("quick-gelu", Fns::quickGelu);
      plain("sigmoid", Fns::sigmoid);
      plain("hard-swish", Fns::hardSwish);
      plain("silu", Fns::silu);
      plain("mish", Fns::mish);
      plain("softplus", Fns::softplus);
      plain("softsign", Fns::softsign);
      plain("tanh", Fns::tanh);
      plain("erf", Fns::erf);
      plain("sin", Fns::sin);
      plain("cos", Fns::cos);
      plain("exp", Fns::exp);
      plain("abs", Fns::abs);
      plain("neg", Fns::neg);
      plain("square", Fns::square);
      plain("sqrt", Fns::sqrt);
      plain("sign", Fns::sign);
      plain("step", Fns::step);
      plain("log", Fns::log);
      plain("log1p", Fns::log1p);
      plain("sinh", Fns::sinh);
      plain("cosh", Fns::cosh);
      plain("atan", Fns::atan);
      plain("round", Fns::round);
      plain("floor", Fns::floor);
      plain("ceil", Fns::ceil);
      plain("rsqrt", Fns::rsqrt);
      plain("reciprocal", Fns::reciprocal);
      one("leaky-relu", 0.01, Fns::leakyRelu);
      one("prelu", 0.25, Fns::prelu);
      one("elu", 1, Fns::elu);
      one("celu", 1, Fns::celu);
      one("swish", 1, Fns::swish);
      one("thresholded-relu", 1, Fns::thresholdedRelu);
      one("pow", 2, Fns::pow);
      one("mul", 1, Fns::mulConst);
      one("add", 0, Fns::addConst);
      KNOWN.put("hard-tanh", new Entry(2, a -> Fns.hardTanh(or(a, 0, -1), or(a, 1, 1))));
      KNOWN.put("clip", new Entry(2, a -> Fns.clip(or(a, 0, -1), or(a, 1, 1))));
      KNOWN.put(
          "hard-sigmoid", new Entry(2, a -> Fns.hardSigmoid(or(a, 0, 1.0 / 6), or(a, 1, 0.5))));
      KNOWN.put("abrelu", new Entry(2, a -> Fns.abRelu(or(a, 0, 0), or(a, 1, 1))));
      KNOWN.put("affine", new Entry(2, a -> Fns.affine(or(a, 0, 1), or(a, 1, 0))));
      KNOWN.put("shrink", new Entry(2, a -> Fns.shrink(or(a, 0, 0.5), or(a, 1, 0))));
      KNOWN.put("sine", new Entry(3, a -> Fns.sine(or(a, 0, 1), or(a, 1, 1), or(a, 2, 0))));
    }

    private static void plain(String name, java.util.function.Supplier<Fn> make) {
      KNOWN.put(name, new Entry(0, _ -> make.get()));
    }

    private static void one(String name, double otherwise, Function<Double, Fn> make) {
      KNOWN.put(name, new Entry(1, a -> make.apply(or(a, 0, otherwise))));
    }
  }

  private FnNames() {}

  private static double or(double[] a, int i, double otherwise) {
    return i < a.length ? a[i] : otherwise;
  }

  static Fn parse(String spelling) {
    String s = spelling.toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", "").replace("−", "-");
    Matcher call = Table.CALL.matcher(spelled(spelling, s));
    Entry e = call.matches() ? find(call.group(1)) : null;
    if (e == null) {
      throw new IllegalArgumentException(
          "unknown activation \""
              + spelling
              + "\"; known: "
              + String.join(", ", Table.KNOWN.keySet())
              + "; with parameters as in leaky-relu(0.2)");
    }
    double[] arguments = arguments(spelling, call.group(2));
    if (arguments.length > e.most()) {
      throw new IllegalArgumentException(
          spelling + ": at most " + e.most() + " parameters, found " + arguments.length);
    }
    return e.make().apply(arguments);
  }

  /// Minus signs belong to arguments, hyphens of the name do not count.
  private static String spelled(String original, String squeezed) {
    int open = original.indexOf('(');
    int cut = squeezed.indexOf('(');
    return open < 0 || cut < 0
        ? squeezed
        : squeezed.substring(0, cut) + original.substring(open).strip().replace("−", "-");
  }

  private static Entry find(String squeezed) {
    for (Map.Entry<String, Entry> e : Table.KNOWN.entrySet()) {
      if (e.getKey().replace("-", "").equals(squeezed)) {
        return e.getValue();
      }
    }
    return null;
  }

  private static double[] arguments(String spelling, String list) {
    if (list == null || list.isBlank()) {
      return new double[0];
    }
    String[] parts = list.split(",");
    double[] a = new double[parts.length];
    for (int i = 0; i < a.length; i++) {
      try {
        a[i] = Double.parseDouble(parts[i].strip());
      } catch (NumberFormatException _) {
        throw new IllegalArgumentException(
            spelling + ": \"" + parts[i].strip() + "\" is not a number");
      }
    }
    return a;
  }

  static List<Fn> table() {
    return List.of(
        Fns.identity(),
        Fns.relu(),
        Fns.leakyRelu(0.01),
        Fns.leakyRelu(0.2),
        Fns.relu6(),
        Fns.elu(1),
        Fns.selu(),
        Fns.celu(1),
        Fns.gelu(),
        Fns.geluTanh(),
        Fns.quickGelu(),
        Fns.silu(),
        Fns.hardSwish(),
        Fns.mish(),
        Fns.softplus(),
        Fns.tanh(),
        Fns.hardTanh(),
        Fns.softsign(),
        Fns.sigmoid(),
        Fns.hardSigmoid(),
        Fns.erf(),
        Fns.sin(),
        Fns.abs());
  }

  static String number(double x) {
    return NumberText.shortest(x);
  }

  static String call(String name, double parameter, double usual) {
    FnParts.finite(name, parameter);
    return parameter == usual ? name : name + "(" + number(parameter) + ")";
  }

  static String abRelu(double below, double above) {
    if (below == above) {
      return above == 1 ? "identity" : above == -1 ? "neg" : "mul(" + number(above) + ")";
    }
    if (above == 1) {
      return below == 0 ? "relu" : below == -1 ? "abs" : "leaky-relu(" + number(below) + ")";
    }
    return "abrelu(" + number(below) + ", " + number(above) + ")";
  }

  static String affine(double slope, double offset) {
    return slope == 1
        ? "add(" + number(offset) + ")"
        : "affine(" + number(slope) + ", " + number(offset) + ")";
  }

  static String clip(double lo, double hi) {
    return lo == -1 && hi == 1
        ? "hard-tanh"
        : lo == 0 && hi == 6 ? "relu6" : "clip(" + number(lo) + ", " + number(hi) + ")";
  }
}
