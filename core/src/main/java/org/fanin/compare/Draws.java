package org.fanin.compare;

import java.util.HashMap;
import java.util.Map;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;

/// Second moments over re-initialisations.
///
/// @param count how many
/// @param redrawn parameters drawn anew
/// @param kept parameters that no scheme is known for: the file's elements stayed
/// @param signal by value id
/// @param gradient by value id
/// @param parameters gradients by index of the parameter
public record Draws(
    int count,
    int redrawn,
    int kept,
    Map<Integer, Spread> signal,
    Map<Integer, Spread> gradient,
    Map<Integer, Spread> parameters) {
  public Draws {
    signal = Map.copyOf(signal);
    gradient = Map.copyOf(gradient);
    parameters = Map.copyOf(parameters);
  }

  /// @param lnMean ln of the arithmetic mean over draws
  /// @param lnTypical ln of the geometric mean; −∞ when a draw gave 0
  /// @param spread standard deviation of ln over draws; NaN for fewer than two
  /// @param meanError standard error of the arithmetic mean, as a share of it; NaN for fewer than
  ///   two
  public record Spread(double lnMean, double lnTypical, double spread, double meanError) {
    /// Of values given by their ln.
    static Spread of(double... lns) {
      Sums s = new Sums();
      for (double ln : lns) {
        s.add(ln);
      }
      return s.spread();
    }
  }

  /// Sums up draws as they come.
  static final class Collector {
    private final Map<Integer, Sums> signal = new HashMap<>();
    private final Map<Integer, Sums> gradient = new HashMap<>();
    private final Map<Integer, Sums> parameters = new HashMap<>();
    private int count;

    void add(Readings r) {
      count++;
      r.values().forEach((id, x) -> add(id, x));
      r.parameters().forEach(p -> add(parameters, p.index(), p.reading().lnGm2()));
    }

    private void add(int id, Reading r) {
      add(signal, id, r.lnM2());
      add(gradient, id, r.lnGm2());
    }

    private static void add(Map<Integer, Sums> to, int id, double ln) {
      if (!Double.isNaN(ln)) {
        to.computeIfAbsent(id, _ -> new Sums()).add(ln);
      }
    }

    Draws result(int redrawn, int kept) {
      return new Draws(
          count, redrawn, kept, spreads(signal), spreads(gradient), spreads(parameters));
    }

    private static Map<Integer, Spread> spreads(Map<Integer, Sums> of) {
      Map<Integer, Spread> m = new HashMap<>();
      of.forEach((id, s) -> m.put(id, s.spread()));
      return m;
    }
  }

  /// Running mean and variance of ln (Welford 1962), and Σx, Σx² carried relative to the largest x.
  private static final class Sums {
    private int n;
    private double mean;
    private double squares;
    private double top = Double.NEGATIVE_INFINITY;
    private double scaled;
    private double scaledSquares;

    void add(double ln) {
      n++;
      double d = ln - mean;
      mean += d / n;
      squares += d * (ln - mean);
      if (ln > top) {
        double down = Math.exp(top - ln);
        scaled = scaled * down + 1;
        scaledSquares = scaledSquares * down * down + 1;
        top = ln;
      } else if (ln > Double.NEGATIVE_INFINITY) {
        double x = Math.exp(ln - top);
        scaled += x;
        scaledSquares += x * x;
      }
    }

    Spread spread() {
      double lnMean = top == Double.NEGATIVE_INFINITY ? top : top + Math.log(scaled / n);
      if (!Double.isFinite(mean)) {
        return new Spread(lnMean, Double.NEGATIVE_INFINITY, Double.NaN, meanError());
      }
      double sd = n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1));
      return new Spread(lnMean, mean, sd, meanError());
    }

    private double meanError() {
      double about = Math.max(0, scaledSquares - scaled * scaled / n);
      return n < 2 ? Double.NaN : Math.sqrt(about / (n - 1) / n) / (scaled / n);
    }
  }
}
