package org.fanin.fill.matrix;

import static org.fanin.fill.matrix.MatrixKernel.WIDTH;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/// Haar-distributed matrices with orthonormal columns (rows ≥ columns), or orthonormal rows.
///
/// Stewart (1980, SIAM J. Numer. Anal. 17:403, theorem 3.2): Householder's QR of a Gaussian matrix
/// leaves, after each reflection, a Gaussian matrix that is independent of the reflection. So the
/// reflections can be drawn directly, reflection k from m − k + 1 fresh normals, and nothing is
/// factorised: Q = H₁ H₂ … H_n·D, where the signs D make the diagonal of R positive. The product is
/// built backwards in panels of [#PANEL] reflections, on strips of columns that do not depend on
/// one another. docs/orthogonal.md states the order of every sum.
public final class HaarMatrix implements Dense {
  /// Reflections in a panel. Part of the fill format: it decides how normals are numbered and how
  /// sums are rounded.
  static final int PANEL = 64;

  /// The same beyond [#TALL] rows, so that a panel stays small.
  static final int PANEL_OF_TALL = 16;

  static final int TALL = 1 << 17;

  /// Longest side.
  public static final int MAX_SIDE = 1 << 20;

  /// Elements of panels that are held at a time, unless one alone is larger.
  private static final long HELD = 1L << 23;

  private static final int MAX_GROUP = 8;

  /// Up to this many bytes a matrix is made by one thread, on the heap.
  private static final int SMALL = 1 << 18;

  private final int m;
  private final int n;
  private final boolean transposed;
  private final int elementBytes;
  private final long stripBytes;
  private final Optional<Arena> arena;
  private final MemorySegment strips;

