package org.fanin.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.graph.Export;
import org.fanin.judge.Verdict.Level;
import org.junit.jupiter.api.Test;

class ExportRuleTest {
  private static final Export FOLDED =
      new Export(true, List.of("conv1", "conv2"), true, 0, List.of(), 0);

  private static Verdict failed(String rule) {
    return new Verdict(rule, Level.FAIL, "conv1", 9, 4, "because", "do", "source");
  }

  @Test
  void aScaleWithoutItsNormalisationsIsNoFailure() {
    assertEquals(Level.WARN, ExportRule.softened(failed("vanishing-gradient"), FOLDED).level());
    assertEquals(Level.FAIL, ExportRule.softened(failed("non-finite"), FOLDED).level());
    assertEquals(Level.FAIL, ExportRule.softened(failed("vanishing"), Export.UNTOUCHED).level());
  }

  @Test
  void nobodyKnowsWhetherTheNetworkThatIsNotThereTrains() {
    Trainable no = new Trainable(Trainable.Answer.NO, .01, "too little");
    Trainable soft = ExportRule.softened(no, FOLDED);
    assertEquals(Trainable.Answer.DOUBTFUL, soft.answer());
    assertTrue(soft.because().contains("2 batch normalisations"), soft.because());
    assertEquals(no, ExportRule.softened(no, Export.UNTOUCHED));
  }
}
