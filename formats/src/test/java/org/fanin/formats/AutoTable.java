package org.fanin.formats;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.judge.Verdict;
import org.fanin.plan.TensorPlan;
import org.fanin.predict.PredictSettings;
import org.fanin.report.AutoReport;
import org.fanin.solve.Auto;
import org.fanin.solve.Objective;
import org.fanin.solve.Solution;
import org.fanin.solve.Target;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Prints what `--recipe auto` does to every model of a folder (bench/auto).
///
/// Arguments: folder or file, target, then any of `plan` (prints the tensors), `sample=FILE.npz`
/// (inputs), `std=FILE` (writes name and deviation per tensor, for measurement elsewhere).
public final class AutoTable {
  private static int solved;
  private static int worse;

  private AutoTable() {}

  public static void main(String[] args) throws Exception {
    Path where = Path.of(args[0]);
    Target target = Target.named(args.length > 1 ? args[1] : "both");
    boolean plan = List.of(args).contains("plan");
    Optional<Path> sample = option(args, "sample=");
    Optional<Path> std = option(args, "std=");
    System.out.println(
        "| model | trains: before → after | worst verdict before → after | m2 path | gm2 path |"
            + " m2 layers | gm2 layers | passes | step | ms |");
    System.out.println("|---|---|---|---|---|---|---|---|---|---|");
    try (Stream<Path> files = Files.isDirectory(where) ? Files.list(where) : Stream.of(where)) {
      for (Path f : files.filter(p -> p.toString().endsWith(".onnx")).sorted().toList()) {
        row(f, target, plan, sample, std);
      }
    }
    System.out.printf("%n%d solved, %d less level than they were%n", solved, worse);
  }

  private static Optional<Path> option(String[] args, String key) {
    return Stream.of(args)
        .filter(a -> a.startsWith(key))
        .findFirst()
        .map(a -> Path.of(a.substring(key.length())));
  }

  private static void row(
      Path file, Target target, boolean plan, Optional<Path> sample, Optional<Path> std)
      throws Exception {
    Map<String, Tensor> arrays = sample.isPresent() ? NpzReader.read(sample.get()) : Map.of();
    Map<String, Shape> shapes =
        arrays.containsKey("in_input") ? Map.of("input", arrays.get("in_input").shape()) : Map.of();
    long batch = shapes.isEmpty() ? 16 : shapes.get("input").dim(0);
    Graph graph = GraphBuilder.build(OnnxReader.read(file), new Bindings(batch, shapes));
    PredictSettings settings =
        new PredictSettings(
            PredictSettings.Mode.TRAIN, batch, arrays, OptionalDouble.empty(), Optional.empty());
    long start = System.nanoTime();
    Solution s = Auto.solve(graph, target, 0, settings);
    long ms = (System.nanoTime() - start) / 1_000_000;
    AutoReport r = AutoReport.of(s, Thresholds.standard());
    Judgement before = r.before();
    Judgement after = r.after();
    System.out.printf(
        Locale.ROOT,
        "| %s | %s → %s | %s → %s | %s | %s | %s | %s | %d | %s | %d |%n",
        file.getFileName().toString().replace(".onnx", ""),
        trains(before),
        trains(after),
        worst(before),
        worst(after),
        pair(r.evenBefore().signal(), r.evenAfter().signal()),
        pair(r.evenBefore().gradient(), r.evenAfter().gradient()),
        pair(r.evenBefore().layerSignal(), r.evenAfter().layerSignal()),
        pair(r.evenBefore().layerGradient(), r.evenAfter().layerGradient()),
        s.passes(),
        s.step() == 1 ? "1" : Double.toString(s.step()),
        ms);
    Objective was = Objective.of(s.before(), target);
    Objective is = Objective.of(s.after(), target);
    solved++;
    worse += is.noWorseThan(was) ? 0 : 1;
    if (plan) {
      print(s, r);
    }
    if (std.isPresent()) {
      write(s, std.get());
    }
  }

  private static String trains(Judgement j) {
    return "%s %.2f"
        .formatted(
            j.trainable().answer().toString().toLowerCase(Locale.ROOT), j.trainable().score());
  }

  private static String worst(Judgement j) {
    Verdict v = j.verdicts().getFirst();
    return v.level() == Verdict.Level.FAIL || v.level() == Verdict.Level.WARN
        ? v.level() + " " + v.rule()
        : "ok";
  }

  private static String pair(double a, double b) {
    return String.format(Locale.ROOT, "%.2f → %.2f", a, b);
  }

  private static void print(Solution s, AutoReport r) {
    for (TensorPlan t : s.plan().tensors()) {
      System.out.println(
          "  "
              + t.name()
              + " "
              + t.shape()
              + " "
              + t.spec().role()
              + " "
              + t.scheme()
              + " — "
              + t.because());
    }
    s.plan().kept().forEach(k -> System.out.println("  kept " + k));
    r.remaining().forEach(x -> System.out.println("  " + x));
    System.out.println("  trains: " + r.after().trainable());
  }

  private static void write(Solution s, Path to) throws java.io.IOException {
    StringBuilder b = new StringBuilder();
    for (TensorPlan t : s.plan().tensors()) {
      b.append(t.name()).append('\t').append(t.draw()).append('\n');
    }
    Files.writeString(to, b);
  }
}
