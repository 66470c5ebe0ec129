package org.fanin.fill;

import java.lang.foreign.MemorySegment;

/// Fill format 1 by definition. [NormalLaw#z32] is repeated here with its constants out of the loop
/// (a test holds the two together).
final class ScalarKernel implements Kernel {
  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public void words(int[] key, int purpose, int number, long group, int[] out, int groups) {
    for (int block = 0; block < 16 * groups; block++) {
      int at = (block >> 4) * GROUP + (block & 15);
      ChaCha8.block(key, group * 16 + block, purpose, number, out, at, 16);
    }
  }

  @Override
  public void normal(NormalLaw law, int[] words, float[] out, int at, int count) {
    float step = law.step();
    float halfStep = law.halfStep();
    float floor = law.floor();
    int limit = law.limit();
    float std = (float) law.std();
    float mean = (float) law.mean();
    for (int i = 0; i < count; i++) {
      int u = words[i];
      int m = u ^ u >> 31;
      float v = Math.fma((float) m, step, halfStep);
      float a = Math.fma((float) (m ^ Integer.MAX_VALUE), step, floor);
      float t = a * (NormalLaw.LIFT - a);
      float z;
      if (t < NormalLaw.TAIL) {
        z = law.tail(u);
      } else {
        int bits = Float.floatToRawIntBits(t);
        float y = t - Float.intBitsToFloat(bits & 0xFFC00000 | 0x00200000);
        float ratio = NormalTable.ratio(bits >>> 22 & 15, y);
        int size = Math.min(Float.floatToRawIntBits(v * ratio), limit);
        z = Float.intBitsToFloat(size | u & Integer.MIN_VALUE);
      }
      out[at + i] = Math.fma(z, std, mean);
    }
  }

  @Override
  public void uniform(UniformLaw law, int[] words, float[] out, int at, int count) {
    float step = law.step();
    float mid = law.mid();
    for (int i = 0; i < count; i++) {
      out[at + i] = Math.fma((float) (words[i] >> 7 | 1), step, mid);
    }
  }

  @Override
  public void normal(NormalLaw law, int[] words, MemorySegment out, long at, int count) {
    float[] floats = new float[count];
    normal(law, words, floats, 0, count);
    MemorySegment.copy(floats, 0, out, Encoder.FLOAT, at, count);
  }

  @Override
  public void uniform(UniformLaw law, int[] words, MemorySegment out, long at, int count) {
    float[] floats = new float[count];
    uniform(law, words, floats, 0, count);
    MemorySegment.copy(floats, 0, out, Encoder.FLOAT, at, count);
  }

  @Override
  public void bfloat(float[] in, short[] out, int count) {
    for (int i = 0; i < count; i++) {
      out[i] = Rounding.bf16(in[i]);
    }
  }
}
