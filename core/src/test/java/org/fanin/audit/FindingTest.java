package org.fanin.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FindingTest {
  private static Finding scale(double level) {
    return Finding.fail("scale", "E w²·fan_in is " + Numbers.of(level), "×" + level, level, 1);
  }

  @Test
  void severalTensorsHaveARange() {
    Finding f = Finding.together(List.of(scale(43), scale(41), scale(127)));
    assertEquals("E w²·fan_in is from 41 to 127× over 3 tensors", f.says());
    assertEquals("", f.effect());
    assertEquals(Finding.Level.FAIL, f.level());
    assertEquals(scale(41), Finding.together(List.of(scale(41), scale(41))));
  }

  @Test
  void ratiosAreOfWhatIsWanted() {
    List<Finding> all = new ArrayList<>();
    for (double fan : new double[] {64, 256}) {
      all.add(Finding.warn("variance", "E w² is 2× the recipe's " + 1 / fan, "", 2 / fan, 1 / fan));
    }
    assertEquals("E w² is 2× what is wanted at each of 2 tensors", Finding.together(all).says());
  }

  /// A sentence that no number decides stays as it is.
  @Test
  void otherKindsKeepTheirSentence() {
    Finding a = Finding.note("tied", "the same elements as a", "", 0, 0);
    assertEquals(a, Finding.together(List.of(a, Finding.note("tied", "as b", "", 0, 0))));
  }
}
