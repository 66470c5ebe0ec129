package org.fanin.formats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The example files of the repository.
final class Examples {
  private Examples() {}

  /// Tests run in the module's folder; an IDE may run them in the repository's.
  static Path folder() {
    Path beside = Path.of("..", "examples");
    return Files.isDirectory(beside) ? beside : Path.of("examples");
  }

  static Path file(String name) {
    return folder().resolve(name);
  }

  static List<Path> all(String extension) throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.filter(f -> f.toString().endsWith(extension)).sorted().toList();
    }
  }
}
