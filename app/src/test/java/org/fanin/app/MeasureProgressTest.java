package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.fanin.probe.ProbeListener;
import org.fanin.report.Style;
import org.junit.jupiter.api.Test;

class MeasureProgressTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final AtomicLong clock = new AtomicLong();

  /// 10 nodes, a step a second, stopped after `steps`.
  private String shown(boolean terminal, int width, int runs, int steps, boolean closed) {
    return shown(terminal, width, 0, runs, steps, closed);
  }

  private String shown(boolean terminal, int width, int run, int runs, int steps, boolean closed) {
    PrintStream to = new PrintStream(err, true, StandardCharsets.UTF_8);
    Console c = new Console(to, to, InputStream.nullInputStream(), Map.of(), terminal);
    Style style = new Style(width, false, true, true);
    MeasureProgress p =
        new MeasureProgress(c, style, runs, "measuring…", "predicted: trainable yes", clock::get);
    ProbeListener l = p.apply(run);
    for (int i = 1; i <= steps; i++) {
      clock.addAndGet(1_000_000_000);
      l.progress(i, 20);
    }
    if (closed) {
      p.close();
    }
    return err.toString(StandardCharsets.UTF_8);
  }

  private static String last(String shown) {
    return shown.substring(shown.lastIndexOf("\u001b[K") + 3);
  }

  @Test
  void saysHowFarAndHowLong() {
    // 4 of the 5 steps were timed: 16 ns per ns seen, 15 steps at .8 s
    assertEquals(
        "measuring… ━━━━━───────────────  25%  0:12 left  forward, node 5 of 10",
        last(shown(true, 100, 1, 5, false)));
    err.reset();
    assertEquals(
        "measuring… ━━━━━━━━━━━━━━━─────  75%  0:05 left  backward, node 5 of 10",
        last(shown(true, 100, 1, 15, false)));
    err.reset();
    assertEquals(
        "measuring… ━━──────────────────  12%  0:28 left  run 1 of 2",
        last(shown(true, 100, 2, 5, false)));
    err.reset();
    assertEquals("measuring…  25%  0:12 left", last(shown(true, 40, 1, 5, false)));
  }

  /// lsuv says two passes and may need more.
  @Test
  void moreRunsThanWereSaid() {
    assertEquals(
        "measuring… ━━━━━━━━━━━━━━━━━───  87%  0:01 left  run 4 of 4",
        last(shown(true, 100, 3, 2, 10, false)));
    assertEquals(
        "measuring… ━━━━━━━━━━━━━━━━━━━━ 100%  0:00 left  run 3 of 3",
        last(shown(true, 100, 2, 2, 20, false)));
  }

  @Test
  void predictionStandsAboveItOnceAndBothGo() {
    String s = shown(true, 100, 1, 5, true);
    assertEquals(1, s.split("predicted: trainable yes\n", -1).length - 1, s);
    assertEquals("\r\u001b[K\u001b[A\r\u001b[K", s.substring(s.length() - 11));
  }

  @Test
  void filesGetNothing() {
    assertEquals("", shown(false, 100, 1, 20, true));
  }
}
