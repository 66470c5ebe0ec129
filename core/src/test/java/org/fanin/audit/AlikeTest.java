package org.fanin.audit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/// What is counted by sorting is what comparing every pair counts, and takes no time that grows
/// with the square of the number of tensors.
class AlikeTest {
  @Test
  void countsWhatEveryPairSays() {
    Random random = new Random(7);
    double[] factors = new double[300];
    double[] tolerances = new double[300];
    Alike alike = new Alike();
    for (int i = 0; i < factors.length; i++) {
      factors[i] = i % 50 == 0 ? 0 : Math.exp(random.nextGaussian());
      tolerances[i] = i % 40 == 0 ? Double.NaN : 0.02 + 1.5 * random.nextDouble();
      alike.add(factors[i], tolerances[i]);
    }
    alike.sort();
    for (double f : factors) {
      int wanted = 0;
      for (int i = 0; i < factors.length; i++) {
        wanted += Math.abs(factors[i] - f) < tolerances[i] * f ? 1 : 0;
      }
      assertEquals(wanted, alike.at(f), "factor " + f);
    }
  }

  /// A million layers asked a million times: pair by pair, an hour.
  @Test
  void aMillionLayers() {
    Alike alike = new Alike();
    for (int i = 0; i < 1_000_000; i++) {
      alike.add(1 + i % 2, 0.1);
    }
    alike.sort();
    long sum = 0;
    for (int i = 0; i < 1_000_000; i++) {
      sum += alike.at(1 + i % 2);
    }
    assertEquals(500_000L * 1_000_000L, sum);
  }

  @Test
  void binsOfSignsFoldAndSpansAdd() {
    int[] one = new int[16];
    one[0] = 1;
    one[3] = 2;
    one[11] = 5;
    int[] other = new int[16];
    other[3] = 7;
    other[15] = 1;
    Bins sum = Bins.of(one).plus(Bins.of(other));
    assertArrayEquals(new int[] {0, 3, 11, 15}, sum.numbers());
    assertArrayEquals(new long[] {1, 9, 5, 1}, sum.counts());
    Bins folded = sum.folded(8);
    assertArrayEquals(new int[] {0, 3, 7}, folded.numbers());
    assertArrayEquals(new long[] {1, 14, 1}, folded.counts());
  }
}
