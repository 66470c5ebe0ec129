package org.fanin.fill.simd;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.I2S;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.ROL;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.fanin.fill.Kernel;
import org.fanin.fill.NormalLaw;
import org.fanin.fill.NormalTable;
import org.fanin.fill.UniformLaw;

/// The inner loops in vectors of one width, which is settled when the class is initialised: the
/// compiler makes good code only from species that are constants.
final class VectorKernel implements Kernel {
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, VectorShape.forBitSize(VectorKernels.bits()));
  private static final VectorSpecies<Float> FLOATS = INTS.withLanes(float.class);
  private static final VectorSpecies<Short> SHORTS = shorts();
  private static final int LANES = INTS.length();
  private static final int[] LANE = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  private static final int[][] ROWS = new int[6][16];
  private static final ValueLayout.OfFloat LITTLE_FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Which elements are drawn one by one, a bit each; a new array for each span would cost as much
  /// as these elements.
  private static final ThreadLocal<long[]> REST = ThreadLocal.withInitial(() -> new long[0]);

  /// The t above which the columns fit one register. 16 lanes hold the whole table; of eight, whose
  /// t is the largest, 3% of a normal law's elements have another column, of four 13%: to draw
  /// these one by one is faster than to look in two or four registers each time.
  private static final float LEAST = LANES == 16 ? NormalLaw.TAIL : LANES == 8 ? 0x1p-4f : 0x1p-2f;

  /// Column of the largest t, and the columns after it are those of the smallest.
  private static final int LAST_COLUMN = 13;

  static {
    for (int power = 0; power < ROWS.length; power++) {
      for (int column = LAST_COLUMN - LANES + 1; column <= LAST_COLUMN; column++) {
        float c = NormalTable.row(power)[column & 15];
        ROWS[power][column & LANES - 1] = Float.floatToRawIntBits(c);
      }
    }
  }

  private static final int[] R0 = ROWS[0];
  private static final int[] R1 = ROWS[1];
  private static final int[] R2 = ROWS[2];
  private static final int[] R3 = ROWS[3];
  private static final int[] R4 = ROWS[4];
  private static final int[] R5 = ROWS[5];

  /// As many shorts as ints; half as many bits.
  private static VectorSpecies<Short> shorts() {
    return VectorSpecies.of(short.class, VectorShape.forBitSize(INTS.vectorBitSize() / 2));
  }

  @Override
  public String name() {
    return Integer.toString(INTS.vectorBitSize());
  }

  @Override
  public void words(int[] key, int purpose, int number, long group, int[] out, int groups) {
    for (int g = 0; g < groups; g++) {
      for (int part = 0; part < 16; part += LANES) {
        blocks(key, (group + g) * 16 + part, purpose, number, out, g * GROUP + part, part);
      }
    }
  }

  private static void blocks(
      int[] key, long counter, int purpose, int number, int[] out, int at, int part) {
    IntVector c = IntVector.fromArray(INTS, LANE, 0).add((int) counter);
    int high = (int) (counter >>> 32);
    IntVector x0 = IntVector.broadcast(INTS, 0x61707865);
    IntVector x1 = IntVector.broadcast(INTS, 0x3320646e);
    IntVector x2 = IntVector.broadcast(INTS, 0x79622d32);
    IntVector x3 = IntVector.broadcast(INTS, 0x6b206574);
    IntVector x4 = IntVector.broadcast(INTS, key[0]);
    IntVector x5 = IntVector.broadcast(INTS, key[1]);
    IntVector x6 = IntVector.broadcast(INTS, key[2]);
    IntVector x7 = IntVector.broadcast(INTS, key[3]);
    IntVector x8 = IntVector.broadcast(INTS, key[4]);
    IntVector x9 = IntVector.broadcast(INTS, key[5]);
    IntVector x10 = IntVector.broadcast(INTS, key[6]);
    IntVector x11 = IntVector.broadcast(INTS, key[7]);
    IntVector x12 = c;
    IntVector x13 = IntVector.broadcast(INTS, high);
    IntVector x14 = IntVector.broadcast(INTS, purpose);
    IntVector x15 = IntVector.broadcast(INTS, number);
    for (int pair = 0; pair < 4; pair++) {
      x0 = x0.add(x4);
      x12 = x12.lanewise(XOR, x0).lanewise(ROL, 16);
      x8 = x8.add(x12);
      x4 = x4.lanewise(XOR, x8).lanewise(ROL, 12);
      x0 = x0.add(x4);
      x12 = x12.lanewise(XOR, x0).lanewise(ROL, 8);
      x8 = x8.add(x12);
      x4 = x4.lanewise(XOR, x8).lanewise(ROL, 7);
      x1 = x1.add(x5);
      x13 = x13.lanewise(XOR, x1).lanewise(ROL, 16);
      x9 = x9.add(x13);
      x5 = x5.lanewise(XOR, x9).lanewise(ROL, 12);
      x1 = x1.add(x5);
      x13 = x13.lanewise(XOR, x1).lanewise(ROL, 8);
      x9 = x9.add(x13);
      x5 = x5.lanewise(XOR, x9).lanewise(ROL, 7);
      x2 = x2.add(x6);
      x14 = x14.lanewise(XOR, x2).lanewise(ROL, 16);
      x10 = x10.add(x14);
      x6 = x6.lanewise(XOR, x10).lanewise(ROL, 12);
      x2 = x2.add(x6);
      x14 = x14.lanewise(XOR, x2).lanewise(ROL, 8);
      x10 = x10.add(x14);
      x6 = x6.lanewise(XOR, x10).lanewise(ROL, 7);
      x3 = x3.add(x7);
      x15 = x15.lanewise(XOR, x3).lanewise(ROL, 16);
      x11 = x11.add(x15);
      x7 = x7.lanewise(XOR, x11).lanewise(ROL, 12);
      x3 = x3.add(x7);
      x15 = x15.lanewise(XOR, x3).lanewise(ROL, 8);
      x11 = x11.add(x15);
      x7 = x7.lanewise(XOR, x11).lanewise(ROL, 7);
      x0 = x0.add(x5);
      x15 = x15.lanewise(XOR, x0).lanewise(ROL, 16);
      x10 = x10.add(x15);
      x5 = x5.lanewise(XOR, x10).lanewise(ROL, 12);
      x0 = x0.add(x5);
      x15 = x15.lanewise(XOR, x0).lanewise(ROL, 8);
      x10 = x10.add(x15);
      x5 = x5.lanewise(XOR, x10).lanewise(ROL, 7);
      x1 = x1.add(x6);
      x12 = x12.lanewise(XOR, x1).lanewise(ROL, 16);
      x11 = x11.add(x12);
      x6 = x6.lanewise(XOR, x11).lanewise(ROL, 12);
      x1 = x1.add(x6);
      x12 = x12.lanewise(XOR, x1).lanewise(ROL, 8);
      x11 = x11.add(x12);
      x6 = x6.lanewise(XOR, x11).lanewise(ROL, 7);
      x2 = x2.add(x7);
      x13 = x13.lanewise(XOR, x2).lanewise(ROL, 16);
      x8 = x8.add(x13);
      x7 = x7.lanewise(XOR, x8).lanewise(ROL, 12);
      x2 = x2.add(x7);
      x13 = x13.lanewise(XOR, x2).lanewise(ROL, 8);
      x8 = x8.add(x13);
      x7 = x7.lanewise(XOR, x8).lanewise(ROL, 7);
      x3 = x3.add(x4);
      x14 = x14.lanewise(XOR, x3).lanewise(ROL, 16);
      x9 = x9.add(x14);
      x4 = x4.lanewise(XOR, x9).lanewise(ROL, 12);
      x3 = x3.add(x4);
      x14 = x14.lanewise(XOR, x3).lanewise(ROL, 8);
      x9 = x9.add(x14);
      x4 = x4.lanewise(XOR, x9).lanewise(ROL, 7);
    }
    x0.add(0x61707865).intoArray(out, at);
    x1.add(0x3320646e).intoArray(out, at + 16);
    x2.add(0x79622d32).intoArray(out, at + 32);
    x3.add(0x6b206574).intoArray(out, at + 48);
    x4.add(key[0]).intoArray(out, at + 64);
    x5.add(key[1]).intoArray(out, at + 80);
    x6.add(key[2]).intoArray(out, at + 96);
    x7.add(key[3]).intoArray(out, at + 112);
    x8.add(key[4]).intoArray(out, at + 128);
    x9.add(key[5]).intoArray(out, at + 144);
    x10.add(key[6]).intoArray(out, at + 160);
    x11.add(key[7]).intoArray(out, at + 176);
    x12.add(c).intoArray(out, at + 192);
    x13.add(high).intoArray(out, at + 208);
    x14.add(purpose).intoArray(out, at + 224);
    x15.add(number).intoArray(out, at + 240);
  }

  @Override
  public void normal(NormalLaw law, int[] words, float[] out, int at, int count) {
    long[] rest = rest(count);
    common(law, words, out, at, count, rest);
    float std = (float) law.std();
    float mean = (float) law.mean();
    for (int i = 0; i < count; i += Long.SIZE) {
      for (long left = rest[i >> 6]; left != 0; left &= left - 1) {
        int j = i + Long.numberOfTrailingZeros(left);
        out[at + j] = Math.fma(law.z32(words[j]), std, mean);
      }
    }
  }

  @Override
  public void normal(NormalLaw law, int[] words, MemorySegment out, long at, int count) {
    long[] rest = rest(count);
    common(law, words, out, at, count, rest);
    float std = (float) law.std();
    float mean = (float) law.mean();
    for (int i = 0; i < count; i += Long.SIZE) {
      for (long left = rest[i >> 6]; left != 0; left &= left - 1) {
        int j = i + Long.numberOfTrailingZeros(left);
        out.set(LITTLE_FLOAT, at + 4L * j, Math.fma(law.z32(words[j]), std, mean));
      }
    }
  }

  private static long[] rest(int count) {
    long[] rest = REST.get();
    if (rest.length < (count >> 6) + 1) {
      rest = new long[(count >> 6) + 1];
      REST.set(rest);
    }
    return rest;
  }

  /// All elements as if they had a column in the register; `rest` says which have not, for a branch
  /// that is taken now and then would be mispredicted each time.
  private static void common(
      NormalLaw law, int[] words, float[] out, int at, int count, long[] rest) {
    FloatVector step = FloatVector.broadcast(FLOATS, law.step());
    FloatVector halfStep = FloatVector.broadcast(FLOATS, law.halfStep());
    FloatVector floor = FloatVector.broadcast(FLOATS, law.floor());
    FloatVector std = FloatVector.broadcast(FLOATS, (float) law.std());
    FloatVector mean = FloatVector.broadcast(FLOATS, (float) law.mean());
    int limit = law.limit();
    for (int i = 0; i < count; i += Long.SIZE) {
      int n = Math.min(count, i + Long.SIZE);
      long others = 0;
      for (int j = i; j < n; j += LANES) {
        IntVector u = IntVector.fromArray(INTS, words, j);
        FloatVector t = fold(u, step, floor);
        magnitude(u, t, step, halfStep, limit).fma(std, mean).intoArray(out, at + j);
        others |= t.compare(LT, LEAST).toLong() << j;
      }
      rest[i >> 6] = others;
    }
  }

  /// The same into memory.
  private static void common(
      NormalLaw law, int[] words, MemorySegment out, long at, int count, long[] rest) {
    FloatVector step = FloatVector.broadcast(FLOATS, law.step());
    FloatVector halfStep = FloatVector.broadcast(FLOATS, law.halfStep());
    FloatVector floor = FloatVector.broadcast(FLOATS, law.floor());
    FloatVector std = FloatVector.broadcast(FLOATS, (float) law.std());
    FloatVector mean = FloatVector.broadcast(FLOATS, (float) law.mean());
    int limit = law.limit();
    for (int i = 0; i < count; i += Long.SIZE) {
      int n = Math.min(count, i + Long.SIZE);
      long others = 0;
      for (int j = i; j < n; j += LANES) {
        IntVector u = IntVector.fromArray(INTS, words, j);
        FloatVector t = fold(u, step, floor);
        magnitude(u, t, step, halfStep, limit)
            .fma(std, mean)
            .intoMemorySegment(out, at + 4L * j, ByteOrder.LITTLE_ENDIAN);
        others |= t.compare(LT, LEAST).toLong() << j;
      }
      rest[i >> 6] = others;
    }
  }

  /// t of the words u.
  private static FloatVector fold(IntVector u, FloatVector step, FloatVector floor) {
    IntVector k = u.lanewise(XOR, u.lanewise(ASHR, 31)).lanewise(XOR, Integer.MAX_VALUE);
    FloatVector a = ((FloatVector) k.convert(I2F, 0)).fma(step, floor);
    return FloatVector.broadcast(FLOATS, NormalLaw.LIFT).sub(a).mul(a);
  }

  /// z of the words u with their t, sign and limit applied.
  private static FloatVector magnitude(
      IntVector u, FloatVector t, FloatVector step, FloatVector halfStep, int limit) {
    IntVector m = u.lanewise(XOR, u.lanewise(ASHR, 31));
    FloatVector v = ((FloatVector) m.convert(I2F, 0)).fma(step, halfStep);
    IntVector bits = t.reinterpretAsInts();
    FloatVector y = t.sub(bits.and(0xFFC00000).or(0x00200000).reinterpretAsFloats());
    IntVector column = bits.lanewise(LSHR, 22); // selectFrom takes it modulo LANES
    FloatVector p = look(column, R5);
    p = p.fma(y, look(column, R4));
    p = p.fma(y, look(column, R3));
    p = p.fma(y, look(column, R2));
    p = p.fma(y, look(column, R1));
    p = p.fma(y, look(column, R0));
    return v.mul(p)
        .reinterpretAsInts()
        .min(limit)
        .or(u.and(Integer.MIN_VALUE))
        .reinterpretAsFloats();
  }

  /// Must stay small: what many calls of it add up to is still inlined (NodeCountInliningCutoff),
  /// or vectors are boxed.
  private static FloatVector look(IntVector column, int[] row) {
    return column.selectFrom(IntVector.fromArray(INTS, row, 0)).reinterpretAsFloats();
  }

  @Override
  public void uniform(UniformLaw law, int[] words, float[] out, int at, int count) {
    FloatVector step = FloatVector.broadcast(FLOATS, law.step());
    FloatVector mid = FloatVector.broadcast(FLOATS, law.mid());
    for (int i = 0; i < count; i += LANES) {
      IntVector n = IntVector.fromArray(INTS, words, i).lanewise(ASHR, 7).or(1);
      ((FloatVector) n.convert(I2F, 0)).fma(step, mid).intoArray(out, at + i);
    }
  }

  @Override
  public void uniform(UniformLaw law, int[] words, MemorySegment out, long at, int count) {
    FloatVector step = FloatVector.broadcast(FLOATS, law.step());
    FloatVector mid = FloatVector.broadcast(FLOATS, law.mid());
    for (int i = 0; i < count; i += LANES) {
      IntVector n = IntVector.fromArray(INTS, words, i).lanewise(ASHR, 7).or(1);
      ((FloatVector) n.convert(I2F, 0))
          .fma(step, mid)
          .intoMemorySegment(out, at + 4L * i, ByteOrder.LITTLE_ENDIAN);
    }
  }

  @Override
  public void bfloat(float[] in, short[] out, int count) {
    for (int i = 0; i < count; i += LANES) {
      IntVector bits = FloatVector.fromArray(FLOATS, in, i).reinterpretAsInts();
      IntVector even = bits.lanewise(LSHR, 16).and(1).add(0x7FFF);
      ShortVector top =
          (ShortVector) bits.add(even).lanewise(LSHR, 16).convertShape(I2S, SHORTS, 0);
      top.intoArray(out, i);
    }
  }
}
