package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.fanin.graph.Value;
import org.fanin.model.ModelFormatException;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;

/// Writes m2 and gm2 of every tensor of every model of a folder with all their digits, for
/// bench/peers/onnx_torch.py. Dropout is off.
final class DigitsBench {
  private DigitsBench() {}

  public static void main(String[] args) throws IOException, ModelFormatException {
    Engine engine = Engines.require();
    Path to = Files.createDirectories(Path.of(args[1]));
    Path scratch = Files.createTempDirectory("fanin-digits");
    for (Path f : Models.sampled(Path.of(args[0]), System.getProperty("only", ""))) {
      Path file = Inference.of(f, scratch);
      List<String> lines = new ArrayList<>();
      lines(lines, engine, Sample.of(f, file), true);
      lines(lines, engine, Sample.of(f, file), false);
      String name = f.getFileName().toString().replaceFirst("\\.onnx$", ".tsv");
      Files.write(to.resolve(name), lines);
      Files.deleteIfExists(scratch.resolve(f.getFileName()));
    }
    Files.delete(scratch);
  }

  private static void lines(List<String> lines, Engine engine, Sample s, boolean float64) {
    Readings r =
        engine.measure(
            s.graph(), s.request().withFloat64(float64).withThreads(1), ProbeListener.none());
    Noise full = new Noise(s.graph(), r);
    for (Value v : s.graph().values()) {
      Reading x = r.values().get(v.id());
      // Nobody asks for the gradient of a constant.
      if (x != null && x.hasGradient() && v.kind() != Value.Kind.CONSTANT) {
        lines.add(
            String.join(
                "\t",
                float64 ? "64" : "32",
                v.name(),
                String.valueOf(x.m2()),
                String.valueOf(x.gm2()),
                String.valueOf(full.signal(v).orElse(0)),
                String.valueOf(full.gradient(v).orElse(0))));
      }
    }
  }
}
