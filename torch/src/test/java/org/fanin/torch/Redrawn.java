package org.fanin.torch;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.fanin.compare.Draws;
import org.fanin.compare.Draws.Spread;
import org.fanin.compare.Measured;
import org.fanin.compare.Measuring;
import org.fanin.graph.Value;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;

/// Our re-initialisations beside the truth's: two samples of one law if every scheme is recognised
/// and drawn right.
///
/// @param compared means of m2 and gm2 that were compared
/// @param largest |z| of arithmetic means: their difference over the pooled standard error
/// @param at the tensor it is at
/// @param beyond how many |z| are beyond 4
/// @param largestLn |z| of geometric means, in ln, by our scatter
/// @param beyondLn how many of those are beyond 4
/// @param redrawn parameters drawn anew
/// @param kept parameters whose elements stayed
record Redrawn(
    int compared,
    double largest,
    String at,
    int beyond,
    double largestLn,
    String atLn,
    int beyondLn,
    int redrawn,
    int kept) {
  /// Scatter below this share of a value is rounding.
  static final double STEADY = 1e-6;

  /// Moments below this share of the network's largest are rounding around an exact 0.
  private static final double ZERO = 1e-24;

  static Redrawn of(Sample s, Engine engine, int draws) {
    PredictSettings settings =
        new PredictSettings(
            PredictSettings.Mode.FILE,
            s.truth().batch(),
            Map.of(),
            OptionalDouble.empty(),
            Optional.empty());
    Forecast f = Predictor.predict(s.graph(), settings);
    Measuring how = new Measuring(draws, 1, OptionalLong.empty(), true);
    Measured m = how.run(f, settings, engine, _ -> ProbeListener.none());
    Draws d = m.present().flatMap(Measured.Yes::draws).orElseThrow(() -> failed(m));
    Tally t = new Tally(draws, s.truth().reinits());
    for (String what : List.of("m2", "gm2")) {
      Map<Integer, Spread> ours = what.equals("m2") ? d.signal() : d.gradient();
      Map<String, Truth.Reinit> theirs = s.truth().reinit(what);
      double top = theirs.values().stream().mapToDouble(Truth.Reinit::mean).max().orElse(0);
      for (var e : theirs.entrySet()) {
        Value v = s.byTruth().get(e.getKey());
        Spread x = v == null ? null : ours.get(v.id());
        if (x != null && e.getValue().mean() > ZERO * top) {
          t.compare(e.getKey() + " " + what, x, e.getValue());
        }
      }
    }
    return new Redrawn(
        t.compared,
        t.largest,
        t.at,
        t.beyond,
        t.largestLn,
        t.atLn,
        t.beyondLn,
        d.redrawn(),
        d.kept());
  }

  /// Difference of two means over its standard error, by the pooled variance (Student 1908).
  static double z(Splits.Part a, Splits.Part b) {
    double squares = (a.n() - 1) * a.sd() * a.sd() + (b.n() - 1) * b.sd() * b.sd();
    double pooled = Math.sqrt(squares / (a.n() + b.n() - 2));
    return Math.abs(a.mean() - b.mean()) / (pooled * Math.sqrt(1.0 / a.n() + 1.0 / b.n()));
  }

  private static IllegalStateException failed(Measured m) {
    return new IllegalStateException(m.toString());
  }

  private static final class Tally {
    final int n;
    final int k;
    int compared;
    double largest;
    String at = "";
    int beyond;
    double largestLn;
    String atLn = "";
    int beyondLn;

    Tally(int n, int k) {
      this.n = n;
      this.k = k;
    }

    void compare(String name, Spread ours, Truth.Reinit theirs) {
      double mean = Math.exp(ours.lnMean());
      double sd = ours.meanError() * Math.sqrt(n) * mean;
      if (!(sd > STEADY * mean) && !(theirs.sd() > STEADY * theirs.mean())) {
        // Norm scales, zero biases: equal, or no seed explains it.
        add(name, Math.abs(mean / theirs.mean() - 1) < STEADY ? 0 : Double.POSITIVE_INFINITY, 0);
        return;
      }
      double per = Math.sqrt(1.0 / n + 1.0 / k);
      double z = z(new Splits.Part(mean, sd, n), new Splits.Part(theirs.mean(), theirs.sd(), k));
      if (System.getProperty("verbose") != null
          && z >= Double.parseDouble(System.getProperty("verbose"))) {
        System.out.println("   " + name + ": z " + z + ", " + mean + ", theirs " + theirs);
      }
      double ln = Math.abs(ours.lnTypical() - Math.log(theirs.typical())) / (ours.spread() * per);
      add(name, z, theirs.typical() > 0 ? ln : 0);
    }

    private void add(String name, double z, double ln) {
      compared++;
      beyond += z <= 4 ? 0 : 1;
      beyondLn += ln <= 4 ? 0 : 1;
      if (!(z <= largest)) {
        largest = z;
        at = name;
      }
      if (!(ln <= largestLn)) {
        largestLn = ln;
        atLn = name;
      }
    }
  }
}
