package org.fanin.fill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.fanin.Fanin;
import org.fanin.plan.Draw;
import org.fanin.plan.Schemes;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

class FillsTest {
  private static float[] floats(Draw draw, Shape shape) {
    byte[] bytes = FillCases.bytes(FillCases.plan("f", draw, shape, DType.F32, false));
    float[] f = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(f);
    return f;
  }

  /// Parts and slices element by element, against the index arithmetic written out.
  @Test
  void partsAndSlicesLieWhereTheyShould() {
    Shape s = Shape.of(4, 6, 5);
    Draw a = new Draw.Normal(0, 1);
    Draw b = new Draw.Uniform(0, 1);
    Draw d =
        new Draw.Parts(
            1,
            List.of(
                a,
                new Draw.Slice(b, 2, 4, 9),
                new Draw.Parts(0, List.of(b, new Draw.Constant(7)))));
    float[] normal = floats(a, s);
    float[] uniform = floats(b, s);
    float[] found = floats(d, s);
    for (int i = 0, flat = 0; i < 4; i++) {
      for (int j = 0; j < 6; j++) {
        for (int k = 0; k < 5; k++, flat++) {
          float wanted =
              j < 2
                  ? normal[flat]
                  : j < 4 ? (k == 4 ? 9 : uniform[flat]) : i < 2 ? uniform[flat] : 7;
          assertEquals(wanted, found[flat], "at " + i + " " + j + " " + k);
        }
      }
    }
  }

  @Test
  void logRangeCountsAlongItsAxis() {
    float[] found = floats(new Draw.LogRange(1), Shape.of(2, 3, 2));
    float[] row = {0, 0, (float) StrictMath.log(2), (float) StrictMath.log(2)};
    for (int i = 0; i < 4; i++) {
      assertEquals(row[i], found[i], 1e-7);
      assertEquals(row[i], found[6 + i], 1e-7);
    }
  }

  @Test
  void wholeNumbers() {
    assertArrayEquals(
        new byte[] {-2, -1, -2, -1},
        FillCases.bytes(FillCases.plan("i", new Draw.Constant(-2), Shape.of(2), DType.I16, false)));
    refused(new Draw.Constant(0.5), Shape.of(2), DType.I32);
    refused(new Draw.Constant(-1), Shape.of(2), DType.U8);
    refused(new Draw.Constant(2), Shape.of(2), DType.BOOL);
    refused(new Draw.Normal(0, 1), Shape.of(2), DType.I32);
    refused(new Draw.Constant(0), Shape.of(2), DType.OTHER);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Draw zero = new Draw.Constant(0);
    refused(new Draw.Parts(0, List.of(zero, zero)), Shape.of(3), DType.F32);
    refused(new Draw.Parts(1, List.of(zero)), Shape.of(3), DType.F32);
    refused(new Draw.Parts(0, List.of()), Shape.of(3), DType.F32);
    refused(new Draw.Slice(zero, 0, 3, 0), Shape.of(3), DType.F32);
    refused(new Draw.LogRange(-1), Shape.of(3), DType.F32);
    refused(new Draw.Constant(Double.NaN), Shape.of(3), DType.F32);
    refused(new Draw.SoftplusInverse(0, 1), Shape.of(3), DType.F32);
    try (TensorFill fill =
        Fills.open(1, FillCases.plan("f", zero, Shape.of(10), DType.F32, false))) {
      for (long[] span : new long[][] {{-1, 4}, {8, 12}, {0, 3}, {11, 0}}) {
        MemorySegment out = MemorySegment.ofArray(new byte[(int) span[1]]);
        assertThrows(IllegalArgumentException.class, () -> fill.write(span[0], out));
      }
      fill.write(10, MemorySegment.ofArray(new byte[0]));
    }
  }

  private static void refused(Draw draw, Shape shape, DType dtype) {
    assertThrows(
        IllegalArgumentException.class,
        () -> Fills.open(1, FillCases.plan("f", draw, shape, dtype, false)));
  }

  @Test
  void emptyTensorsAndScalars() {
    assertEquals(0, floats(new Draw.Normal(0, 1), Shape.of(0, 3)).length);
    Draw parts = new Draw.Parts(0, List.of(new Draw.Normal(0, 1), new Draw.Uniform(0, 1)));
    assertEquals(0, floats(parts, Shape.of(0, 3)).length);
    assertEquals(1, floats(new Draw.Normal(0, 1), Shape.of()).length);
  }

  @Test
  void weightsGoIntoAnything() {
    Shape s = Shape.of(8, 3, 5, 5);
    Weights w = Fanin.seed(42).weights("conv.weight", s, Schemes.heTruncated()).threads(2);
    float[] array = w.into(new float[600]);
    byte[] segment = new byte[2400];
    w.into(MemorySegment.ofArray(segment));
    ByteBuffer buffer = ByteBuffer.allocateDirect(2404).position(4);
    w.into(buffer);
    assertEquals(2404, buffer.position());
    ByteBuffer little = ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN);
    buffer.order(ByteOrder.LITTLE_ENDIAN);
    double squares = 0;
    for (int i = 0; i < 600; i++) {
      assertEquals(array[i], little.getFloat(4 * i));
      assertEquals(array[i], buffer.getFloat(4 + 4 * i));
      squares += array[i] * (double) array[i];
    }
    // Variance 2/75, kurtosis 2.37 over 600: 5 standard errors are 24%.
    assertEquals(2.0 / 75, squares / 600, 0.24 * 2 / 75);
    byte[] half = new byte[1200];
    w.as(DType.BF16).into(MemorySegment.ofArray(half));
    int top = (half[0] & 0xFF) << 16 | half[1] << 24;
    assertEquals(array[0], Float.intBitsToFloat(top), 0.004 * Math.abs(array[0]));
    assertEquals(600, w.into(new double[600]).length);
    assertThrows(IllegalArgumentException.class, () -> w.into(new float[599]));
    assertThrows(IllegalArgumentException.class, () -> w.into(ByteBuffer.allocate(2399)));
    assertThrows(
        IllegalArgumentException.class,
        () -> Fanin.seed(1).weights("b", Shape.of(8), Schemes.heNormal()));
  }
}
