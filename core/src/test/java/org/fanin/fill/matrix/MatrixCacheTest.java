package org.fanin.fill.matrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// That matrices are made once while they are wanted, and freed.
class MatrixCacheTest {
  private final AtomicInteger made = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();

  private final class Marked implements Dense {
    private final long index;
    private boolean open = true;

    Marked(long index) {
      this.index = index;
      made.incrementAndGet();
    }

    @Override
    public void read(
        long row, long column, int dRow, int dColumn, float[] out, int offset, int count) {
      if (!open) {
        throw new IllegalStateException("read after free");
      }
      for (int i = 0; i < count; i++) {
        out[offset + i] = index;
      }
    }

    @Override
    public void read(
        long row, long column, int dRow, int dColumn, double[] out, int offset, int count) {
      throw new IllegalStateException("not read here");
    }

    @Override
    public void close() {
      open = false;
      closed.incrementAndGet();
    }
  }

  private static float first(MatrixCache cache, long matrix) {
    var out = new float[1];
    cache.read(matrix, 0, 0, 0, 1, out, 0, 1);
    return out[0];
  }

  @Test
  void keepsTheMostRecent() {
    var cache = new MatrixCache(Marked::new, 2, 10);
    var seen = new float[6];
    long[] asked = {1, 2, 1, 3, 1, 2};
    for (int i = 0; i < asked.length; i++) {
      seen[i] = first(cache, asked[i]);
    }
    assertArrayEquals(new float[] {10, 20, 10, 30, 10, 20}, seen);
    assertEquals(4, made.get(), "2 was forgotten when 3 came, and made again");
    cache.close();
    assertEquals(4, closed.get());
    assertThrows(IllegalStateException.class, () -> first(cache, 1));
  }

  @Test
  void isMadeOnceForManyReaders() {
    try (var cache = new MatrixCache(Marked::new, 4, 1)) {
      IntStream.range(0, 1000).parallel().forEach(i -> assertEquals(i % 4, first(cache, i % 4)));
    }
    assertEquals(4, made.get());
    assertEquals(4, closed.get());
  }

  /// More matrices in use than are kept: nobody reads what is freed.
  @Test
  void neverFreesWhatIsRead() {
    try (var cache = new MatrixCache(Marked::new, 1, 1)) {
      IntStream.range(0, 5000).parallel().forEach(i -> assertEquals(i % 7, first(cache, i % 7)));
    }
    assertEquals(made.get(), closed.get());
  }
}
