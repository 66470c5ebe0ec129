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
}
