package org.fanin.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.fanin.formats.Outputs;

/// Where `--json` writes: standard output or a file, whole or not at all.
final class JsonTarget {
  private static final String STDOUT = "-";
  private static final int HEAD = 512;

  /// How the name of every schema and plan format begins.
  private static final String OURS = "fanin.";

  private JsonTarget() {}

  static boolean isStdout(String option) {
    return STDOUT.equals(option);
  }

  /// Before any work is done: the file is no other than an earlier report, and its folder is there.
  /// That it is none that is read is [OutputGuard]'s to say.
  ///
  /// @param name of the option
  /// @param option its value, may be null
  /// @throws UsageException when it cannot be written or must not be
  static void check(String name, String option) throws IOException {
    if (option == null || isStdout(option)) {
      return;
    }
    if (option.isEmpty()) {
      throw new UsageException(name + ": found nothing, wanted the name of a file");
    }
    Path target = path(name, option);
    checkTarget(name, target);
    Path folder = target.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new UsageException(name + ": " + folder + ": no such folder");
    }
  }

  /// @throws UsageException when the file is something that nobody wants to lose
  static void checkTarget(String name, Path target) throws IOException {
    if (Files.isSymbolicLink(target) && !Files.exists(target)) {
      throw new UsageException(name + ": " + target + " is a link to a file that is not there");
    }
    if (Files.isRegularFile(target) && isOther(target, name)) {
      throw new UsageException(
          name + ": " + target + " exists and is no report of Fanin's; choose another name");
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
    String text = new String(head, StandardCharsets.UTF_8).strip();
    boolean binary = text.indexOf('\0') >= 0;
    return binary || !text.isEmpty() && !text.equals("{}") && !text.contains(OURS);
  }

  static Path path(String name, String option) {
    try {
      return Path.of(option);
    } catch (InvalidPathException e) {
      throw new UsageException(name + ": " + option + " is no valid file name");
    }
  }

  /// @param name of the option
  /// @param option its value; null writes nothing
  static void write(String name, String option, Outputs.ByteWriter writer, Console console)
      throws IOException {
    if (isStdout(option)) {
      writer.write(console.out());
    } else if (option != null) {
      write(name, Path.of(option), writer);
    }
  }

  /// @throws UsageException when the place cannot be written to
  static void write(String name, Path target, Outputs.ByteWriter writer) throws IOException {
    try {
      Outputs.writeAtomically(target, writer);
    } catch (FileSystemException e) {
      throw new UsageException(name + ": " + Main.reason(e));
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
