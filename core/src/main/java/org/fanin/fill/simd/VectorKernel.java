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
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.fanin.fill.Kernel;
import org.fanin.fill.Kernels;
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

  /// Indices of tails; a new array for each span would cost as much as the tails.
  private static final ThreadLocal<int[]> TAILS = ThreadLocal.withInitial(() -> new int[0]);

  static {
    for (int power = 0; power < ROWS.length; power++) {
      for (int column = 0; column < 16; column++) {
        ROWS[power][column] = Float.floatToRawIntBits(NormalTable.row(power)[column]);
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
    if (LANES < 8) {
      // The table would take four registers, and is slower than looking up one by one.
      Kernels.scalar().normal(law, words, out, at, count);
      return;
    }
    int[] tails = tails(count);
    int n = middle(law, words, out, at, count, tails);
    float std = (float) law.std();
    float mean = (float) law.mean();
    for (int i = 0; i < n; i++) {
      out[at + tails[i]] = Math.fma(law.tail(words[tails[i]]), std, mean);
    }
  }

  @Override
  public void normal(NormalLaw law, int[] words, MemorySegment out, long at, int count) {
    if (LANES < 8) {
      Kernels.scalar().normal(law, words, out, at, count);
      return;
    }
    int[] tails = tails(count);
    int n = middle(law, words, out, at, count, tails);
    float std = (float) law.std();
    float mean = (float) law.mean();
    for (int i = 0; i < n; i++) {
      float value = Math.fma(law.tail(words[tails[i]]), std, mean);
      out.set(LITTLE_FLOAT, at + 4L * tails[i], value);
    }
  }

  private static int[] tails(int count) {
    int[] tails = TAILS.get();
    if (tails.length < count + LANES) {
      tails = new int[count + LANES];
      TAILS.set(tails);
    }
    return tails;
  }

  /// All but the tails, whose indices are gathered without a branch: one that is taken once in
  /// thirty vectors would be mispredicted each time.
  ///
  /// @return how many indices
  private static int middle(
      NormalLaw law, int[] words, float[] out, int at, int count, int[] tails) {
    FloatVector step = FloatVector.broadcast(FLOATS, law.step());
    FloatVector halfStep = FloatVector.broadcast(FLOATS, law.halfStep());
    FloatVector floor = FloatVector.broadcast(FLOATS, law.floor());
    FloatVector std = FloatVector.broadcast(FLOATS, (float) law.std());
    FloatVector mean = FloatVector.broadcast(FLOATS, (float) law.mean());
    IntVector lane = IntVector.fromArray(INTS, LANE, 0);
    int limit = law.limit();
    int n = 0;
    for (int i = 0; i < count; i += LANES) {
      IntVector u = IntVector.fromArray(INTS, words, i);
      FloatVector t = fold(u, step, floor);
      magnitude(u, t, step, halfStep, limit).fma(std, mean).intoArray(out, at + i);
      VectorMask<Integer> tail = t.compare(LT, NormalLaw.TAIL).cast(INTS);
      lane.add(i).compress(tail).intoArray(tails, n);
      n += tail.trueCount();
    }
    return n;
  }

  /// The same into memory.
  private static int middle(
      NormalLaw law, int[] words, MemorySegment out, long at, int count, int[] tails) {
    FloatVector step = FloatVector.broadcast(FLOATS, law.step());
    FloatVector halfStep = FloatVector.broadcast(FLOATS, law.halfStep());
    FloatVector floor = FloatVector.broadcast(FLOATS, law.floor());
    FloatVector std = FloatVector.broadcast(FLOATS, (float) law.std());
    FloatVector mean = FloatVector.broadcast(FLOATS, (float) law.mean());
    IntVector lane = IntVector.fromArray(INTS, LANE, 0);
    int limit = law.limit();
    int n = 0;
    for (int i = 0; i < count; i += LANES) {
      IntVector u = IntVector.fromArray(INTS, words, i);
      FloatVector t = fold(u, step, floor);
      magnitude(u, t, step, halfStep, limit)
          .fma(std, mean)
          .intoMemorySegment(out, at + 4L * i, ByteOrder.LITTLE_ENDIAN);
      VectorMask<Integer> tail = t.compare(LT, NormalLaw.TAIL).cast(INTS);
      lane.add(i).compress(tail).intoArray(tails, n);
      n += tail.trueCount();
    }
    return n;
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
    IntVector column = bits.lanewise(LSHR, 22); // selectFrom takes it modulo 16
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

  /// The table's 16 columns fill one register of 512 bits or two of 256. Must stay small enough to
  /// be inlined.
  private static FloatVector look(IntVector column, int[] row) {
    IntVector low = IntVector.fromArray(INTS, row, 0);
    return LANES == 16
        ? column.selectFrom(low).reinterpretAsFloats()
        : column.selectFrom(low, IntVector.fromArray(INTS, row, 16 - LANES)).reinterpretAsFloats();
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
