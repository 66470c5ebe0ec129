package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.fanin.model.ModelFormatException;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.Readings;

/// Measures every model of a folder on its own input and cotangent, and prints how far the readings
/// are from the truth beside it.
final class TruthBench {
  private static final int MASKS = 64;

  private static final int THREADS = Integer.getInteger("threads", 1);

  private TruthBench() {}

  public static void main(String[] args) throws IOException {
    Engine engine = Engines.require();
    Page page = new Page("truth");
    Page dropout = new Page("dropout");
    page.line(
        "| model | tensors | of them parameters | missing | m2 f64 | gm2 f64 | cos | zeros | m2 f32 |"
            + " gm2 f32 | noise f64, f32 | under |");
    page.line("|---|---|---|---|---|---|---|---|---|---|---|---|");
    StringBuilder masked = new StringBuilder();
    for (Path f : Models.sampled(Path.of(args[0]), System.getProperty("only", ""))) {
      try {
        Sample s = Sample.of(f);
        if (s.truth().dropoutActive()) {
          masked.append(masked(engine, f, s)).append('\n');
        } else {
          page.line(row(engine, f, s));
        }
      } catch (ModelFormatException | RuntimeException e) {
        page.line("| " + f.getFileName() + " | failed: " + e + " |");
      }
    }
    dropout.line("| model | means | largest z | beyond 4 | steady |");
    dropout.line("|---|---|---|---|---|");
    masked.toString().lines().forEach(dropout::line);
    page.write();
    dropout.write();
  }

  private static String row(Engine engine, Path file, Sample s) {
    Agreement d = agreement(engine, s, true);
    Agreement f = agreement(engine, s, false);
    if (System.getProperty("verbose") != null) {
      System.out.println("   " + d.at() + " f32 " + f.at());
    }
    return String.format(
        Locale.ROOT,
        "| %s | %d | %d | %d | %.1e | %.1e | %.1e | %.1e | %.1e | %.1e | %d, %d | %d |",
        file.getFileName(),
        d.tensors(),
        d.parameters(),
        d.missing(),
        d.of("m2"),
        d.of("gm2"),
        d.of("cos"),
        d.of("zeros"),
        f.of("m2"),
        f.of("gm2"),
        d.noise(),
        f.noise(),
        f.under());
  }

  private static Agreement agreement(Engine engine, Sample s, boolean float64) {
    Readings r =
        engine.measure(
            s.graph(), s.request().withFloat64(float64).withThreads(THREADS), ProbeListener.none());
    return Agreement.of(s, r, float64);
  }

  private static String masked(Engine engine, Path file, Sample s) {
    Masks m = Masks.of(s, engine, MASKS, THREADS);
    if (System.getProperty("verbose") != null) {
      System.out.println("   " + file.getFileName() + " " + m.at());
    }
    return String.format(
        Locale.ROOT,
        "| %s | %d | %.1f | %d | %.1e |",
        file.getFileName(),
        m.compared(),
        m.largest(),
        m.beyond(),
        m.steady());
  }
}