  /// @param number of the matrix inside its tensor
  /// @param wide double instead of single precision
  /// @param threads at most this many work on it; they do not change a bit
  /// @throws IllegalArgumentException if a side is empty or longer than [#MAX_SIDE]
  @SuppressWarnings("MustBeClosedChecker") // the matrix owns its arena
  public HaarMatrix(
      NormalSource source,
      int number,
      long rows,
      long columns,
      boolean wide,
      MatrixKernel kernel,
      int threads) {
    if (Math.min(rows, columns) < 1 || Math.max(rows, columns) > MAX_SIDE) {
      throw new IllegalArgumentException(
          "an orthogonal matrix has sides of 1 to " + MAX_SIDE + ", not " + rows + "×" + columns);
    }
    this.m = (int) Math.max(rows, columns);
    this.n = (int) Math.min(rows, columns);
    this.transposed = rows < columns;
    this.elementBytes = wide ? Double.BYTES : Float.BYTES;
    this.stripBytes = (long) Panel.pad(m) * WIDTH * elementBytes;
    long bytes = bytes(rows, columns, wide);
    // Freeing a shared arena stops all threads for a moment: not for each of thousands of heads.
    this.arena = bytes > SMALL ? Optional.of(Arena.ofShared()) : Optional.empty();
    this.strips =
        arena
            .map(a -> a.allocate(bytes, 64))
            .orElseGet(() -> MemorySegment.ofArray(new long[(int) (bytes / Long.BYTES)]));
    try {
      build(source, number, kernel, bytes > SMALL ? Math.max(1, threads) : 1);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /// Bytes that such a matrix holds while it is open.
  public static long bytes(long rows, long columns, boolean wide) {
    long padded = (Math.max(rows, columns) + 7) / 8 * 8;
    long across = (Math.min(rows, columns) + WIDTH - 1) / WIDTH * WIDTH;
    return padded * across * (wide ? Double.BYTES : Float.BYTES);
  }

  private void build(NormalSource source, int number, MatrixKernel kernel, int threads) {
    int size = m > TALL ? PANEL_OF_TALL : PANEL;
    int panels = (n + size - 1) / size;
    int group = Math.clamp(HELD / ((long) m * size), 1, Math.min(threads, MAX_GROUP));
    for (int last = panels; last > 0; last -= group) {
      int from = Math.max(0, last - group);
      var held = new Panel[last - from];
      run(threads, held.length, p -> held[p] = panel(source, number, kernel, from + p, size));
      apply(held, threads);
    }
  }

  private Panel panel(NormalSource source, int number, MatrixKernel kernel, int index, int size) {
    int first = index * size;
    int width = Math.min(size, n - first);
    return elementBytes == Double.BYTES
        ? new DoublePanel(source, number, m, first, width, kernel)
        : new FloatPanel(source, number, m, first, width, kernel);
  }

  /// Panels from the last to the first, each to the columns that are no longer those of I.
  private void apply(Panel[] panels, int threads) {
    for (Panel p : panels) {
      for (int c = 0; c < p.width; c++) {
        set(p.first + c, p.signs[c]);
      }
    }
    int begin = panels[0].first / WIDTH;
    int end = (n + WIDTH - 1) / WIDTH;
    var work = ThreadLocal.withInitial(panels[0]::work);
    run(
        threads,
        end - begin,
        i -> {
          int strip = begin + i;
          var columns = strips.asSlice(strip * stripBytes, stripBytes);
          for (int p = panels.length - 1; p >= 0; p--) {
            if (panels[p].first < (strip + 1) * WIDTH) {
              panels[p].apply(columns, work.get());
            }
          }
        });
  }

  private void set(int diagonal, byte sign) {
    long at = at(diagonal, diagonal);
    if (elementBytes == Double.BYTES) {
      strips.set(ValueLayout.JAVA_DOUBLE, at, sign);
    } else {
      strips.set(ValueLayout.JAVA_FLOAT, at, sign);
    }
  }

  /// Runs all tasks, this thread among the workers; the first failure is thrown here.
  private static void run(int threads, int tasks, IntConsumer task) {
    var next = new AtomicInteger();
    Runnable worker =
        () -> {
          for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
            task.accept(i);
          }
        };
    var failures = new ConcurrentLinkedQueue<Throwable>();
    var others = new Thread[Math.min(threads, tasks) - 1];
    for (int i = 0; i < others.length; i++) {
      others[i] =
          Thread.ofPlatform()
              .daemon()
              .uncaughtExceptionHandler((_, e) -> failures.add(e))
              .start(worker);
    }
    try {
      worker.run();
    } finally {
      join(others);
    }
    if (!failures.isEmpty()) {
      throw new IllegalStateException(failures.peek());
    }
  }

  private static void join(Thread[] threads) {
    boolean interrupted = false;
    for (int i = 0; i < threads.length; ) {
      try {
        threads[i].join();
        i++;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private long at(long r, long c) {
    return c / WIDTH * stripBytes + (r * WIDTH + c % WIDTH) * elementBytes;
  }

  @Override
  public void read(
      long row, long column, int dRow, int dColumn, float[] out, int offset, int count) {
    boolean along = transposed ? dRow == 1 : dColumn == 1;
    for (int i = 0; i < count; ) {
      long at = place(row + (long) i * dRow, column + (long) i * dColumn);
      if (along) {
        int n = Math.min(count - i, left(at));
        MemorySegment.copy(strips, ValueLayout.JAVA_FLOAT, at, out, offset + i, n);
        i += n;
      } else {
        out[offset + i++] = strips.get(ValueLayout.JAVA_FLOAT, at);
      }
    }
  }

  @Override
  public void read(
      long row, long column, int dRow, int dColumn, double[] out, int offset, int count) {
    boolean along = transposed ? dRow == 1 : dColumn == 1;
    for (int i = 0; i < count; ) {
      long at = place(row + (long) i * dRow, column + (long) i * dColumn);
      if (along) {
        int n = Math.min(count - i, left(at));
        MemorySegment.copy(strips, ValueLayout.JAVA_DOUBLE, at, out, offset + i, n);
        i += n;
      } else {
        out[offset + i++] = strips.get(ValueLayout.JAVA_DOUBLE, at);
      }
    }
  }

  /// Elements from a place to the end of its strip's row.
  private int left(long at) {
    return WIDTH - (int) (at / elementBytes % WIDTH);
  }

  private long place(long row, long column) {
    return transposed ? at(column, row) : at(row, column);
  }

  @Override
  public void close() {
    arena.ifPresent(Arena::close);
  }
}
