package org.fanin.torch;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.fanin.model.ModelFormatException;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;

/// Outputs of every model of a folder in our engine and in ONNX Runtime.
final class OutputsBench {
  private OutputsBench() {}

  public static void main(String[] args) throws IOException {
    Engine engine = Engines.require();
    Page page = new Page("outputs");
    page.line("| model | outputs | float64 | float32 | float64 to the sample's |");
    page.line("|---|---|---|---|---|");
    Path scratch = Files.createTempDirectory("fanin-outputs");
    List<String> failed = new ArrayList<>();
    double worst = 0;
    for (Path f : Models.sampled(Path.of(args[0]), System.getProperty("only", ""))) {
      try {
        OutputAgreement a = OutputAgreement.of(f, engine, scratch);
        worst = Math.max(worst, Math.max(a.float64(), a.float32()));
        page.line(
            String.format(
                Locale.ROOT,
                "| %s | %d | %.1e | %.1e | %.1e |",
                f.getFileName(),
                a.outputs(),
                a.float64(),
                a.float32(),
                a.shipped()));
      } catch (ModelFormatException | OrtException | RuntimeException e) {
        failed.add(f.getFileName() + ": " + e.getMessage());
      }
      Files.deleteIfExists(scratch.resolve(f.getFileName()));
    }
    Files.delete(scratch);
    page.line("");
    page.line(String.format(Locale.ROOT, "Largest of both columns: %.1e.", worst));
    failed.forEach(s -> page.line("Not compared: " + s));
    page.write();
  }
}
