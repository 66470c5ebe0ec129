package org.fanin.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// `fanin init` on many models in one process, which takes a tenth of the time of as many processes
/// (bench/init-kept).
///
/// Arguments: a list of models, a line each: name, path; a folder. Writes `N.onnx` and `N.json`
/// there and `runs`: name, model, written file, report, exit code, first line of standard error.
public final class InitEach {
  private InitEach() {}

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[1]);
    List<String> runs = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      String[] f = line.split("\t", -1);
      String out = folder.resolve(runs.size() + ".onnx").toString();
      String json = folder.resolve(runs.size() + ".json").toString();
      Run r = Run.of("init", f[1], "-o", out, "--seed", "42", "--json", json);
      String said = r.err().lines().findFirst().orElse("").replace('\t', ' ');
      runs.add(String.join("\t", f[0], f[1], out, json, Integer.toString(r.code()), said));
    }
    Files.write(folder.resolve("runs"), runs);
  }
}
