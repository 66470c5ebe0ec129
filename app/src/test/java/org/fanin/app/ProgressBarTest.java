package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.fanin.report.Style;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final AtomicLong clock = new AtomicLong();

  private Console console(boolean terminal, Map<String, String> env) {
    PrintStream to = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new Console(to, to, InputStream.nullInputStream(), env, terminal);
  }

  /// 16 GB at 1 GB per second, shown after four seconds.
  private String shown(boolean terminal, Style style, Map<String, String> env) {
    try (ProgressBar bar = new ProgressBar(console(terminal, env), style, clock::get)) {
      for (int i = 0; i <= 40; i++) {
        clock.addAndGet(100_000_000);
        bar.update(i * 100_000_000L, 16_000_000_000L, "model-00001-of-00004.safetensors");
      }
      return err.toString(StandardCharsets.UTF_8);
    }
  }

  private static String last(String shown) {
    return shown.substring(shown.lastIndexOf('\r')).replaceFirst("\r\u001b\\[K", "");
  }

  @Test
  void saysShareRateAndTimeLeft() {
    String line = last(shown(true, new Style(120, false, true, true), Map.of()));
    assertEquals(
        "model-00001-of-00004.safetensors ━━━━━───────────────  25%  4.0 GB of 16.0 GB  1.00 GB/s  0:12 left",
        line);
  }

  @Test
  void fitsTheTerminal() {
    for (int width : new int[] {20, 40, 68, 69, 70, 71, 72, 80, 81, 82, 100}) {
      err.reset();
      String line = last(shown(true, new Style(width, false, false, true), Map.of()));
      assertTrue(line.length() < width, width + ": " + line);
      assertTrue(line.contains("25%"), line);
    }
  }

  @Test
  void coloursOnlyWhenAsked() {
    assertTrue(shown(true, new Style(100, true, true, true), Map.of()).contains("\u001b[32m"));
    err.reset();
    assertTrue(!shown(true, new Style(100, false, true, true), Map.of()).contains("\u001b[32m"));
  }

  @Test
  void silentWhereNobodyLooks() {
    Style style = new Style(100, false, true, true);
    assertEquals("", shown(false, style, Map.of()));
    assertEquals("", shown(true, style, Map.of("TERM", "dumb")));
    try (ProgressBar bar = new ProgressBar(console(true, Map.of()), style, clock::get)) {
      bar.update(5, 5, "quick");
    }
    assertEquals("", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void leavesNothingBehind() {
    shown(true, new Style(100, false, true, true), Map.of());
    assertTrue(err.toString(StandardCharsets.UTF_8).endsWith("\r\u001b[K"));
  }
}
