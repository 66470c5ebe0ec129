package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.fanin.graph.Graph;
import org.fanin.model.ModelFormatException;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;

/// Runs the engine over every model of some folders and says what could not be measured.
final class OperatorsBench {
  private OperatorsBench() {}

  public static void main(String[] args) throws IOException {
    Engine engine = new OneThread(Engines.require());
    int models = 0;
    int values = 0;
    int failed = 0;
    for (String folder : args) {
      for (Path f : models(Path.of(folder))) {
        try {
          Graph g = Sample.batched(f, 4);
          Readings r = engine.measure(g, ProbeRequest.defaults(4), ProbeListener.none());
          models++;
          values += r.values().size();
          r.unmeasured()
              .forEach((id, why) -> System.out.println(f + ": " + g.value(id).name() + ": " + why));
        } catch (ModelFormatException | RuntimeException e) {
          failed++;
          System.out.println(f + ": " + e.getMessage());
        }
      }
    }
    System.out.println(
        models + " models, " + values + " tensors measured, " + failed + " models failed");
  }

  private static List<Path> models(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(p -> p.toString().endsWith(".onnx")).sorted().toList();
    }
  }
}
