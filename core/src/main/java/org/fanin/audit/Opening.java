package org.fanin.audit;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The first elements of a tensor, along its first row and down its first column: what tells
/// whether two tensors were drawn from one stream of random numbers, without comparing all pairs.
final class Opening {
  /// Elements kept of either.
  static final int LENGTH = 64;

  /// Fewer elements may agree by chance.
  static final int FEWEST = 16;

  private final float[] row;
  private final float[] column;

  /// @param count elements of the tensor
  /// @param rows contiguous slices of it
  Opening(long count, long rows) {
    row = new float[(int) Math.min(LENGTH, count)];
    column = new float[(int) Math.min(LENGTH, rows)];
  }

  /// Takes what is in a span. Spans may come in any order and from any thread; each element is in
  /// one span only.
  ///
  /// @param first index of the span's first element
  /// @param length elements from one element of the first column to the next
  void take(Codec codec, MemorySegment span, long first, long count, long length) {
    for (long i = first; i < Math.min(row.length, first + count); i++) {
      row[(int) i] = (float) codec.at(span, i - first);
    }
    for (int r = 0; r < column.length; r++) {
      long at = r * length - first;
      if (at >= 0 && at < count) {
        column[r] = (float) codec.at(span, at);
      }
    }
  }

  float[] row() {
    return row.clone();
  }

  float[] column() {
    return column.clone();
  }

  /// Enough different numbers to know them again; constants, identities and sparse starts are not.
  static boolean tells(float[] x) {
    float[] sorted = x.clone();
    Arrays.sort(sorted);
    int distinct = 0;
    for (int i = 0; i < sorted.length; i++) {
      boolean fresh = i == 0 || sorted[i] != sorted[i - 1];
      distinct += fresh && sorted[i] != 0 && Float.isFinite(sorted[i]) ? 1 : 0;
    }
    return distinct >= FEWEST && 4L * distinct >= 3L * x.length;
  }

  /// The signs of the first [#FEWEST] elements, the same for every multiple.
  static int signs(float[] x) {
    int bits = 0;
    for (int i = 0; i < FEWEST; i++) {
      bits |= (x[i] < 0) == (x[0] < 0) ? 1 << i : 0;
    }
    return bits;
  }

  /// The c with a = c·b over the elements both have; NaN when there is none.
  ///
  /// @param slack rounding, relative to the largest element
  static double ratio(float[] a, float[] b, double slack) {
    int n = Math.min(a.length, b.length);
    double ab = 0;
    double bb = 0;
    for (int i = 0; i < n; i++) {
      ab += (double) a[i] * b[i];
      bb += (double) b[i] * b[i];
    }
    double c = ab / bb;
    double top = 0;
    double far = 0;
    for (int i = 0; i < n; i++) {
      top = Math.max(top, Math.abs(a[i]));
      far = Math.max(far, Math.abs(a[i] - c * b[i]));
    }
    return n >= FEWEST && c != 0 && far <= slack * top ? c : Double.NaN;
  }
}
