package org.fanin.fill;

/// Addressed standard normals, for matrices that are made of them.
public final class Normals {
  private static final NormalLaw STANDARD = NormalLaw.of(0, 1);

  private Normals() {}

  /// N(0, 1) number `first`, `first + 1` … of the stream (key, purpose, number), to float's
  /// precision (docs/fill-format.md states the error), |z| below 6.4.
  ///
  /// @param purpose and `number`: the nonce, e.g. [StreamKey#MATRIX_NORMALS] and the matrix's index
  /// @param first at least 0
  public static void fill(
      StreamKey key, int purpose, int number, long first, float[] out, int offset, int count) {
    Kernels.willDraw(count);
    RandomValues.normal(key, purpose, number, STANDARD).read(first, out, offset, count);
  }

  /// The same to double's precision from 64 bits each, |z| below 9.2. Other numbers than the
  /// floats.
  public static void fill(
      StreamKey key, int purpose, int number, long first, double[] out, int offset, int count) {
    Kernels.willDraw(count);
    RandomValues.normal(key, purpose, number, STANDARD).read(first, out, offset, count);
  }
}
