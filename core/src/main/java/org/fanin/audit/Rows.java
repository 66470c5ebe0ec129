package org.fanin.audit;

import java.util.Arrays;

/// What units, rows or columns of a tensor, have in common.
///
/// @param along "row" or "column"
/// @param units how many there are; 0 when they were not looked at
/// @param dead units of zeros only
/// @param firstDead index of the first, −1 when none
/// @param constant units whose elements are all alike, and not 0
/// @param firstConstant index of the first, −1 when none
/// @param duplicates units that equal an earlier one (dead ones not counted)
/// @param firstDuplicate index of the first that equals an earlier one, −1 when none
/// @param original index of the unit it equals, −1 when none
public record Rows(
    String along,
    long units,
    long dead,
    long firstDead,
    long constant,
    long firstConstant,
    long duplicates,
    long firstDuplicate,
    long original) {
  static final Rows NONE = new Rows("row", 0, 0, -1, 0, -1, 0, -1, -1);

  /// @param hashes by unit; 0 marks a dead one
  /// @param constants units of one value each
  static Rows of(String along, long[] hashes, java.util.BitSet constants) {
    long dead = 0;
    long firstDead = -1;
    for (int i = 0; i < hashes.length; i++) {
      if (hashes[i] == 0) {
        dead++;
        firstDead = firstDead < 0 ? i : firstDead;
      }
    }
    long[] repeated = repeated(hashes);
    int[] pair = firstPair(hashes, repeated);
    return new Rows(
        along,
        hashes.length,
        dead,
        firstDead,
        constants.cardinality(),
        constants.nextSetBit(0),
        duplicates(hashes, repeated),
        pair[1],
        pair[0]);
  }

  /// Hashes that occur more than once, sorted.
  private static long[] repeated(long[] hashes) {
    long[] sorted = hashes.clone();
    Arrays.sort(sorted);
    int n = 0;
    for (int i = 1; i < sorted.length; i++) {
      boolean again = sorted[i] != 0 && sorted[i] == sorted[i - 1];
      if (again && (n == 0 || sorted[n - 1] != sorted[i])) {
        sorted[n++] = sorted[i];
      }
    }
    return Arrays.copyOf(sorted, n);
  }

  private static long duplicates(long[] hashes, long[] repeated) {
    long n = 0;
    for (long h : hashes) {
      n += repeated.length > 0 && Arrays.binarySearch(repeated, h) >= 0 ? 1 : 0;
    }
    return n - repeated.length;
  }

  private static int[] firstPair(long[] hashes, long[] repeated) {
    int[] first = new int[repeated.length];
    Arrays.fill(first, -1);
    for (int i = 0; i < hashes.length && repeated.length > 0; i++) {
      int k = Arrays.binarySearch(repeated, hashes[i]);
      if (k >= 0 && first[k] >= 0) {
        return new int[] {first[k], i};
      }
      if (k >= 0) {
        first[k] = i;
      }
    }
    return new int[] {-1, -1};
  }

  boolean looked() {
    return units > 1;
  }
}
