package org.fanin.fill;

import java.util.concurrent.atomic.AtomicLong;
import org.fanin.fill.simd.VectorKernels;

/// The one place where a kernel is chosen: the widest vectors of this CPU when the module
/// `jdk.incubator.vector` is there, else scalar code. The system property `fanin.simd` forces one
/// of `scalar`, `128`, `256`, `512`.
///
/// Unless one is forced, a process begins with scalar code. The JVM needs about two seconds of
/// processor time until vector code is fast, and scalar code fills 256 MiB in half a second; so the
/// vector kernel is run in on the side when more than that is asked for, and takes over when it is
/// faster. The bits are the same.
public final class Kernels {
  /// Elements after which running in the vector kernel pays.
  private static final long ENOUGH = 1L << 26;

  private static final Kernel SCALAR = new ScalarKernel();
  private static final String FORCED = System.getProperty("fanin.simd", "");
  private static final AtomicLong DRAWN = new AtomicLong();
  private static volatile Kernel best = choose();

  private Kernels() {}

  /// The kernel to use now.
  public static Kernel best() {
    return best;
  }

  /// Name of the kernel for matrices: the vector one at once, as a matrix multiplication is run in
  /// within its first panels and ten times as fast.
  static String forMatrices() {
    if (!FORCED.isEmpty()) {
      return FORCED;
    }
    try {
      return VectorKernels.preferred().name();
    } catch (NoClassDefFoundError _) {
      return SCALAR.name(); // no module jdk.incubator.vector
    }
  }

  /// The definition.
  public static Kernel scalar() {
    return SCALAR;
  }

  /// Told what is about to be drawn.
  static void willDraw(long elements) {
    long before = DRAWN.getAndAdd(elements);
    if (before <= ENOUGH && before + elements > ENOUGH && FORCED.isEmpty()) {
      Thread.ofPlatform().daemon().name("fanin-warm-up").start(Kernels::warmUp);
    }
  }

  private static void warmUp() {
    try {
      Kernel vector = VectorKernels.preferred();
      if (new WarmUp(SCALAR, vector).run()) {
        best = vector;
      }
    } catch (NoClassDefFoundError _) {
      // No module jdk.incubator.vector: scalar code it is.
    }
  }

  private static Kernel choose() {
    return switch (FORCED) {
      case "", "scalar" -> SCALAR;
      case "128", "256", "512" -> VectorKernels.ofBits(Integer.parseInt(FORCED));
      default ->
          throw new IllegalArgumentException(
              "fanin.simd: scalar, 128, 256 or 512 is wanted, found " + FORCED);
    };
  }
}
