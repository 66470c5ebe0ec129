package org.fanin.fill;

import java.lang.foreign.MemorySegment;

/// Elements that are functions of their own random bits.
final class RandomValues implements Values {
  /// Applies a law to whole groups of words.
  interface FloatLaw {
    void apply(Kernel kernel, int[] words, float[] out, int at, int count);

    default void apply(Kernel kernel, int[] words, MemorySegment out, long at, int count) {
      float[] floats = new float[count];
      apply(kernel, words, floats, 0, count);
      MemorySegment.copy(floats, 0, out, Encoder.FLOAT, at, count);
    }
  }

  private record NormalFloats(NormalLaw law) implements FloatLaw {
    @Override
    public void apply(Kernel kernel, int[] words, float[] out, int at, int count) {
      kernel.normal(law, words, out, at, count);
    }

    @Override
    public void apply(Kernel kernel, int[] words, MemorySegment out, long at, int count) {
      kernel.normal(law, words, out, at, count);
    }
  }

  private record UniformFloats(UniformLaw law) implements FloatLaw {
    @Override
    public void apply(Kernel kernel, int[] words, float[] out, int at, int count) {
      kernel.uniform(law, words, out, at, count);
    }

    @Override
    public void apply(Kernel kernel, int[] words, MemorySegment out, long at, int count) {
      kernel.uniform(law, words, out, at, count);
    }
  }

  interface DoubleLaw {
    double of(long bits);
  }

  /// Groups that are made at once: their words, and the floats made of them, fit a first-level
  /// cache.
  private static final int GROUPS = 8;

  private static final ThreadLocal<int[]> WORDS =
      ThreadLocal.withInitial(() -> new int[GROUPS * Kernel.GROUP]);

  private final int[] key;
  private final int purpose;
  private final int number;
  private final FloatLaw law;
  private final DoubleLaw wideLaw;

  RandomValues(StreamKey key, int purpose, int number, FloatLaw law, DoubleLaw wideLaw) {
    this.key = key.shared();
    this.purpose = purpose;
    this.number = number;
    this.law = law;
    this.wideLaw = wideLaw;
  }

  static RandomValues normal(StreamKey key, int purpose, int number, NormalLaw law) {
    return new RandomValues(
        key,
        purpose,
        number,
        new NormalFloats(law),
        bits -> Math.fma(law.z64(bits), law.std(), law.mean()));
  }

  static RandomValues uniform(StreamKey key, UniformLaw law) {
    return new RandomValues(key, StreamKey.ELEMENTS, 0, new UniformFloats(law), law::u64);
  }

  @Override
  public void read(long first, float[] out, int offset, int count) {
    int[] words = WORDS.get();
    Kernel kernel = Kernels.best();
    for (int done = 0; done < count; ) {
      long at = first + done;
      int skip = (int) (at & Kernel.GROUP - 1);
      int groups = Math.min(GROUPS, count - done >> 8);
      if (skip == 0 && groups > 0) {
        kernel.words(key, purpose, number, at >> 8, words, groups);
        law.apply(kernel, words, out, offset + done, groups * Kernel.GROUP);
        done += groups * Kernel.GROUP;
      } else {
        done += part(at, skip, out, offset + done, count - done);
      }
    }
  }

  @Override
  public boolean write(long first, int count, MemorySegment out, long at) {
    if ((first & Kernel.GROUP - 1) != 0 || count % Kernel.GROUP != 0 || !out.isNative()) {
      return false;
    }
    int[] words = WORDS.get();
    Kernel kernel = Kernels.best();
    for (int done = 0; done < count; ) {
      int groups = Math.min(GROUPS, count - done >> 8);
      kernel.words(key, purpose, number, first + done >> 8, words, groups);
      law.apply(kernel, words, out, at + 4L * done, groups * Kernel.GROUP);
      done += groups * Kernel.GROUP;
    }
    return true;
  }

  /// Less than a group.
  private int part(long at, int skip, float[] out, int offset, int wanted) {
    int[] words = WORDS.get();
    float[] group = new float[Kernel.GROUP];
    int n = Math.min(Kernel.GROUP - skip, wanted);
    Kernels.best().words(key, purpose, number, at >> 8, words, 1);
    law.apply(Kernels.best(), words, group, 0, Kernel.GROUP);
    System.arraycopy(group, skip, out, offset, n);
    return n;
  }

  @Override
  public void read(long first, double[] out, int offset, int count) {
    int[] words = WORDS.get();
    for (int done = 0; done < count; ) {
      long at = first + done;
      int skip = (int) (at & 127);
      int n = Math.min(128 * GROUPS - skip, count - done);
      Kernels.best().words(key, purpose, number, at >> 7, words, (skip + n + 127) / 128);
      for (int j = 0; j < n; j++) {
        out[offset + done + j] = wideLaw.of(Words.wide(words, skip + j));
      }
      done += n;
    }
  }
}
