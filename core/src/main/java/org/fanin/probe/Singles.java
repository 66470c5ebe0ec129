package org.fanin.probe;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Single precision. Four elements at a time are multiplied and added in single precision, which is
/// off by 10⁻⁷ of their sum at most, and summed in double from there.
///
/// The compiler makes vectors of a loop that reads floats at any offsets and writes doubles, as
/// these cannot be the same memory; but only of a short one (LoopUnrollLimit, 60 nodes): four parts
/// of a row at constant distances are, eight are not. And not reliably where the loop lands inside
/// another, as an inlined one does: [#quarters], [#chunks] and [#timesTotal(int, int)] are longer
/// than what HotSpot inlines (325 bytecodes, FreqInlineSize), and compiled by themselves. Nor does
/// an empty loop run: how far a loop is unrolled depends on how long it was so far.
final class Singles extends Block {
  private static final int VECTORS = 256;

  private static final int LANES = 128;

  /// What meets in the lanes at a time.
  private static final int CHUNK = 4 * LANES;

  /// Elements of a row that meet those of all others at a time.
  static final int PIECE = 2 * CHUNK;

  /// Rows that are added at once.
  private static final int GROUP = 4;

  /// Rows whose pieces stay until they have met their sum.
  private static final int ROOM = 16;

  /// A mean square outside says that squares left single precision.
  private static final double LEAST_SQUARE = 0x1p-90;

  private static final double MOST_SQUARE = 0x1p120;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final float[] x = new float[ROOM * PIECE];
  private final double[] lanes = new double[2 * LANES];
  private final double[] squareLanes = new double[2 * LANES];

  /// A sum of pieces, and the same in single precision, followed by zeros as pieces are.
  private final double[] total = new double[PIECE];

  private final float[] total32 = new float[PIECE];

  /// Where the pieces of a group of rows lie, and what they are multiplied with.
  private final int[] places = new int[GROUP];

  private final float[] factors = new float[GROUP];

  Singles() {
    super(VECTORS, ROOM * PIECE);
  }

  @Override
  void read(long at, int n) {
    MemorySegment.copy(of.bytes(), FLOAT, at * Float.BYTES, x, 0, n);
  }

  /// Reads a long piece to the k-th place, and zeros after it up to whole chunks.
  private int readPiece(long at, int n, int k) {
    forget();
    int to = k * PIECE;
    MemorySegment.copy(of.bytes(), FLOAT, at * Float.BYTES, x, to, n);
    if (n % CHUNK != 0) {
      Arrays.fill(x, to + n, to + Math.max(n, inLanes(n)), 0);
    }
    return to;
  }

  /// How many elements of a piece, with zeros after them, meet in lanes: whole chunks, the last one
  /// when a quarter of it is there.
  private static int inLanes(int n) {
    return n < VECTORS ? 0 : (n + CHUNK - LANES) / CHUNK * CHUNK;
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
    sum = 0;
    squares = 0;
    // A single chunk is not worth the lanes' zeros.
    int chunks = n < 2 * CHUNK ? 0 : n / CHUNK;
    int left = n - chunks * CHUNK;
    int q = left < VECTORS ? 0 : left / 4;
    if (q > 0) {
      quarters(at, q, means);
    }
    if (chunks > 0) {
      chunks(at + 4 * q, chunks, means);
    }
    if (left > 4 * q) {
      rest(at + 4 * q + chunks * CHUNK, at + n, means);
    }
  }

  /// Adds four parts of q elements each, from `at` on.
  private void quarters(int at, int q, boolean means) {
    int second = at + q;
    int third = second + q;
    int fourth = third + q;
    if (means) {
      for (int i = 0; i < q; i++) {
        squareLanes[i] =
            (x[at + i] * x[at + i] + x[second + i] * x[second + i])
                + (x[third + i] * x[third + i] + x[fourth + i] * x[fourth + i]);
        lanes[i] = (x[at + i] + x[second + i]) + (x[third + i] + x[fourth + i]);
      }
      sum += Loops.sum(lanes, 0, q);
    } else {
      for (int i = 0; i < q; i++) {
        squareLanes[i] =
            (x[at + i] * x[at + i] + x[second + i] * x[second + i])
                + (x[third + i] * x[third + i] + x[fourth + i] * x[fourth + i]);
      }
    }
    squares += Loops.sum(squareLanes, 0, q);
  }

