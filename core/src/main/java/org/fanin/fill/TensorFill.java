package org.fanin.fill;

import java.lang.foreign.MemorySegment;

/// The elements of one tensor, ready to be written anywhere. Any span gives the same bytes whatever
/// was asked before, in any order, from any number of threads.
public interface TensorFill extends AutoCloseable {
  /// Number of elements.
  long count();

  /// Bytes of one element.
  int elementBytes();

  /// Writes elements `first`, `first + 1` … little-endian until `out` is full.
  ///
  /// @param out a whole number of elements, all of them inside the tensor
  void write(long first, MemorySegment out);

  /// Frees what a matrix that is not elementwise holds.
  @Override
  void close();
}
