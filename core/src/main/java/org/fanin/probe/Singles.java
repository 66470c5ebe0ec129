package org.fanin.probe;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Single precision. Four elements at a time are multiplied and added in single precision, which is
/// off by 10⁻⁷ of their sum at most, and summed in double from there.
///
/// The compiler makes vectors of a loop that reads floats at any offsets and writes doubles, as
/// these cannot be the same memory; but not reliably where the loop lands inside another, as an
/// inlined one does. [#sums(int, int, boolean)] and [#timesTotal(int, int)] are therefore longer
/// than what HotSpot inlines (325 bytecodes, FreqInlineSize), and compiled by themselves. Nor does
/// an empty loop run: how far a loop is unrolled depends on how long it was so far.
final class Singles extends Block {
  private static final int VECTORS = 256;

  /// Elements of a row that meet those of all others at a time.
  static final int PIECE = 512;

  /// Rows that are added at once.
  private static final int GROUP = MOST / PIECE;

  /// A mean square outside says that squares left single precision.
  private static final double LEAST_SQUARE = 0x1p-90;

  private static final double MOST_SQUARE = 0x1p120;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final float[] x = new float[MOST];
  private final double[] lanes = new double[MOST / 4];

  /// A sum of pieces, and the same in single precision.
  private final double[] total = new double[PIECE];

  private final float[] total32 = new float[PIECE];

  /// Where the pieces of a group of rows lie, and what they are multiplied with.
  private final int[] places = new int[GROUP];

  private final float[] factors = new float[GROUP];

  Singles() {
    super(VECTORS);
  }

  @Override
  void read(long at, int n) {
    MemorySegment.copy(of.bytes(), FLOAT, at * Float.BYTES, x, 0, n);
  }

  // ---- one piece ----

  @Override
  void sums(long at, int n, boolean means) {
    int first = find(at, n, MOST);
    sums(first, n, means);
    if (!(squares >= LEAST_SQUARE * n && squares <= MOST_SQUARE * n)) {
      sumsInDouble(first, n, means);
    }
  }

  private void sumsInDouble(int at, int n, boolean means) {
    squares = 0;
    sum = 0;
    for (int i = at; i < at + n; i++) {
      squares += (double) x[i] * x[i];
      sum += means ? x[i] : 0;
    }
  }

  private void sums(int at, int n, boolean means) {
    int q = n < VECTORS ? 0 : n / 4;
    int half = at + 2 * q;
    int end = at + n;
    double a = 0;
    double b = 0;
    int i = at + 4 * q;
    for (; i + 7 < end; i += 8) {
      a += (x[i] * x[i] + x[i + 1] * x[i + 1]) + (x[i + 2] * x[i + 2] + x[i + 3] * x[i + 3]);
      b +=
          (x[i + 4] * x[i + 4] + x[i + 5] * x[i + 5]) + (x[i + 6] * x[i + 6] + x[i + 7] * x[i + 7]);
    }
    for (; i < end; i++) {
      a += (double) x[i] * x[i];
    }
    if (q > 0) {
      for (i = 0; i < q; i++) {
        lanes[i] =
            (x[at + i] * x[at + i] + x[at + q + i] * x[at + q + i])
                + (x[half + i] * x[half + i] + x[half + q + i] * x[half + q + i]);
      }
      a += Loops.sum(lanes, 0, q);
    }
    squares = a + b;
    sum = 0;
    if (means) {
      a = 0;
      b = 0;
      for (i = at + 4 * q; i + 7 < end; i += 8) {
        a += (x[i] + x[i + 1]) + (x[i + 2] + x[i + 3]);
        b += (x[i + 4] + x[i + 5]) + (x[i + 6] + x[i + 7]);
      }
      for (; i < end; i++) {
        a += x[i];
      }
      if (q > 0) {
        for (i = 0; i < q; i++) {
          lanes[i] = (x[at + i] + x[at + q + i]) + (x[half + i] + x[half + q + i]);
        }
        a += Loops.sum(lanes, 0, q);
      }
      sum = a + b;
    }
  }

  // ---- a sum of pieces ----

  /// Whether products of pieces times such factors with their sum stay in single precision.
  static boolean hold(double[] by) {
    return Arrays.stream(by).allMatch(b -> b == 0 || b > 1e-30 && b < 1e30);
  }

  @Override
  void total(long at, int n, long length, double[] by) {
    int ahead = ahead(n, length, by.length);
    for (int r = 0; r < by.length; r += GROUP) {
      for (int k = 0; k < GROUP; k++) {
        int row = Math.min(r + k, by.length - 1);
        places[k] = place(row * length + at, n, ahead, k);
        factors[k] = r + k < by.length ? (float) by[row] : 0;
      }
      add(r == 0, n);
    }
    for (int i = 0; i < n; i++) {
      total32[i] = (float) total[i];
    }
  }

  /// Where a piece lies, which goes to the k-th part of the block unless all are in it.
  private int place(long at, int n, int ahead, int k) {
    if (ahead > n) {
      return find(at, n, ahead);
    }
    forget();
    MemorySegment.copy(of.bytes(), FLOAT, at * Float.BYTES, x, k * PIECE, n);
    return k * PIECE;
  }

  private void add(boolean first, int n) {
    int a = places[0];
    int b = places[1];
    int c = places[2];
    int d = places[3];
    float p = factors[0];
    float q = factors[1];
    float r = factors[2];
    float s = factors[3];
    if (first) {
      for (int i = 0; i < n; i++) {
        total[i] = (x[a + i] * p + x[b + i] * q) + (x[c + i] * r + x[d + i] * s);
      }
    } else {
      for (int i = 0; i < n; i++) {
        total[i] += (x[a + i] * p + x[b + i] * q) + (x[c + i] * r + x[d + i] * s);
      }
    }
  }

  @Override
  double timesTotal(long at, int n, int ahead) {
    return timesTotal(place(at, n, ahead, 0), n);
  }

  private double timesTotal(int at, int n) {
    int h = n < VECTORS ? 0 : n / 4;
    double a = 0;
    double b = 0;
    int i = 4 * h;
    for (; i + 7 < n; i += 8) {
      int k = at + i;
      a +=
          (x[k] * total32[i] + x[k + 1] * total32[i + 1])
              + (x[k + 2] * total32[i + 2] + x[k + 3] * total32[i + 3]);
      b +=
          (x[k + 4] * total32[i + 4] + x[k + 5] * total32[i + 5])
              + (x[k + 6] * total32[i + 6] + x[k + 7] * total32[i + 7]);
    }
    for (; i < n; i++) {
      a += x[at + i] * total32[i];
    }
    if (h > 0) {
      int second = at + h;
      for (i = 0; i < h; i++) {
        lanes[i] = x[at + i] * total32[i] + x[second + i] * total32[h + i];
      }
      a += Loops.sum(lanes, 0, h);
      int third = at + 2 * h;
      int fourth = at + 3 * h;
      int half = 2 * h;
      int last = 3 * h;
      for (i = 0; i < h; i++) {
        lanes[i] = x[third + i] * total32[half + i] + x[fourth + i] * total32[last + i];
      }
      b += Loops.sum(lanes, 0, h);
    }
    return a + b;
  }
}
