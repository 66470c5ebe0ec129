package org.fanin.fill;

import java.util.Arrays;
import java.util.function.LongToDoubleFunction;

/// Elements without randomness: a constant, or a function of the flat index.
final class PlainValues {
  private PlainValues() {}

  record Constant(double value) implements Values {
    @Override
    public void read(long first, float[] out, int offset, int count) {
      Arrays.fill(out, offset, offset + count, (float) value);
    }

    @Override
    public void read(long first, double[] out, int offset, int count) {
      Arrays.fill(out, offset, offset + count, value);
    }
  }

  record Function(LongToDoubleFunction of) implements Values {
    @Override
    public void read(long first, float[] out, int offset, int count) {
      for (int i = 0; i < count; i++) {
        out[offset + i] = (float) of.applyAsDouble(first + i);
      }
    }

    @Override
    public void read(long first, double[] out, int offset, int count) {
      for (int i = 0; i < count; i++) {
        out[offset + i] = of.applyAsDouble(first + i);
      }
    }
  }
}
