package org.fanin.fill;

import java.lang.foreign.MemorySegment;
import org.fanin.tensor.Shape;

/// Values, rounded to a type and written in chunks that a first-level cache holds.
final class PlannedFill implements TensorFill {
  private static final int CHUNK = 2048;

  private final Values values;
  private final Encoder encoder;
  private final long count;

  PlannedFill(Values values, Encoder encoder, Shape shape) {
    this.values = values;
    this.encoder = encoder;
    this.count = shape.count();
  }

  @Override
  public long count() {
    return count;
  }

  @Override
  public int elementBytes() {
    return encoder.bytes();
  }

  @Override
  public void write(long first, MemorySegment out) {
    long n = out.byteSize() / encoder.bytes();
    if (n * encoder.bytes() != out.byteSize() || first < 0 || n > count - first) {
      throw new IllegalArgumentException(
          out.byteSize()
              + " bytes from element "
              + first
              + " on, in a tensor of "
              + count
              + " elements of "
              + encoder.bytes()
              + " bytes");
    }
    Kernels.willDraw(n);
    Encoder.Buffer buffer = encoder.buffer((int) Math.min(n, CHUNK));
    for (long done = 0; done < n; ) {
      long at = first + done;
      int size = (int) Math.min(CHUNK - (at & CHUNK - 1), n - done);
      buffer.write(values, at, size, out, done * encoder.bytes());
      done += size;
    }
  }

  @Override
  public void close() {
    values.close();
  }
}
