package org.fanin.fill.matrix;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/// Matrices of one tensor, made when they are first read, kept while they are in use, and the most
/// recent ones beyond that, up to a budget.
public final class MatrixCache implements Entries {
  private static final class Slot {
    private final long index;
    private Dense matrix;
    private int users;

    Slot(long index) {
      this.index = index;
    }

    /// Whoever comes while it is being made, waits.
    synchronized Dense matrix(LongFunction<Dense> maker) {
      if (matrix == null) {
        matrix = maker.apply(index);
      }
      return matrix;
    }

    synchronized void close() {
      if (matrix != null) {
        matrix.close();
      }
    }
  }

  private final LongFunction<Dense> maker;
  private final long capacity;
  private final double gain;

  /// Least recently used first.
  private final Map<Long, Slot> slots = new LinkedHashMap<>(16, .75f, true);

  private boolean closed;

  /// @param maker from index to matrix
  /// @param capacity matrices that are kept although nobody reads them
  /// @param gain factor of every element
  public MatrixCache(LongFunction<Dense> maker, long capacity, double gain) {
    this.maker = maker;
    this.capacity = capacity;
    this.gain = gain;
  }

  private synchronized Slot acquire(long index) {
    if (closed) {
      throw new IllegalStateException("read after close");
    }
    Slot slot = slots.computeIfAbsent(index, Slot::new);
    slot.users++;
    return slot;
  }

  private void release(Slot slot) {
    List<Slot> idle;
    synchronized (this) {
      slot.users--;
      idle = surplus();
    }
    idle.forEach(Slot::close);
  }

  private List<Slot> surplus() {
    var found = new ArrayList<Slot>();
    for (var it = slots.values().iterator();
        it.hasNext() && (closed || slots.size() > capacity); ) {
      Slot s = it.next();
      if (s.users == 0) {
        it.remove();
        found.add(s);
      }
    }
    return found;
  }

  @Override
  public void read(
      long matrix,
      long row,
      long column,
      int dRow,
      int dColumn,
      float[] out,
      int offset,
      int count) {
    Slot slot = acquire(matrix);
    try {
      slot.matrix(maker).read(row, column, dRow, dColumn, out, offset, count);
    } finally {
      release(slot);
    }
    float g = (float) gain;
    for (int i = offset; i < offset + count; i++) {
      out[i] *= g;
    }
  }

  @Override
  public void read(
      long matrix,
      long row,
      long column,
      int dRow,
      int dColumn,
      double[] out,
      int offset,
      int count) {
    Slot slot = acquire(matrix);
    try {
      slot.matrix(maker).read(row, column, dRow, dColumn, out, offset, count);
    } finally {
      release(slot);
    }
    for (int i = offset; i < offset + count; i++) {
      out[i] *= gain;
    }
  }

  /// Matrices that are being read are freed when the reader is done.
  @Override
  public void close() {
    List<Slot> idle;
    synchronized (this) {
      closed = true;
      idle = surplus();
    }
    idle.forEach(Slot::close);
  }
}
