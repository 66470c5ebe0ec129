package org.fanin.fill.matrix;

import java.util.SplittableRandom;

/// Normals from the JDK, addressed one by one: slow, independent of ours.
record TestNormals(long seed) implements NormalSource {
  private double normal(int number, long i) {
    return new SplittableRandom(choice(number, i)).nextGaussian();
  }

  @Override
  public void normals(int number, long first, float[] out, int offset, int count) {
    for (int i = 0; i < count; i++) {
      out[offset + i] = (float) normal(number, first + i);
    }
  }

  @Override
  public void normals(int number, long first, double[] out, int offset, int count) {
    for (int i = 0; i < count; i++) {
      out[offset + i] = normal(number, first + i);
    }
  }

  @Override
  public void choices(int number, long first, long[] out, int count) {
    for (int i = 0; i < count; i++) {
      out[i] = choice(number, first + i);
    }
  }

  private long choice(int number, long index) {
    long z = seed + 0x9E3779B97F4A7C15L * index + 0xD1B54A32D192ED03L * number;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
