package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// No output takes the place of what is read, nor of another output.
class OverwriteTest {
  @TempDir private Path dir;
  private Path model;
  private byte[] before;

  @BeforeEach
  void copy() throws IOException {
    before = Files.readAllBytes(Path.of(Run.example("mlp5_relu_default")));
    model = Files.write(dir.resolve("m.onnx"), before);
  }

  static Stream<List<String>> mistakes() {
    return Stream.of(
        List.of("check", "M", "--no-measure", "--json", "M"),
        List.of("check", "M", "--no-measure", "--json", "./M"),
        List.of("check", "M", "--no-measure", "--json", "missing/x.json"),
        List.of("check", "M", "--no-measure", "--json", ""),
        List.of("explain", "M", "--layer", "0", "--json", "M"),
        List.of("audit", "M", "--json", "M"),
        List.of("init", "M", "-o", "out.onnx", "--json", "M"),
        List.of("init", "M", "-o", "out.onnx", "--plan", "M"),
        List.of("init", "M", "-o", "out.onnx", "--json", "out.onnx"),
        List.of("init", "M", "-o", "out.onnx", "--json", "a", "--plan", "a"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void areRefusedBeforeAnythingIsDone(List<String> words) throws IOException {
    String[] args =
        words.stream()
            .map(
                w ->
                    switch (w) {
                      case "M" -> model.toString();
                      case "./M" -> dir.resolve(".").resolve("m.onnx").toString();
                      case "out.onnx", "a", "missing/x.json" -> dir.resolve(w).toString();
                      default -> w;
                    })
            .toArray(String[]::new);
    Run r = Run.of(args);
    assertEquals(2, r.code(), r::toString);
    assertEquals(1, r.err().lines().count(), r::toString);
    assertArrayEquals(before, Files.readAllBytes(model));
    try (Stream<Path> all = Files.list(dir)) {
      assertEquals(1, all.count(), "something was written");
    }
  }

  @Test
  void externalDataIsKept() throws IOException {
    Path data = Files.write(dir.resolve("m.onnx.data"), new byte[] {1, 2, 0, 4});
    Run r = Run.of("check", model.toString(), "--no-measure", "--json", data.toString());
    assertEquals(2, r.code(), r::toString);
    assertEquals(4, Files.size(data));
  }

  @Test
  void anOlderReportIsReplaced() throws IOException {
    Path report = Files.writeString(dir.resolve("report.json"), "{}");
    Run r = Run.of("check", model.toString(), "--no-measure", "--json", report.toString());
    assertFalse(r.code() == 2, r::toString);
    assertTrue(Files.readString(report).startsWith("{"));
  }

  /// A folder of two shards, a model with external data, and other names for them.
  private void files() throws IOException {
    Files.writeString(dir.resolve("s.json"), "{\"a.weight\": [30, 40], \"b.weight\": [40, 30]}");
    Run r =
        Run.of(
            "init", at("s.json"), "-o", at("st"), "--recipe", "he-normal", "--shard-size", "5kB");
    assertEquals(0, r.code(), r::toString);
    Files.copy(Path.of(Run.example("mlp5_relu_default.var_external")), dir.resolve("e.onnx"));
    String data = "mlp5_relu_default.var_external.onnx.data";
    Files.copy(Path.of(Run.example("e")).resolveSibling(data), dir.resolve(data));
    Files.createLink(dir.resolve("hard.onnx"), model);
    Files.createSymbolicLink(dir.resolve("soft.onnx"), model);
    Files.createSymbolicLink(dir.resolve("linked"), dir.resolve("st"));
    Files.createLink(dir.resolve("twin.safetensors"), dir.resolve("st").resolve(SHARD));
    Files.createLink(dir.resolve("w.onnx.data"), dir.resolve(data));
    Files.writeString(dir.resolve("r.yaml"), "# fanin.recipe\nrecipe: mine\nextends: he-normal\n");
    Files.copy(
        Path.of(Run.example("e")).resolveSibling("mlp5_relu_default.io.npz"), dir.resolve("d.npz"));
  }

  private static final String SHARD = "model-00001-of-00002.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  static Stream<List<String>> aliases() {
    String shard = "st/" + SHARD;
    String index = "st/" + INDEX;
    return Stream.of(
        List.of("init", "--like", index, "-o", "st", "--recipe", "he-normal"),
        List.of("init", "--like", index, "-o", "linked", "--recipe", "he-normal"),
        List.of("init", "--like", shard, "-o", "st", "--recipe", "he-normal"),
        List.of("init", "--like", "st", "-o", "st", "--recipe", "he-normal"),
        List.of("init", "--like", shard, "-o", "twin.safetensors", "--recipe", "he-normal"),
        List.of("init", "--like", index, "-o", "twin.safetensors", "--recipe", "he-normal"),
        List.of("init", "--like", "twin.safetensors", "-o", shard, "--recipe", "he-normal"),
        List.of("init", "--like", shard, "-o", shard, "--recipe", "he-normal"),
        List.of("init", "--like", index, "-o", shard, "--recipe", "he-normal"),
        List.of("init", "m.onnx", "-o", "hard.onnx"),
        List.of("init", "m.onnx", "-o", "soft.onnx"),
        List.of("init", "soft.onnx", "-o", "m.onnx"),
        List.of("init", "e.onnx", "-o", "w.onnx"),
        List.of("init", "m.onnx", "--data", "d.npz", "-o", "d.npz"),
        List.of("init", "m.onnx", "--recipe", "r.yaml", "-o", "n.onnx", "--plan", "r.yaml"),
        List.of("init", "s.json", "-o", "n.npz", "--recipe", "he-normal", "--json", "s.json"),
        List.of("init", "s.json", "-o", "new", "--recipe", "he-normal", "--json", "new/" + INDEX),
        List.of("audit", shard, "--json", index),
        List.of("audit", "st", "--json", index),
        List.of("audit", "e.onnx", "--json", "w.onnx.data"),
        List.of("check", "m.onnx", "--no-measure", "--json", "hard.onnx"),
        List.of("check", "m.onnx", "--no-measure", "--input", "d.npz", "--json", "d.npz"),
        List.of("explain", "m.onnx", "--layer", "0", "--json", "soft.onnx"));
  }

  @ParameterizedTest
  @MethodSource("aliases")
  void noOutputIsAnInput(List<String> words) throws IOException {
    files();
    String before = everything();
    Stream<String> forced =
        words.getFirst().equals("init") ? Stream.of("--force") : Stream.<String>of();
    Run r =
        Run.of(
            Stream.concat(words.stream().map(w -> isFile(w) ? at(w) : w), forced)
                .toArray(String[]::new));
    assertEquals(2, r.code(), r::toString);
    assertEquals(1, r.err().lines().count(), r::toString);
    assertEquals("", r.out());
    assertEquals(before, everything());
  }

  private static boolean isFile(String word) {
    return word.contains(".")
        || word.contains("/")
        || List.of("st", "linked", "new").contains(word);
  }

  /// Every file below the folder, with its bytes.
  private String everything() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path f : files.sorted().toList()) {
        all.append(dir.relativize(f)).append(Files.isSymbolicLink(f));
        all.append(Files.isRegularFile(f) ? java.util.Arrays.hashCode(Files.readAllBytes(f)) : 0);
      }
    }
    return all.toString();
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(
      strings = {"o.onnx", "o.safetensors", "o.npz", "o", "r.json"})
  void aReplacedFileKeepsItsMode(String name) throws IOException {
    var mode = java.nio.file.attribute.PosixFilePermissions.fromString("rw-------");
    List<String> command =
        name.equals("r.json")
            ? List.of("check", model.toString(), "--no-measure", "--json", at(name))
            : List.of("init", model.toString(), "-o", at(name), "--force");
    Run.of(command.toArray(String[]::new));
    for (Path f : written(name)) {
      Files.setPosixFilePermissions(f, mode);
    }
    Run r = Run.of(command.toArray(String[]::new));
    assertTrue(r.code() == 0 || r.code() == 3, r::toString);
    assertFalse(written(name).isEmpty());
    for (Path f : written(name)) {
      assertEquals(mode, Files.getPosixFilePermissions(f), f::toString);
    }
  }

  private List<Path> written(String name) throws IOException {
    try (Stream<Path> files = Files.walk(dir.resolve(name))) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(strings = {"o.onnx", "o.safetensors", "o.npz"})
  void aLinkToNothingIsReplacedByForceOnly(String name) throws IOException {
    Path link = Files.createSymbolicLink(dir.resolve(name), dir.resolve("gone"));
    Run r = Run.of("init", model.toString(), "-o", link.toString());
    assertEquals(4, r.code(), r::toString);
    assertTrue(Files.isSymbolicLink(link));
    assertFalse(Files.exists(dir.resolve("gone")));
    assertEquals(0, Run.of("init", model.toString(), "-o", link.toString(), "--force").code());
    assertTrue(Files.isRegularFile(link));
  }
}
