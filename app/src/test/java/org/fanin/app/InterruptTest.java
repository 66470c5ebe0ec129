package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `fanin init` in a process of its own, ended while it writes a gigabyte: nothing unfinished
/// stands under the output's name, and Ctrl-C says how to go on.
class InterruptTest {
  private static final long SECONDS = 60;

  @TempDir private Path dir;

  private Process writing(Path out) throws IOException, InterruptedException {
    Path shapes = dir.resolve("shapes.json");
    Files.writeString(shapes, "{\"a.weight\": [16384, 8192], \"b.weight\": [16384, 8192]}");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process p =
        new ProcessBuilder(
                List.of(
                    java,
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "org.fanin.app.Main",
                    "init",
                    shapes.toString(),
                    "-o",
                    out.toString(),
                    "--recipe",
                    "he-normal",
                    "--threads",
                    "1"))
            .redirectOutput(dir.resolve("out").toFile())
            .redirectError(dir.resolve("err").toFile())
            .start();
    long start = System.nanoTime();
    while (unfinished().isEmpty()) {
      assertTrue(p.isAlive(), "ended before it wrote: " + errors());
      assertTrue(System.nanoTime() - start < SECONDS * 1_000_000_000, "writes nothing");
      Thread.sleep(1);
    }
    return p;
  }

  /// Files of a write under way, the journal left out.
  private List<String> unfinished() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(n -> n.startsWith(".big") && !n.endsWith("fanin-progress"))
          .toList();
    }
  }

  private String errors() throws IOException {
    return Files.readString(dir.resolve("err"));
  }

  private static void ended(Process p) throws InterruptedException {
    assertTrue(p.waitFor(SECONDS, TimeUnit.SECONDS), "does not end");
  }

  @ParameterizedTest
  @CsvSource({"big.npz, nothing is left of", "big.safetensors, --resume goes on"})
  void signalSaysHowToGoOn(String name, String hint) throws Exception {
    Path out = dir.resolve(name);
    Process p = writing(out);
    p.destroy();
    ended(p);
    assertFalse(Files.exists(out));
    assertTrue(errors().contains(hint), errors());
    assertEquals(1, errors().lines().filter(l -> l.startsWith("fanin: ")).count(), errors());
    if (name.endsWith("npz")) {
      assertEquals(List.of(), unfinished());
    }
  }

  @ParameterizedTest
  @CsvSource({"big.npz", "big.safetensors"})
  void killLeavesNothingUnderTheFinalName(String name) throws Exception {
    Path out = dir.resolve(name);
    Process p = writing(out);
    p.destroyForcibly();
    ended(p);
    assertFalse(Files.exists(out));
  }

  @Test
  void npzIsNotResumed() throws IOException {
    Path shapes = dir.resolve("shapes.json");
    Files.writeString(shapes, "{\"a.weight\": [4, 4]}");
    Path out = dir.resolve("w.npz");
    Run r =
        Run.of("init", shapes.toString(), "-o", out.toString(), "--recipe", "lecun", "--resume");
    assertEquals(2, r.code());
    assertTrue(r.err().contains("cannot be resumed"), r.err());
    assertFalse(Files.exists(out));
  }
}
