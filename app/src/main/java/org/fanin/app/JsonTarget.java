package org.fanin.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.fanin.formats.Outputs;

/// Where `--json` writes: standard output or a file, whole or not at all.
final class JsonTarget {
  private static final String STDOUT = "-";
  private static final int HEAD = 512;

  private JsonTarget() {}

  static boolean isStdout(String option) {
    return STDOUT.equals(option);
  }

  /// Before any work is done: the file is not one that is read, and its folder is there.
  ///
  /// @param name of the option
  /// @param option its value, may be null
  /// @param read files that are read; null and other than files do not matter
  /// @throws UsageException when it cannot be written or must not be
  static void check(String name, String option, List<String> read) throws IOException {
    if (option == null || isStdout(option)) {
      return;
    }
    if (option.isEmpty()) {
      throw new UsageException(name + ": found nothing, wanted the name of a file");
    }
    Path target = path(name, option);
    for (String r : read) {
      if (r != null && !isStdout(r) && same(target, path(name, r))) {
        throw new UsageException(name + ": " + option + " is read here and would be overwritten");
      }
    }
    if (Files.isRegularFile(target) && isOther(target, name)) {
      throw new UsageException(
          name + ": " + option + " exists and is no report of Fanin's; choose another name");
    }
    Path folder = target.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new UsageException(name + ": " + folder + ": no such folder");
    }
  }

  /// Whether a file is something else than an earlier report: external data of a model, say.
  private static boolean isOther(Path file, String name) throws IOException {
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(HEAD);
    } catch (FileSystemException e) {
      throw new UsageException(name + ": " + Main.reason(e));
    }
    boolean json = name.equals("--json");
    boolean binary = false;
    for (byte b : head) {
      binary |= b == 0;
    }
    return head.length > 0 && (binary || json && head[0] != '{');
  }

  private static boolean same(Path a, Path b) throws IOException {
    return Files.isRegularFile(a) && Files.exists(b) && Files.isSameFile(a, b);
  }

  private static Path path(String name, String option) {
    try {
      return Path.of(option);
    } catch (InvalidPathException e) {
      throw new UsageException(name + ": " + option + " is no valid file name");
    }
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
    } catch (IOException e) {
      throw new IOException(target + ": " + e.getMessage(), e);
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
