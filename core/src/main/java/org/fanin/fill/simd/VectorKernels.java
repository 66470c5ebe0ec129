package org.fanin.fill.simd;

import jdk.incubator.vector.VectorShape;
import org.fanin.fill.Kernel;

/// Hands out the vector kernel. One width per process: [VectorKernel]'s species are constants.
public final class VectorKernels {
  private static int bits;

  private VectorKernels() {}

  /// The widest that this CPU has.
  ///
  /// @throws NoClassDefFoundError when the JVM runs without the module `jdk.incubator.vector`
  public static Kernel preferred() {
    return ofBits(Math.clamp(VectorShape.preferredShape().vectorBitSize(), 128, 512));
  }

  /// @param wanted 128, 256 or 512; wider than the CPU works, slowly
  /// @throws NoClassDefFoundError when the JVM runs without the module `jdk.incubator.vector`
  public static synchronized Kernel ofBits(int wanted) {
    if (bits != 0 && bits != wanted) {
      throw new IllegalStateException("the kernel has " + bits + " bits, not " + wanted);
    }
    bits = wanted;
    return new VectorKernel();
  }

  static synchronized int bits() {
    return bits;
  }
}
