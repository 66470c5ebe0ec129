package org.fanin.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.probe.Arithmetic;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.tensor.Tensor;
import org.fanin.torch.BenchFiles;

/// What is said of the pairs of every model, by one run and by re-initialisations; how often one
/// run is wrong about a right rule, and whether a wrong rule is found.
final class FindingsBench {
  /// A planted error of a rule.
  private static final double PLANTED = Math.log(1.5);

  private FindingsBench() {}

  /// Counts over pairs of tensors whose rule the draws did not find off.
  private static final class Right {
    long runs;
    long unlucky;
    long off;
    long planted;
    long foundByOne;
    long tensors;
    long foundByDraws;
    final List<Double> ratios = new ArrayList<>();
  }

  public static void main(String[] args) throws IOException, ModelFormatException {
    Engine engine = Engines.require();
    int draws = Integer.getInteger("draws", 32);
    List<String> lines = new ArrayList<>();
    add(
        lines,
        "| model | one run: as predicted | unlucky | off | draws: as predicted | unlucky | off |"
            + " right pairs: unlucky | off | sd/spread | ×1.5 found: one run | draws |");
    add(lines, "|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (Path f : BenchFiles.originals(Path.of(args[0]), System.getProperty("only", ""))) {
      add(lines, row(engine, f, draws));
    }
    BenchFiles.write("findings", lines);
  }

  private static void add(List<String> lines, String s) {
    lines.add(s);
    System.out.println(s);
  }

  private static String row(Engine engine, Path file, int draws)
      throws IOException, ModelFormatException {
    BenchFiles.Given s = BenchFiles.sample(file);
    ProbeRequest request = ProbeRequest.defaults(s.batch()).withThreads(1);
    Comparison sample =
        Comparison.of(
            Predictor.predict(s.graph(), settings(s, s.arrays())),
            engine.measure(s.graph(), request.withArrays(s.arrays()), ProbeListener.none()));
    Forecast f = Predictor.predict(s.graph(), settings(s, Map.of()));
    Comparison once = Comparison.of(f, engine.measure(s.graph(), request, ProbeListener.none()));
    Redraw again = Redraw.all(f, Optional.empty());
    Draws.Collector c = new Draws.Collector();
    List<Comparison> each = new ArrayList<>();
    for (int k = 1; k <= draws; k++) {
      var r = request.withSeed(1 + k).withWeights(again.weights(k));
      var readings = engine.measure(s.graph(), r, ProbeListener.none());
      c.add(readings);
      each.add(Comparison.of(f, readings));
    }
    Draws over = c.result(again.redrawn(), again.kept());
    Comparison judged = once.judgedBy(over, false);
    Right right = new Right();
    for (int id : once.signal().keySet()) {
      tally(
          right,
          judged.signal().get(id),
          over.signal().get(id),
          draws,
          each.stream().map(x -> x.signal().get(id)).toList());
    }
    for (int id : once.gradient().keySet()) {
      tally(
          right,
          judged.gradient().get(id),
          over.gradient().get(id),
          draws,
          each.stream().map(x -> x.gradient().get(id)).toList());
    }
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %s | %.2f | %s | %s |",
        file.getFileName(),
        counts(sample),
        counts(judged),
        percent(right.unlucky, right.runs),
        percent(right.off, right.runs),
        median(right.ratios),
        percent(right.foundByOne, right.planted),
        percent(right.foundByDraws, right.tensors));
  }

  private static PredictSettings settings(BenchFiles.Given s, Map<String, Tensor> arrays) {
    return new PredictSettings(
        PredictSettings.Mode.FILE, s.batch(), arrays, OptionalDouble.empty(), Optional.empty());
  }

  private static String counts(Comparison c) {
    Map<Pair.Finding, Integer> n = new HashMap<>(c.counts());
    return n.get(Pair.Finding.AS_PREDICTED)
        + " | "
        + n.get(Pair.Finding.UNLUCKY_SEED)
        + " | "
        + n.get(Pair.Finding.RULE_OFF);
  }

  private static void tally(Right r, Pair judged, Draws.Spread over, int draws, List<Pair> each) {
    boolean finite =
        Double.isFinite(judged.lnPredicted()) && over != null && Double.isFinite(over.lnTypical());
    if (!finite || judged.finding() == Pair.Finding.RULE_OFF || !(over.spread() > 1e-3)) {
      return;
    }
    double usual = 0;
    for (Pair p : each) {
      r.runs++;
      r.unlucky += p.finding() == Pair.Finding.UNLUCKY_SEED ? 1 : 0;
      r.off += p.finding() == Pair.Finding.RULE_OFF ? 1 : 0;
      usual += Math.hypot(p.spread(), p.error()) / each.size();
      for (int sign = -1; sign <= 1; sign += 2) {
        r.planted++;
        r.foundByOne += found(shifted(p, sign)) ? 1 : 0;
      }
    }
    r.ratios.add(over.spread() / usual);
    for (int sign = -1; sign <= 1; sign += 2) {
      r.tensors++;
      r.foundByDraws += found(shifted(judged, sign).judged(over, draws, false)) ? 1 : 0;
    }
  }

  private static boolean found(Pair p) {
    return p.finding() == Pair.Finding.RULE_OFF;
  }

  private static Pair shifted(Pair p, int sign) {
    return Pair.of(
        p.lnPredicted() + sign * PLANTED,
        p.spread(),
        p.lnMeasured(),
        p.error(),
        p.lnMeasured() + Pair.lnRounding(Arithmetic.FLOAT64));
  }

  private static String percent(long n, long of) {
    return of == 0 ? "" : String.format(Locale.ROOT, "%.2f%%", 100.0 * n / of);
  }

  private static double median(List<Double> x) {
    double[] v = x.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(v);
    return v.length == 0 ? Double.NaN : v[v.length / 2];
  }
}
