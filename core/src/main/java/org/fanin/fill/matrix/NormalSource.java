package org.fanin.fill.matrix;

/// Addressed randomness of one tensor: the same numbers for the same arguments, always, from any
/// thread.
public interface NormalSource {
  /// Standard normals `first`, `first + 1` … of the stream of matrix `number`.
  void normals(int number, long first, float[] out, int offset, int count);

  /// As for floats; the two streams need not agree in value.
  void normals(int number, long first, double[] out, int offset, int count);

  /// Words `first`, `first + 1` … of 64 uniform bits each, of the stream of choices of matrix
  /// `number`.
  void choices(int number, long first, long[] out, int count);
}
