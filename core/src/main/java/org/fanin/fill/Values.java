package org.fanin.fill;

import java.lang.foreign.MemorySegment;

/// The elements of a tensor by flat index, before they are rounded to its type. Any span gives the
/// same values, from any thread.
interface Values extends AutoCloseable {
  /// Elements `first` … `first + count − 1`, for all types but f64.
  void read(long first, float[] out, int offset, int count);

  /// The same for f64, from other random bits: not the floats' values made more precise.
  void read(long first, double[] out, int offset, int count);

  /// Writes elements as little-endian f32 at byte `at`, where that can be done without an array in
  /// between.
  ///
  /// @return false: nothing is written, [#read(long, float[], int, int)] is wanted
  default boolean write(long first, int count, MemorySegment out, long at) {
    return false;
  }

  @Override
  default void close() {}
}
