package org.fanin.audit;

import java.util.Arrays;

/// The occupied bins of a histogram and what they hold. A network may have 100,000 tensors of a few
/// elements each: what they take is in proportion to those, not to the number of bins.
///
/// @param numbers of the occupied bins, ascending
/// @param counts of elements in them
record Bins(int[] numbers, long[] counts) {
  static Bins of(int[] histogram) {
    int[] numbers = new int[16];
    int used = 0;
    for (int i = 0; i < histogram.length; i++) {
      if (histogram[i] != 0) {
        numbers = used == numbers.length ? Arrays.copyOf(numbers, 2 * used) : numbers;
        numbers[used++] = i;
      }
    }
    long[] counts = new long[used];
    for (int i = 0; i < used; i++) {
      counts[i] = histogram[numbers[i]];
    }
    return new Bins(Arrays.copyOf(numbers, used), counts);
  }

  /// All elements of both.
  Bins plus(Bins o) {
    int[] both = new int[numbers.length + o.numbers.length];
    long[] sums = new long[both.length];
    int used = 0;
    int a = 0;
    int b = 0;
    while (a < numbers.length || b < o.numbers.length) {
      int left = a < numbers.length ? numbers[a] : Integer.MAX_VALUE;
      int right = b < o.numbers.length ? o.numbers[b] : Integer.MAX_VALUE;
      both[used] = Math.min(left, right);
      sums[used++] = (left <= right ? counts[a++] : 0) + (right <= left ? o.counts[b++] : 0);
    }
    return new Bins(Arrays.copyOf(both, used), Arrays.copyOf(sums, used));
  }

  /// The bins from number `first` on, counted from there, and those before it, in one: a histogram
  /// of numbers without their signs.
  Bins folded(int first) {
    int cut = Arrays.binarySearch(numbers, first);
    cut = cut < 0 ? -cut - 1 : cut;
    int[] rest = Arrays.copyOfRange(numbers, cut, numbers.length);
    for (int i = 0; i < rest.length; i++) {
      rest[i] -= first;
    }
    Bins upper = new Bins(rest, Arrays.copyOfRange(counts, cut, counts.length));
    return new Bins(Arrays.copyOf(numbers, cut), Arrays.copyOf(counts, cut)).plus(upper);
  }
}
