package org.fanin.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fanin.formats.ReadFiles;

/// No output may be an input, under whatever name: a hard or symbolic link, another spelling, a
/// shard of the checkpoint that is read, its index, external data. A command names here all that it
/// reads and all that it will write, replace or delete, before it does any of that.
final class OutputGuard {
  private final Set<Path> inputs = new LinkedHashSet<>();
  private final List<Output> outputs = new ArrayList<>();

  /// @param option that names it
  private record Output(String option, Path path) {}

  /// @param names as the user gave them; null and standard input do not matter
  OutputGuard reads(String... names) {
    for (String n : names) {
      if (n != null && !n.isEmpty() && !n.equals(Pipeline.STDIN)) {
        try {
          inputs.add(Path.of(n));
        } catch (InvalidPathException _) {
          // no file has such a name; reading it will say so
        }
      }
    }
    return this;
  }

  /// @param name as the user gave it; null and standard output do not matter
  OutputGuard writes(String option, String name) {
    return name == null || name.isEmpty() || JsonTarget.isStdout(name)
        ? this
        : writes(option, List.of(JsonTarget.path(option, name)));
  }

  OutputGuard writes(String option, List<Path> paths) {
    paths.forEach(p -> outputs.add(new Output(option, p)));
    return this;
  }

  /// @throws UsageException when an output is an input, or two options write one file
  void check() throws IOException {
    checkApart();
    List<Output> there = outputs.stream().filter(o -> Files.isRegularFile(o.path())).toList();
    if (there.isEmpty()) {
      return; // what is not there yet is read by nobody
    }
    Set<Object> read = new HashSet<>();
    for (Path input : inputs) {
      for (Path p : ReadFiles.of(input)) {
        identity(p).ifPresent(read::add);
      }
    }
    for (Output o : there) {
      if (identity(o.path()).filter(read::contains).isPresent()) {
        throw new UsageException(
            o.option() + ": " + o.path() + " is read here and would be overwritten");
      }
    }
  }

  private void checkApart() throws IOException {
    for (int i = 0; i < outputs.size(); i++) {
      for (int j = 0; j < i; j++) {
        Output a = outputs.get(j);
        Output b = outputs.get(i);
        if (!a.option().equals(b.option()) && place(a.path()).equals(place(b.path()))) {
          throw new UsageException(a.option() + " and " + b.option() + " both write " + b.path());
        }
      }
    }
  }

  /// What is the same for all names of a regular file: its key where the file system has keys.
  private static Optional<Object> identity(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    return Optional.of(key == null ? file.toRealPath() : key);
  }

  /// The same for an output that need not be there yet: its name in the real folder.
  private static Object place(Path file) throws IOException {
    Optional<Object> known = identity(file);
    if (known.isPresent()) {
      return known.get();
    }
    Path whole = file.toAbsolutePath().normalize();
    Path folder = whole.getParent();
    return folder != null && Files.isDirectory(folder)
        ? folder.toRealPath().resolve(whole.getFileName())
        : whole;
  }
}
