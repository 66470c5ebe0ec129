package org.fanin.fill;

import org.fanin.fill.simd.VectorKernels;

/// The one place where a kernel is chosen: the widest vectors of this CPU when the module
/// `jdk.incubator.vector` is there, else scalar code. The system property `fanin.simd` forces one
/// of `scalar`, `128`, `256`, `512`.
public final class Kernels {
  private static final Kernel SCALAR = new ScalarKernel();
  private static final Kernel BEST = choose(System.getProperty("fanin.simd", ""));

  private Kernels() {}

  /// The kernel of this process.
  public static Kernel best() {
    return BEST;
  }

  static Kernel scalar() {
    return SCALAR;
  }

  private static Kernel choose(String forced) {
    return switch (forced) {
      case "scalar" -> SCALAR;
      case "128", "256", "512" -> VectorKernels.ofBits(Integer.parseInt(forced));
      case "" -> preferred();
      default ->
          throw new IllegalArgumentException(
              "fanin.simd: scalar, 128, 256 or 512 is wanted, found " + forced);
    };
  }

  private static Kernel preferred() {
    try {
      return VectorKernels.preferred();
    } catch (NoClassDefFoundError _) {
      return SCALAR;
    }
  }
}
