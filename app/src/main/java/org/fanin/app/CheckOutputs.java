package org.fanin.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fanin.compare.WholeNetwork;
import org.fanin.report.CheckReport;

/// Where the JSON of `check` goes: one report to a file or standard output, several into a folder.
///
/// @param json null for none
record CheckOutputs(String json, List<String> models) {
  /// @throws UsageException when several models would share a target
  void check() throws IOException {
    if (json == null) {
      return;
    }
    if (models.size() < 2) {
      JsonTarget.check("--json", json);
      return;
    }
    if (JsonTarget.isStdout(json)) {
      throw new UsageException("--json - takes one MODEL; with several name a folder");
    }
    Set<String> seen = new HashSet<>();
    for (String m : models) {
      if (!seen.add(name(m))) {
        throw new UsageException("two MODELs would both write " + name(m));
      }
    }
    if (Files.exists(Path.of(json)) && !Files.isDirectory(Path.of(json))) {
      throw new UsageException(
          "--json: with several MODELs it names a folder, found the file " + json);
    }
    for (Path t : targets()) {
      JsonTarget.checkTarget("--json", t);
    }
  }

  /// The files that will be written, as far as reports are.
  List<Path> targets() {
    if (json == null || JsonTarget.isStdout(json)) {
      return List.of();
    }
    Path target = Path.of(json);
    boolean folder = models.size() > 1 || Files.isDirectory(target);
    return folder ? models.stream().map(m -> target.resolve(name(m))).toList() : List.of(target);
  }

  void write(CheckReport report, Optional<WholeNetwork> whole, String model, Console console)
      throws IOException {
    boolean folder = json != null && (models.size() > 1 || Files.isDirectory(Path.of(json)));
    if (folder) {
      JsonTarget.createFolder(Path.of(json));
      Path target = Path.of(json).resolve(name(model));
      JsonTarget.write("--json", target, out -> CheckJson.write(report, whole, out));
    } else {
      JsonTarget.write("--json", json, out -> CheckJson.write(report, whole, out), console);
    }
  }

  private static String name(String model) {
    if (model.equals(Pipeline.STDIN)) {
      return "stdin.json";
    }
    Path file = Path.of(model).getFileName();
    String name = file == null ? "model" : file.toString();
    return (name.endsWith(".onnx") ? name.substring(0, name.length() - ".onnx".length()) : name)
        + ".json";
  }
}
