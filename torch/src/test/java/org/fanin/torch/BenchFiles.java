package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Tensor;

/// Model files and pages for benches of other packages.
public final class BenchFiles {
  private BenchFiles() {}

  /// @param arrays of the sample: inputs and cotangent
  public record Given(Graph graph, long batch, Map<String, Tensor> arrays) {}

  public static Given sample(Path file) throws IOException, ModelFormatException {
    Sample s = Sample.of(file);
    return new Given(s.graph(), s.truth().batch(), s.request().arrays());
  }

  /// Models and inference exports, without other encodings of the same.
  public static List<Path> originals(Path folder, String named) throws IOException {
    return Models.sampled(folder, named).stream()
        .filter(p -> !p.getFileName().toString().contains(".var_"))
        .toList();
  }

  /// Puts lines into a section of the page, as [Page] does.
  public static void write(String section, List<String> lines) throws IOException {
    Page page = new Page(section);
    lines.forEach(page::add);
    page.write();
  }
}
