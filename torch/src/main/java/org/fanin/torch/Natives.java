package org.fanin.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.global.torch;

/// Loads libtorch once and sets its threads.
final class Natives {
  private static boolean loaded;

  private Natives() {}

  /// @param threads for torch and OpenBLAS alike; 0 for all. They are the process's: the last call
  ///   wins
  static synchronized void use(int threads) {
    if (!loaded) {
      // JavaCPP reads these when its first class loads. Every pointer here is closed by a scope or
      // by its owner, so nothing waits for the collector, and our own account bounds the tensors.
      setIfAbsent("org.bytedeco.javacpp.nopointergc", "true");
      setIfAbsent("org.bytedeco.javacpp.maxPhysicalBytes", "0");
      extract();
      Loader.load(openblas.class);
      Loader.load(torch.class);
      loaded = true;
    }
    int n = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    if (torch.get_num_threads() != n) {
      torch.set_num_threads(n);
      openblas.blas_set_num_threads(n);
    }
  }

  /// JavaCPP loads libtorch.so before it has unpacked the libtorch_cpu.so that it needs. Where the
  /// system has another PyTorch, the linker then takes that one, and the process dies. Unpacked
  /// beforehand, the right one lies beside it.
  private static void extract() {
    Properties p = Loader.loadProperties();
    String folder = "/org/bytedeco/pytorch/" + p.getProperty("platform") + "/";
    for (String name : List.of("c10", "torch_cpu")) {
      String file =
          p.getProperty("platform.library.prefix", "")
              + name
              + p.getProperty("platform.library.suffix", "");
      try {
        Loader.cacheResource(torch.class, folder + file);
      } catch (IOException e) {
        throw new UncheckedIOException("libtorch cannot be unpacked: " + e.getMessage(), e);
      }
    }
  }

  private static void setIfAbsent(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }
}
