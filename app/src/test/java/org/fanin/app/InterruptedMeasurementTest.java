package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterruptedMeasurementTest {
  private static final int SIGTERM = 15;

  /// SIGTERM and Ctrl-C end a JVM in the same way; a build in the background may ignore the latter.
  @Test
  void theProcessEndsAtOnceAndLeavesNothingHalfWritten(@TempDir Path dir) throws Exception {
    Path json = Files.createDirectory(dir.resolve("json"));
    Path err = dir.resolve("err");
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "org.fanin.app.Main",
                "check",
                Run.example("mlp5_relu_default"),
                // Half a minute of measuring, had it its way.
                Run.example("gpt2_pre_ln_op17"),
                "--draws",
                "200",
                "--json",
                json.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(err.toFile())
            .start();
    Path first = json.resolve("mlp5_relu_default.json");
    while (p.isAlive() && !Files.exists(first)) {
      p.waitFor(20, TimeUnit.MILLISECONDS);
    }
    p.waitFor(500, TimeUnit.MILLISECONDS);
    assertTrue(p.isAlive(), () -> "it ended by itself with " + p.exitValue());
    p.destroy();
    assertTrue(p.waitFor(30, TimeUnit.SECONDS), "it goes on measuring");
    assertEquals(128 + SIGTERM, p.exitValue());
    assertEquals("", Files.readString(err));
    try (Stream<Path> files = Files.list(json)) {
      assertEquals(List.of(first), files.toList());
    }
    assertTrue(Files.readString(first).endsWith("}\n"));
  }
}
