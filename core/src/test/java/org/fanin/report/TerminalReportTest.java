package org.fanin.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.judge.Judge;
import org.fanin.judge.Nets;
import org.fanin.judge.Thresholds;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalReportTest {
  private static CheckReport report(Forecast f) {
    return new CheckReport(
        "hand.onnx",
        new Provenance("test", "", ""),
        PredictSettings.defaults(),
        f,
        Judge.judge(f, Thresholds.standard()));
  }

  private static List<String> lines(Forecast f, Style s) {
    return TerminalReport.render(report(f), s);
  }

  @Test
  void golden() {
    String text = String.join("\n", lines(Nets.mlp(3, 0, Math.log(.5), .5), Style.plain()));
    assertEquals(
        """
        hand.onnx
          5 nodes, all understood · 192 parameters in 3 tensors
          assumed: mode train · batch 16 · in N(0,1) · weights from the file

          signal   m2   ▅▅▅  1.00 → 1.00
          gradient gm2  ▂▅▇  0.250 → 1.00

        layer  op      shape   fan-in  weights          m2  × in    cos    gm2
        fc0    linear  [16,8]       8  lecun-normal   1.00  1.00  0.500  0.250
        relu0  relu    [16,8]                        0.500        0.500  0.250
        fc1    linear  [16,8]       8  lecun-normal   1.00  2.00  0.500  0.500
        relu1  relu    [16,8]                        0.500        0.500  0.500
        fc2    linear  [16,8]       8  lecun-normal   1.00  2.00  0.500   1.00
        m2: E[x²] behind the layer · × in: m2 over that of the layer's input · cos: cosine between two
        samples · gm2: E[g²], g the gradient at the layer's output for a cotangent N(0,1)

        ✓ signal-level at fc2
            signal and gradient keep their scale over 3 layers: second moment 1.00 to 1.00, gradient 0.250
            to 1.00
            source: theory.md 10

        trainable: yes\
        """
            .strip(),
        text.substring(0, text.indexOf(" (score")));
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 30, 40, 60, 80, 120, 200})
  void noLineIsWiderThanTheTerminal(int width) {
    for (boolean unicode : new boolean[] {true, false}) {
      for (String line :
          lines(Nets.mlp(40, Math.log(.5), .1, .999), new Style(width, false, unicode, false))) {
        assertTrue(Text.width(line) <= width, line);
        assertTrue(unicode || line.chars().allMatch(c -> c < 127), line);
      }
    }
  }

  @Test
  void fiveHundredLayersFitOnAScreen() {
    List<String> lines = lines(Nets.mlp(500, Math.log(.5), 0, .5), Style.plain());
    assertTrue(lines.size() < 50, () -> String.join("\n", lines));
    String fold = lines.stream().filter(l -> l.startsWith("⋮")).findFirst().orElseThrow();
    assertTrue(fold.contains("×0.500 each"), fold);
  }

  @Test
  void colourOnlyWhenAsked() {
    Forecast f = Nets.mlp(40, Math.log(.5), 0, .5);
    assertTrue(String.join("", lines(f, new Style(80, true, true, true))).contains("\u001b[31m"));
    assertFalse(String.join("", lines(f, new Style(80, false, true, true))).contains("\u001b"));
  }

  @Test
  void namesCannotDriveTheTerminal() {
    Nets n = new Nets(8);
    int x = n.dense("evil\u001b[2J\u202e\n", n.input(), 0, 0, 0);
    String text = String.join("\n", lines(n.done(x), Style.plain()));
    assertFalse(text.contains("\u001b") || text.contains("\u202e"));
    assertTrue(text.contains("evil?[2J??"), text);
  }

  @Test
  void unknownIsSaid() {
    Nets n = new Nets(8);
    int x = n.node("odd", "Oddity", new org.fanin.graph.Op.Foreign("Oddity", "no rule"), n.input());
    String text = String.join("\n", lines(n.done(x), Style.plain()));
    assertTrue(text.contains("unknown: not forecast"), text);
  }

  @Test
  void sparksAreLevelForALevelSignal() {
    assertEquals("▅▅▅", Spark.draw(new double[] {1, 1, 1}, 10, true));
    assertEquals("_-#".length(), Spark.draw(new double[] {0, 5, 10}, 10, false).length());
    assertEquals("▁ █", Spark.draw(new double[] {0, Double.NaN, 50}, 10, true));
    assertEquals(4, Spark.draw(new double[100], 4, true).length());
  }

  @Test
  void widthCountsColumns() {
    assertEquals(4, Text.width("層層"));
    assertEquals(1, Text.width("e\u0301"));
    assertEquals("ab…yz12", Text.fit("abcdefghyz12", 7, true));
    assertEquals(List.of("aa bb", "cccccc", "cc"), Text.wrap("aa bb cccccccc", 6));
  }
}
