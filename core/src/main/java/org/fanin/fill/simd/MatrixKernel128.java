package org.fanin.fill.simd;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.fanin.fill.matrix.MatrixKernel;

/// [MatrixKernel] on vectors of 128 bits, eight rows at a time. One class per width, because the
/// compiler has to see the species as a constant.
final class MatrixKernel128 implements MatrixKernel {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_128;
  private static final VectorSpecies<Double> D = DoubleVector.SPECIES_128;

  @Override
  public void addProduct(
      float[] a,
      int a0,
      int aRow,
      int aK,
      float[] b,
      int b0,
      int bRow,
      int depth,
      float[] out,
      int out0,
      int rows) {
    for (int i = 0; i < rows; i += ROWS) {
      for (int j = 0; j < WIDTH; j += F.length()) {
        tile(a, a0 + i * aRow, aRow, aK, b, b0 + j, bRow, depth, out, out0 + i * WIDTH + j);
      }
    }
  }

  private static void tile(
      float[] a,
      int a0,
      int aRow,
      int aK,
      float[] b,
      int b0,
      int bRow,
      int depth,
      float[] out,
      int to) {
    FloatVector s0 = FloatVector.zero(F);
    FloatVector s1 = FloatVector.zero(F);
    FloatVector s2 = FloatVector.zero(F);
    FloatVector s3 = FloatVector.zero(F);
    FloatVector s4 = FloatVector.zero(F);
    FloatVector s5 = FloatVector.zero(F);
    FloatVector s6 = FloatVector.zero(F);
    FloatVector s7 = FloatVector.zero(F);
    for (int k = 0; k < depth; k++) {
      FloatVector x = FloatVector.fromArray(F, b, b0 + k * bRow);
      int at = a0 + k * aK;
      s0 = FloatVector.broadcast(F, a[at]).lanewise(VectorOperators.FMA, x, s0);
      s1 = FloatVector.broadcast(F, a[at + 1 * aRow]).lanewise(VectorOperators.FMA, x, s1);
      s2 = FloatVector.broadcast(F, a[at + 2 * aRow]).lanewise(VectorOperators.FMA, x, s2);
      s3 = FloatVector.broadcast(F, a[at + 3 * aRow]).lanewise(VectorOperators.FMA, x, s3);
      s4 = FloatVector.broadcast(F, a[at + 4 * aRow]).lanewise(VectorOperators.FMA, x, s4);
      s5 = FloatVector.broadcast(F, a[at + 5 * aRow]).lanewise(VectorOperators.FMA, x, s5);
      s6 = FloatVector.broadcast(F, a[at + 6 * aRow]).lanewise(VectorOperators.FMA, x, s6);
      s7 = FloatVector.broadcast(F, a[at + 7 * aRow]).lanewise(VectorOperators.FMA, x, s7);
    }
    add(s0, out, to);
    add(s1, out, to + 1 * WIDTH);
    add(s2, out, to + 2 * WIDTH);
    add(s3, out, to + 3 * WIDTH);
    add(s4, out, to + 4 * WIDTH);
    add(s5, out, to + 5 * WIDTH);
    add(s6, out, to + 6 * WIDTH);
    add(s7, out, to + 7 * WIDTH);
  }

  private static void add(FloatVector sum, float[] out, int at) {
    FloatVector.fromArray(F, out, at).add(sum).intoArray(out, at);
  }

  @Override
  public void addProduct(
      double[] a,
      int a0,
      int aRow,
      int aK,
      double[] b,
      int b0,
      int bRow,
      int depth,
      double[] out,
      int out0,
      int rows) {
    for (int i = 0; i < rows; i += ROWS) {
      for (int j = 0; j < WIDTH; j += D.length()) {
        tile(a, a0 + i * aRow, aRow, aK, b, b0 + j, bRow, depth, out, out0 + i * WIDTH + j);
      }
    }
  }

  private static void tile(
      double[] a,
      int a0,
      int aRow,
      int aK,
      double[] b,
      int b0,
      int bRow,
      int depth,
      double[] out,
      int to) {
    DoubleVector s0 = DoubleVector.zero(D);
    DoubleVector s1 = DoubleVector.zero(D);
    DoubleVector s2 = DoubleVector.zero(D);
    DoubleVector s3 = DoubleVector.zero(D);
    DoubleVector s4 = DoubleVector.zero(D);
    DoubleVector s5 = DoubleVector.zero(D);
    DoubleVector s6 = DoubleVector.zero(D);
    DoubleVector s7 = DoubleVector.zero(D);
    for (int k = 0; k < depth; k++) {
      DoubleVector x = DoubleVector.fromArray(D, b, b0 + k * bRow);
      int at = a0 + k * aK;
      s0 = DoubleVector.broadcast(D, a[at]).lanewise(VectorOperators.FMA, x, s0);
      s1 = DoubleVector.broadcast(D, a[at + 1 * aRow]).lanewise(VectorOperators.FMA, x, s1);
      s2 = DoubleVector.broadcast(D, a[at + 2 * aRow]).lanewise(VectorOperators.FMA, x, s2);
      s3 = DoubleVector.broadcast(D, a[at + 3 * aRow]).lanewise(VectorOperators.FMA, x, s3);
      s4 = DoubleVector.broadcast(D, a[at + 4 * aRow]).lanewise(VectorOperators.FMA, x, s4);
      s5 = DoubleVector.broadcast(D, a[at + 5 * aRow]).lanewise(VectorOperators.FMA, x, s5);
      s6 = DoubleVector.broadcast(D, a[at + 6 * aRow]).lanewise(VectorOperators.FMA, x, s6);
      s7 = DoubleVector.broadcast(D, a[at + 7 * aRow]).lanewise(VectorOperators.FMA, x, s7);
    }
    add(s0, out, to);
    add(s1, out, to + 1 * WIDTH);
    add(s2, out, to + 2 * WIDTH);
    add(s3, out, to + 3 * WIDTH);
    add(s4, out, to + 4 * WIDTH);
    add(s5, out, to + 5 * WIDTH);
    add(s6, out, to + 6 * WIDTH);
    add(s7, out, to + 7 * WIDTH);
  }

  private static void add(DoubleVector sum, double[] out, int at) {
    DoubleVector.fromArray(D, out, at).add(sum).intoArray(out, at);
  }

  @Override
  public String name() {
    return "128";
  }
}
