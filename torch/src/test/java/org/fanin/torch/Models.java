package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The model files of a folder that have a sample.
final class Models {
  private Models() {}

  static Path examples() {
    Path beside = Path.of("..", "examples");
    return Files.isDirectory(beside) ? beside : Path.of("examples");
  }

  /// Every model and variant with NAME.io.npz beside it, by name.
  ///
  /// @param named part of the file's name, empty for all
  static List<Path> sampled(Path folder, String named) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Models::hasSample)
          .filter(p -> p.getFileName().toString().contains(named))
          .sorted()
          .toList();
    }
  }

  private static boolean hasSample(Path p) {
    String f = p.toString();
    return f.endsWith(".onnx")
        && Files.exists(Path.of(f.replaceFirst("\\.((eval|fused|var_.*)\\.)?onnx$", ".io.npz")));
  }
}
