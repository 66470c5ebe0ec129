package org.fanin.formats;

import ai.onnxruntime.OrtException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.fanin.tensor.Tensor;

/// Runs models before and after `fanin init` in ONNX Runtime (bench/auto load).
///
/// Arguments: folder of models with `NAME.io.npz` beside them (made for all variants
/// `NAME.*.onnx`), folder of the written models, names alike. The exit code is 1 where a written
/// one does not load or gives a number that is not finite.
public final class RuntimeTable {
  private int files;
  private int loaded;
  private int finite;

  private RuntimeTable() {}

  public static void main(String[] args) throws Exception {
    RuntimeTable table = new RuntimeTable();
    System.out.println("| model | outputs | finite: before → after | rms: before → after |");
    System.out.println("|---|---|---|---|");
    try (Stream<Path> models = Files.list(Path.of(args[0]))) {
      for (Path f : models.filter(p -> p.toString().endsWith(".onnx")).sorted().toList()) {
        table.row(f, Path.of(args[1]).resolve(f.getFileName()));
      }
    }
    System.out.printf(
        "%n%d models: %d were written and loaded, %d gave finite outputs only%n",
        table.files, table.loaded, table.finite);
    System.exit(table.files > 0 && table.finite == table.files ? 0 : 1);
  }

  private void row(Path model, Path written) throws Exception {
    files++;
    String name = model.getFileName().toString();
    Path io = model.resolveSibling(name.substring(0, name.indexOf('.')) + ".io.npz");
    Map<String, Tensor> arrays = Files.exists(io) ? NpzReader.read(io) : Map.of();
    Optional<RuntimeRun> before = run(model, arrays);
    Optional<RuntimeRun> after = run(written, arrays);
    loaded += after.isPresent() ? 1 : 0;
    finite += after.filter(RuntimeRun::allFinite).isPresent() ? 1 : 0;
    System.out.printf(
        "| %s | %s | %s → %s | %s → %s |%n",
        name.replace(".onnx", ""),
        after.map(r -> Long.toString(r.numbers())).orElse("-"),
        before.map(r -> Long.toString(r.finite())).orElse("does not run"),
        after.map(r -> Long.toString(r.finite())).orElse("does not run"),
        before.map(RuntimeTable::rms).orElse("-"),
        after.map(RuntimeTable::rms).orElse("-"));
  }

  private static String rms(RuntimeRun r) {
    return String.format(Locale.ROOT, "%.3g", r.rms());
  }

  private static Optional<RuntimeRun> run(Path model, Map<String, Tensor> arrays) {
    if (!Files.exists(model)) {
      return Optional.empty();
    }
    try {
      return Optional.of(RuntimeRun.of(model, arrays));
    } catch (OrtException e) {
      System.err.println(
          model.getFileName() + ": " + e.getMessage().lines().findFirst().orElse(""));
      return Optional.empty();
    }
  }
}
