package org.fanin.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Where tensors live: in the processor's memory, or with `-Dfanin.device=cuda` on the first CUDA
/// device, if libtorch is built for it. Only the former has ever been run.
final class Place {
  private static final String PROPERTY = "fanin.device";
  private static boolean cuda;

  private Place() {}

  /// Once, when libtorch is loaded.
  ///
  /// @throws IllegalStateException when there is no such device
  static void choose() {
    String wanted = System.getProperty(PROPERTY, "cpu");
    if (!wanted.equals("cpu") && !wanted.equals("cuda")) {
      throw new IllegalStateException(
          PROPERTY + ": found \"" + wanted + "\", wanted \"cpu\" or \"cuda\"");
    }
    if (wanted.equals("cuda") && !torch.cuda_is_available()) {
      throw new IllegalStateException(
          PROPERTY
              + "=cuda: libtorch finds no CUDA device; it takes libtorch's CUDA build"
              + " (docs/measure.md), NVIDIA's libraries and a driver");
    }
    cuda = wanted.equals("cuda");
  }

  /// What tensors of ours become before an operator sees them.
  static Tensor put(Tensor t) {
    return cuda ? t.cuda() : t;
  }

  /// Whether tensors lie in the processor's memory.
  static boolean here() {
    return !cuda;
  }

  /// Itself, or a copy in the processor's memory, which the scope closes.
  static Tensor fetch(Tensor t) {
    return cuda ? t.cpu() : t;
  }

  static String name() {
    return "cuda".equals(System.getProperty(PROPERTY)) ? "CUDA" : "CPU";
  }
}
