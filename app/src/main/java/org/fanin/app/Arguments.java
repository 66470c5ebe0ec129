package org.fanin.app;

import java.util.Locale;
import java.util.Map;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.plan.Scheme;
import org.fanin.plan.Schemes;
import org.fanin.tensor.DType;

/// Option values that the core reads; what it does not know is the caller's fault.
final class Arguments {
  private Arguments() {}

  static Scheme scheme(String option, String spelling) {
    try {
      return Schemes.named(spelling);
    } catch (IllegalArgumentException e) {
      throw new UsageException(option + ": " + e.getMessage());
    }
  }

  static Fn activation(String option, String spelling) {
    try {
      return Fns.named(spelling);
    } catch (IllegalArgumentException e) {
      throw new UsageException(option + ": " + e.getMessage());
    }
  }

  static double positive(String option, double x) {
    if (!(x > 0 && x < Double.POSITIVE_INFINITY)) {
      throw new UsageException(option + ": found " + x + ", wanted a positive number");
    }
    return x;
  }

  static double notNegative(String option, double x) {
    if (!(x >= 0 && x < Double.POSITIVE_INFINITY)) {
      throw new UsageException(option + ": found " + x + ", wanted 0 or more");
    }
    return x;
  }

  /// Extents by name, each 1 to 2^31.
  static Map<String, Long> extents(String option, Map<String, Long> dims) {
    dims.forEach(
        (name, n) -> {
          if (n == null || n < 1 || n > 1L << 31) {
            throw new UsageException(
                option + " " + name + ": found " + n + ", wanted 1 to " + (1L << 31));
          }
        });
    return Map.copyOf(dims);
  }

  static DType dtype(String word) {
    return switch (word.toLowerCase(Locale.ROOT).replace("_", "")) {
      case "f32", "float32", "float" -> DType.F32;
      case "f64", "float64", "double" -> DType.F64;
      case "bf16", "bfloat16" -> DType.BF16;
      case "f16", "fp16", "float16", "half" -> DType.F16;
      case "f8e4m3", "fp8e4m3", "float8e4m3fn" -> DType.F8E4M3;
      case "f8e5m2", "fp8e5m2", "float8e5m2" -> DType.F8E5M2;
      default ->
          throw new UsageException(
              "--dtype: found " + word + ", wanted f32, f64, bf16, f16, f8e4m3 or f8e5m2");
    };
  }

  static long bytes(String option, String size) {
    var m =
        java.util.regex.Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)\\s*([kKMGT]i?)?B?")
            .matcher(size.strip());
    if (!m.matches()) {
      throw new UsageException(option + ": found " + size + ", wanted a size as 5GB or 500MiB");
    }
    String unit = m.group(2) == null ? "" : m.group(2);
    double base = unit.endsWith("i") ? 1024 : 1000;
    int power = unit.isEmpty() ? 0 : 1 + "KMGT".indexOf(Character.toUpperCase(unit.charAt(0)));
    double n = Double.parseDouble(m.group(1)) * Math.pow(base, power);
    if (!(n >= 1 && n < 1e18)) {
      throw new UsageException(option + ": found " + size + ", wanted at least one byte");
    }
    return (long) n;
  }
}
