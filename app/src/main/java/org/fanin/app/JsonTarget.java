package org.fanin.app;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fanin.formats.Outputs;

/// Where `--json` writes: standard output or a file, whole or not at all.
final class JsonTarget {
  private static final String STDOUT = "-";

  private JsonTarget() {}

  static boolean isStdout(String option) {
    return STDOUT.equals(option);
  }

  /// @param option value of `--json`; null writes nothing
  static void write(String option, Outputs.ByteWriter writer, Console console) throws IOException {
    if (isStdout(option)) {
      writer.write(console.out());
    } else if (option != null) {
      write(Path.of(option), writer);
    }
  }

  /// @throws UsageException when the place cannot be written to
  static void write(Path target, Outputs.ByteWriter writer) throws IOException {
    try {
      Outputs.writeAtomically(target, writer);
    } catch (FileSystemException e) {
      throw new UsageException("--json: " + Main.reason(e));
    }
  }

  /// @throws UsageException when there can be no such folder
  static void createFolder(Path folder) throws IOException {
    try {
      Files.createDirectories(folder);
    } catch (FileSystemException e) {
      throw new UsageException("--json: " + Main.reason(e));
    }
  }
}
