package org.fanin.fill;

import java.lang.foreign.MemorySegment;

/// The inner loops: random words, and laws applied to them. [ScalarKernel] is the definition; the
/// vector kernels of `fill.simd` give the same bits faster.
public interface Kernel {
  /// Words in a group of 16 blocks, and elements of 32 bits.
  int GROUP = 256;

  /// What the property `fanin.simd` calls it: `scalar`, `128`, `256` or `512`.
  String name();

  /// The words of whole groups, in the order of elements of 32 bits.
  ///
  /// @param key eight words, only read
  /// @param group number of the first one
  /// @param out receives [#GROUP]·`groups` words from its start on
  void words(int[] key, int purpose, int number, long group, int[] out, int groups);

  /// Elements of a normal law, mean and std applied.
  ///
  /// @param words one for each element, from the start on
  /// @param out elements in float, from `at` on
  /// @param count a multiple of 16
  void normal(NormalLaw law, int[] words, float[] out, int at, int count);

  /// The same as little-endian bytes straight into memory, which overlaps with the computation; an
  /// array that is copied afterwards does not.
  ///
  /// @param out native memory, written from byte `at` on
  void normal(NormalLaw law, int[] words, MemorySegment out, long at, int count);

  /// Elements of a uniform law.
  ///
  /// @param words one for each element, from the start on
  /// @param out elements in float, from `at` on
  /// @param count a multiple of 16
  void uniform(UniformLaw law, int[] words, float[] out, int at, int count);

  /// The same as little-endian bytes straight into memory.
  ///
  /// @param out native memory, written from byte `at` on
  void uniform(UniformLaw law, int[] words, MemorySegment out, long at, int count);

  /// bf16 to nearest even, as bits.
  ///
  /// @param count a multiple of 16
  void bfloat(float[] in, short[] out, int count);
}
