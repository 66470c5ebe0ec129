package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.fanin.model.ModelFormatException;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.Readings;

/// Measures every model of a folder on its own input and cotangent, and prints how far the readings
/// are from the truth beside it.
final class TruthBench {
  private TruthBench() {}

  public static void main(String[] args) throws IOException {
    boolean float64 = !List.of(args).contains("--float32");
    String only = System.getProperty("only", "");
    Engine engine = Engines.require();
    System.out.println(
        engine.name() + (float64 ? ", float64" : ", float32") + "; largest relative difference");
    System.out.printf(
        "%-38s %9s %9s %9s %9s %6s %6s %8s%n",
        "model", "m2", "gm2", "cos(abs)", "zeros", "tens.", "miss.", "ms");
    try (Stream<Path> files = Files.list(Path.of(args[0]))) {
      for (Path f : files.filter(TruthBench::hasSample).sorted().toList()) {
        if (f.toString().contains(only)) {
          line(engine, f, float64);
        }
      }
    }
  }

  private static boolean hasSample(Path p) {
    String f = p.toString();
    return f.endsWith(".onnx")
        && Files.exists(Path.of(f.replaceFirst("\\.((eval|fused|var_.*)\\.)?onnx$", ".io.npz")));
  }

  private static void line(Engine engine, Path file, boolean float64) throws IOException {
    String name = file.getFileName().toString();
    try {
      Sample s = Sample.of(file);
      Readings r =
          engine.measure(
              s.graph(),
              s.request().withFloat64(float64).withThreads(Integer.getInteger("threads", 0)),
              ProbeListener.none());
      Agreement a = Agreement.of(s, r, float64 ? 1e-25 : 1e-9);
      System.out.printf(
          "%-38s %9.1e %9.1e %9.1e %9.1e %6d %6d %8.0f%s%n",
          name,
          a.worst().getOrDefault("m2", 0.0),
          a.worst().getOrDefault("gm2", 0.0),
          a.worst().getOrDefault("cos", 0.0),
          a.worst().getOrDefault("zeros", 0.0),
          a.compared(),
          a.missing(),
          r.cost().seconds() * 1e3,
          s.truth().dropoutActive() ? "  (dropout drawn)" : "");
      if (System.getProperty("verbose") != null) {
        System.out.println("   " + a.at() + " " + r.unmeasured());
      }
    } catch (ModelFormatException | RuntimeException e) {
      System.out.println(name + "  " + e);
      if (System.getProperty("verbose") != null) {
        e.printStackTrace(System.out);
      }
    }
  }
}
