package org.fanin.fill.simd;

import org.fanin.fill.matrix.MatrixKernel;
import org.fanin.fill.matrix.ScalarMatrixKernel;

/// The implementations of [MatrixKernel].
public final class MatrixKernels {
  private MatrixKernels() {}

  /// @param name "scalar", "128", "256" or "512"; all run on any machine that has the module
  ///   jdk.incubator.vector, fast where vectors are that wide
  /// @throws IllegalArgumentException for any other name
  public static MatrixKernel named(String name) {
    return switch (name) {
      case "scalar" -> new ScalarMatrixKernel();
      case "128" -> new MatrixKernel128();
      case "256" -> new MatrixKernel256();
      case "512" -> new MatrixKernel512();
      default ->
          throw new IllegalArgumentException(
              "no kernel is named " + name + ": wanted scalar, 128, 256 or 512");
    };
  }
}