  /// Adds whole chunks from `at` on.
  private void chunks(int at, int chunks, boolean means) {
    Arrays.fill(squareLanes, 0, LANES, 0);
    int end = at + chunks * CHUNK;
    if (means) {
      Arrays.fill(lanes, 0, LANES, 0);
      for (int from = at; from < end; from += CHUNK) {
        for (int i = 0; i < LANES; i++) {
          int k = from + i;
          squareLanes[i] +=
              (x[k] * x[k] + x[k + LANES] * x[k + LANES])
                  + (x[k + 2 * LANES] * x[k + 2 * LANES] + x[k + 3 * LANES] * x[k + 3 * LANES]);
          lanes[i] += (x[k] + x[k + LANES]) + (x[k + 2 * LANES] + x[k + 3 * LANES]);
        }
      }
      sum += Loops.sum(lanes, 0, LANES);
    } else {
      for (int from = at; from < end; from += CHUNK) {
        for (int i = 0; i < LANES; i++) {
          int k = from + i;
          squareLanes[i] +=
              (x[k] * x[k] + x[k + LANES] * x[k + LANES])
                  + (x[k + 2 * LANES] * x[k + 2 * LANES] + x[k + 3 * LANES] * x[k + 3 * LANES]);
        }
      }
    }
    squares += Loops.sum(squareLanes, 0, LANES);
  }

  /// Adds what is left, [at, end).
  private void rest(int at, int end, boolean means) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = at;
    if (means) {
      for (; i + 7 < end; i += 8) {
        a += (x[i] * x[i] + x[i + 1] * x[i + 1]) + (x[i + 2] * x[i + 2] + x[i + 3] * x[i + 3]);
        b +=
            (x[i + 4] * x[i + 4] + x[i + 5] * x[i + 5])
                + (x[i + 6] * x[i + 6] + x[i + 7] * x[i + 7]);
        c += (x[i] + x[i + 1]) + (x[i + 2] + x[i + 3]);
        d += (x[i + 4] + x[i + 5]) + (x[i + 6] + x[i + 7]);
      }
    } else {
      for (; i + 7 < end; i += 8) {
        a += (x[i] * x[i] + x[i + 1] * x[i + 1]) + (x[i + 2] * x[i + 2] + x[i + 3] * x[i + 3]);
        b +=
            (x[i + 4] * x[i + 4] + x[i + 5] * x[i + 5])
                + (x[i + 6] * x[i + 6] + x[i + 7] * x[i + 7]);
      }
    }
    for (; i < end; i++) {
      a += (double) x[i] * x[i];
      c += x[i];
    }
    squares += a + b;
    sum += means ? c + d : 0;
  }

  // ---- a sum of pieces ----

  /// Whether products of pieces times such factors with their sum stay in single precision.
  static boolean hold(double[] by) {
    boolean all = true;
    for (double b : by) {
      all &= b == 0 || b > 1e-30 && b < 1e30;
    }
    return all;
  }

  @Override
  void total(double[] by) {
    for (int r = 0; r < by.length; r += GROUP) {
      for (int k = 0; k < GROUP; k++) {
        int row = Math.min(r + k, by.length - 1);
        places[k] = row == r + k ? place(row) : places[k - 1];
        factors[k] = r + k < by.length ? (float) by[row] : 0;
      }
      add(r == 0);
    }
    for (int i = 0; i < n; i++) {
      total32[i] = (float) total[i];
    }
    Arrays.fill(total32, n, Math.max(n, inLanes(n)), 0);
  }

  /// Where a row's piece lies, after reading it unless all of them are there.
  private int place(int row) {
    return together ? row * n : readPiece(row * length + at, n, row % ROOM);
  }

  private void add(boolean first) {
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
  double timesTotal(int row) {
    return timesTotal(!together && rows <= ROOM ? row * PIECE : place(row), n);
  }

  private double timesTotal(int at, int n) {
    int whole = inLanes(n);
    double a = 0;
    double b = 0;
    if (whole > 0) {
      for (int i = 0; i < LANES; i++) {
        int k = at + i;
        lanes[i] =
            (x[k] * total32[i] + x[k + LANES] * total32[i + LANES])
                + (x[k + 2 * LANES] * total32[i + 2 * LANES]
                    + x[k + 3 * LANES] * total32[i + 3 * LANES]);
      }
      a = Loops.sum(lanes, 0, LANES);
    }
    if (whole > CHUNK) {
      for (int i = 0; i < LANES; i++) {
        int k = at + i;
        lanes[i] =
            (x[k + CHUNK] * total32[i + CHUNK] + x[k + CHUNK + LANES] * total32[i + CHUNK + LANES])
                + (x[k + CHUNK + 2 * LANES] * total32[i + CHUNK + 2 * LANES]
                    + x[k + CHUNK + 3 * LANES] * total32[i + CHUNK + 3 * LANES]);
      }
      b = Loops.sum(lanes, 0, LANES);
    }
    int i = whole;
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
    return a + b;
  }
}
