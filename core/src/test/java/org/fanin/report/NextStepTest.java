package org.fanin.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.fanin.judge.Judge;
import org.fanin.judge.Nets;
import org.fanin.judge.Thresholds;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.junit.jupiter.api.Test;

class NextStepTest {
  /// A gradient that is gone, or one that is level.
  private static CheckReport report(String model, double lnGradient) {
    Nets n = new Nets(8);
    int x = n.input();
    for (int i = 0; i < 12; i++) {
      x = n.dense("fc" + i, x, 0, lnGradient * (11 - i) / 11, 0);
    }
    Forecast f = n.done(x);
    return new CheckReport(
        model,
        new Provenance("fanin", "", ""),
        PredictSettings.defaults(),
        f,
        Judge.judge(f, Thresholds.standard()));
  }

  @Test
  void whatFailedEndsWithTheCommandThatMendsIt() {
    assertEquals(
        Optional.of("fanin init nets/deep.onnx -o nets/deep.mended.onnx"),
        NextStep.command(report("nets/deep.onnx", -60)));
    assertEquals(
        Optional.of("fanin init 'it'\\''s mine.onnx' -o 'it'\\''s mine.mended.onnx'"),
        NextStep.command(report("it's mine.onnx", -60)));
  }

  @Test
  void whatIsHealthyOrHasNoNameNeedsNone() {
    assertEquals(Optional.empty(), NextStep.command(report("nets/level.onnx", 0)));
    assertEquals(Optional.empty(), NextStep.command(report("standard input", -60)));
  }

  @Test
  void theLegendSpeaksOfZWhereItStands() {
    assertTrue(NextStep.legend(true).contains("z: "));
    assertFalse(NextStep.legend(false).contains("z: "));
  }
}
