package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "chekc x.onnx",
        "check",
        "check --nonsense x.onnx",
        "check --mode fast x.onnx",
        "check --batch 0 x.onnx",
        "check --batch many x.onnx",
        "check --input-m2 -1 x.onnx",
        "check --width 3 x.onnx",
        "check -T vanish=1 x.onnx",
        "check -T vanishing.fail=lots x.onnx",
        "check --weights no-such-scheme x.onnx",
        "check - -",
        "check a.onnx b.onnx --json -",
        "check a/x.onnx b/x.onnx --json reports",
        "theory --activation nonsense",
        "theory --sigma-w -1",
        "explain --fan-in 0",
        "explain --scheme nonsense"
      })
  void wrongUsageIsOneLineAndTwo(String line) {
    Run r = Run.of(line.isEmpty() ? new String[0] : line.split(" "));
    assertEquals(2, r.code(), r::toString);
    assertOneLine(r);
    assertTrue(r.out().isEmpty(), r::toString);
  }

  private static void assertOneLine(Run r) {
    assertTrue(r.err().startsWith("fanin: "), r::toString);
    assertEquals(1, r.err().lines().count(), r::toString);
    assertFalse(r.err().contains("\tat "), r::toString);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "check --help",
        "explain --help",
        "theory --help",
        "help",
        "completion --help"
      })
  void helpHasAnExampleAndTheExitCodes(String line) {
    Run r = Run.of(line.split(" "));
    assertEquals(0, r.code(), r::toString);
    assertTrue(r.out().contains("Example"), r::toString);
    assertTrue(r.out().contains("Exit codes:"), r::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "check --version"})
  void versionIsSaid(String line) {
    Run r = Run.of(line.split(" "));
    assertEquals(0, r.code());
    assertTrue(r.out().startsWith("fanin "), r::toString);
  }

  @Test
  void unreadableFilesAreOneLineAndFour(@TempDir Path dir) throws Exception {
    Path text = Files.writeString(dir.resolve("text.onnx"), "this is not a model\n");
    Path empty = Files.createFile(dir.resolve("empty.onnx"));
    for (Path p : new Path[] {text, empty, dir, dir.resolve("missing.onnx")}) {
      Run r = Run.of("check", p.toString());
      assertEquals(4, r.code(), r::toString);
      assertOneLine(r);
    }
    Run nul = Run.of("check", "a\0b");
    assertEquals(4, nul.code(), nul::toString);
    assertOneLine(nul);
  }

  @Test
  void oneBadFileDoesNotStopTheOthers(@TempDir Path dir) throws Exception {
    Path bad = Files.writeString(dir.resolve("bad.onnx"), "no model");
    Run r = Run.of("check", bad.toString(), Run.example("mlp5_relu_default"));
    assertEquals(4, r.code(), r::toString);
    assertTrue(
        r.out().contains("summary") && r.out().matches("(?s).*bad.onnx +unreadable.*"),
        r::toString);
  }

  @Test
  void unwritableOutputIsWrongUsage(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "x");
    String inFile = file.resolve("r.json").toString();
    for (String target : new String[] {inFile, dir.resolve("no/such/r.json").toString()}) {
      for (String command : new String[] {"theory --activation relu", "explain --depth 2"}) {
        Run r = Run.of((command + " --json " + target).split(" "));
        assertEquals(2, r.code(), r::toString);
        assertOneLine(r);
      }
    }
    assertEquals("x", Files.readString(file));
  }

  @Test
  void standardInputIsAModel() throws Exception {
    byte[] model = Files.readAllBytes(Path.of(Run.example("mlp5_relu_default")));
    Run r = Run.with(new ByteArrayInputStream(model), "check", "-", "--json", "-");
    assertTrue(r.code() == 0 || r.code() == 3, r::toString);
    assertTrue(r.out().startsWith("{"), r::toString);
  }
}
