package org.fanin.fill.matrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// factor·Q + std·z, or factor·Qᵀ + std·z, for a matrix Q that belongs to another tensor and
/// independent standard normals z of this one's own. Both the product and the sum are part of the
/// fill format: std·z is rounded, factor·q + that is one fma.
public final class AlignedMatrix implements Dense {
  private final long columns;
  private final boolean wide;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment values;

  /// @param q read here and not kept
  /// @param turned whether it is Qᵀ that stands here
  /// @param source of z: element (r, c) has normal r·columns + c
  /// @param number of this matrix inside its tensor
  /// @param wide double instead of single precision
  public AlignedMatrix(
      Dense q,
      boolean turned,
      double factor,
      NormalSource source,
      int number,
      double std,
      long rows,
      long columns,
      boolean wide) {
    this.columns = columns;
    this.wide = wide;
    this.values = arena.allocate(rows * columns * bytes(wide), Double.BYTES);
    for (long row = 0; row < rows; row++) {
      if (wide) {
        doubles(q, turned, factor, source, number, std, row);
      } else {
        floats(q, turned, (float) factor, source, number, (float) std, row);
      }
    }
  }

  private static long bytes(boolean wide) {
    return wide ? Double.BYTES : Float.BYTES;
  }

  /// Most bytes that such a matrix holds: while it is made, Q is there too.
  public static long bytes(long rows, long columns, boolean wide) {
    return Math.addExact(
        HaarMatrix.bytes(rows, columns, wide), Math.multiplyExact(rows * columns, bytes(wide)));
  }

  private void floats(
      Dense q, boolean turned, float factor, NormalSource source, int number, float std, long row) {
    int n = (int) columns;
    var a = new float[n];
    var z = new float[n];
    q.read(turned ? 0 : row, turned ? row : 0, turned ? 1 : 0, turned ? 0 : 1, a, 0, n);
    source.normals(number, row * columns, z, 0, n);
    for (int i = 0; i < n; i++) {
      a[i] = Math.fma(factor, a[i], std * z[i]);
    }
    MemorySegment.copy(a, 0, values, ValueLayout.JAVA_FLOAT, row * columns * Float.BYTES, n);
  }

  private void doubles(
      Dense q,
      boolean turned,
      double factor,
      NormalSource source,
      int number,
      double std,
      long row) {
    int n = (int) columns;
    var a = new double[n];
    var z = new double[n];
    q.read(turned ? 0 : row, turned ? row : 0, turned ? 1 : 0, turned ? 0 : 1, a, 0, n);
    source.normals(number, row * columns, z, 0, n);
    for (int i = 0; i < n; i++) {
      a[i] = Math.fma(factor, a[i], std * z[i]);
    }
    MemorySegment.copy(a, 0, values, ValueLayout.JAVA_DOUBLE, row * columns * Double.BYTES, n);
  }

  @Override
  public void read(
      long row, long column, int dRow, int dColumn, float[] out, int offset, int count) {
    long at = row * columns + column;
    long step = dRow * columns + dColumn;
    for (int i = 0; i < count; i++) {
      out[offset + i] = values.getAtIndex(ValueLayout.JAVA_FLOAT, at + i * step);
    }
  }

  @Override
  public void read(
      long row, long column, int dRow, int dColumn, double[] out, int offset, int count) {
    long at = row * columns + column;
    long step = dRow * columns + dColumn;
    for (int i = 0; i < count; i++) {
      out[offset + i] = values.getAtIndex(ValueLayout.JAVA_DOUBLE, at + i * step);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
