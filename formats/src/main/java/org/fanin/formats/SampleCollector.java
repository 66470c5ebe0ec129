package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.fanin.formats.Samples.Slot;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Elements of the samples taken, in the input's own type.
final class SampleCollector implements Rows.Visitor {
  private final Slot slot;
  private final Rows rows;
  private final Standard standard;
  private final Budget budget;
  private final DType dtype;
  private final List<byte[]> parts = new ArrayList<>();
  private double low = Double.POSITIVE_INFINITY;
  private double high = Double.NEGATIVE_INFINITY;

  SampleCollector(Slot slot, Rows rows, Standard standard, Budget budget) {
    this.budget = budget;
    this.slot = slot;
    this.rows = rows;
    this.standard = standard;
    dtype =
        !slot.dtype().floating() ? DType.I64 : slot.dtype() == DType.F64 ? DType.F64 : DType.F32;
  }

  @Override
  public void row(long index, double[] x) throws ModelFormatException {
    if (standard != null) {
      standard.apply(x);
    }
    budget.charge((long) x.length * dtype.bytes());
    ByteBuffer b = ByteBuffer.allocate(x.length * dtype.bytes());
    b.order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < x.length; i++) {
      put(b, index, i, x[i]);
    }
    parts.add(b.array());
  }

  private void put(ByteBuffer b, long row, int i, double v) throws ModelFormatException {
    if (!Double.isFinite(v)) {
      throw bad(row, i, v, "finite numbers");
    }
    low = Math.min(low, v);
    high = Math.max(high, v);
    if (dtype == DType.I64) {
      if (v != Math.rint(v) || Math.abs(v) > 0x1p53) {
        throw bad(row, i, v, "whole numbers for input " + slot.name());
      }
      b.putLong((long) v);
    } else if (dtype == DType.F64) {
      b.putDouble(v);
    } else {
      if (Float.isInfinite((float) v)) {
        throw bad(row, i, v, "numbers that single precision holds");
      }
      b.putFloat((float) v);
    }
  }

  double low() {
    return low;
  }

  double high() {
    return high;
  }

  private ModelFormatException bad(long row, int i, double v, String wanted) {
    return new ModelFormatException(rows.place(row) + ", element " + i, "" + v, wanted);
  }

  Tensor tensor(Shape shape) throws ModelFormatException {
    if (parts.size() != shape.dim(0)) {
      throw new ModelFormatException(
          rows.place(parts.size()), "the end", "a file that nobody writes to meanwhile");
    }
    byte[] all = budget.allocate(shape.count() * dtype.bytes());
    int at = 0;
    for (byte[] p : parts) {
      System.arraycopy(p, 0, all, at, p.length);
      at += p.length;
    }
    return Tensor.of(dtype, shape, MemorySegment.ofArray(all));
  }
}
