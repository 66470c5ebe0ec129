package org.fanin.compare;

import java.util.Locale;
import java.util.Optional;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.probe.Arithmetic;

/// Which arithmetic a measurement runs in, and why: double precision, unless the network is so
/// large that it would take long, and its second moments fit single precision by the forecast.
///
/// @param inDouble seconds that one run in double precision takes, about
public record ArithmeticChoice(Arithmetic arithmetic, Why why, double inDouble) {
  /// A run that takes longer in double precision is made in single.
  static final double LONG = 5;

  /// ln of a second moment whose elements, and the squares of them that operators take inside, are
  /// far from both ends of single precision: elements of 2^±50.
  static final double LN_SAFE = 2 * 50 * Math.log(2);

  public enum Why {
    ASKED,
    /// Double costs little.
    SMALL,
    /// Double would take long.
    LARGE,
    /// Long, but single precision does not hold what is predicted.
    RANGE
  }

  static ArithmeticChoice of(Workload w, Optional<Arithmetic> asked, Optional<Forecast> forecast) {
    double seconds = Effort.of(w, Arithmetic.FLOAT64, 1).seconds();
    if (asked.isPresent()) {
      return new ArithmeticChoice(asked.get(), Why.ASKED, seconds);
    }
    if (seconds <= LONG) {
      return new ArithmeticChoice(Arithmetic.FLOAT64, Why.SMALL, seconds);
    }
    boolean holds = forecast.map(ArithmeticChoice::fitsSingle).orElse(true);
    return holds
        ? new ArithmeticChoice(Arithmetic.FLOAT32, Why.LARGE, seconds)
        : new ArithmeticChoice(Arithmetic.FLOAT64, Why.RANGE, seconds);
  }

  private static boolean fitsSingle(Forecast f) {
    return f.tensors().stream()
            .allMatch(
                t ->
                    !(t.forward() instanceof Forward.Known k)
                        || safe(k.lnM2Typical(), k.lnSpread()))
        && f.tensors().stream().allMatch(t -> fits(t.backward()))
        && f.parameters().stream().allMatch(p -> fits(p.gradient()));
  }

  private static boolean fits(Backward b) {
    return !(b instanceof Backward.Known k) || safe(k.lnGm2Typical(), k.lnSpread());
  }

  /// Exact zeros are held.
  private static boolean safe(double ln, double spread) {
    double wide = Double.isFinite(spread) ? 2 * spread : 0;
    return ln == Double.NEGATIVE_INFINITY || Math.abs(ln) + wide <= LN_SAFE;
  }

  /// What the reader should know; empty where nothing is unusual.
  Optional<String> note() {
    return switch (why) {
      case ASKED, SMALL -> Optional.empty();
      case LARGE ->
          Optional.of(
              String.format(
                  Locale.ROOT,
                  "single precision, as double would take %s; --precision float64 asks for it",
                  Effort.about(inDouble)));
      case RANGE ->
          Optional.of(
              "double precision, as single does not hold the second moments that are predicted");
    };
  }
}
