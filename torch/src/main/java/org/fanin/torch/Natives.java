package org.fanin.torch;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/// Loads libtorch once and sets its threads.
///
/// JavaCPP finds and loads the libraries itself, unless the property
/// `org.bytedeco.javacpp.loadLibraries` is false, which the launcher sets on Linux: then this class
/// loads the nine that are needed, in order. That takes half the time, for JavaCPP looks each one
/// up in many places, and loads OpenBLAS twice.
final class Natives {
  private static final String JAVACPP = "/org/bytedeco/javacpp/";
  private static final String OPENBLAS = "/org/bytedeco/openblas/";
  private static final String PYTORCH = "/org/bytedeco/pytorch/";

  /// Each before those that need it: the linker takes what is loaded already, by its soname.
  private static final List<String> IN_ORDER =
      List.of(
          OPENBLAS + "%s/libquadmath.so.0",
          OPENBLAS + "%s/libgfortran.so.5",
          OPENBLAS + "%s/libopenblas.so.0",
          PYTORCH + "%s/libgomp.so.1",
          PYTORCH + "%s/libc10.so",
          PYTORCH + "%s/libtorch_cpu.so",
          PYTORCH + "%s/libtorch.so",
          JAVACPP + "%s/libjnijavacpp.so",
          PYTORCH + "%s/libjnitorch.so");

  private static boolean loaded;
  private static BlasThreads blas;

  private Natives() {}

  /// Loads the libraries, if they are not.
  static synchronized void load() {
    if (loaded) {
      return;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(Natives::afterLoading));
    // JavaCPP reads these when its first class loads. Every pointer here is closed by a scope or
    // by its owner, so nothing waits for the collector, and our own account bounds the tensors.
    setIfAbsent("org.bytedeco.javacpp.nopointergc", "true");
    setIfAbsent("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    Properties p = Loader.loadProperties();
    String platform = p.getProperty("platform");
    if (Loader.isLoadLibraries()) {
      loadByJavaCpp(p, platform);
    } else {
      loadInOrder(platform);
    }
    blas = BlasThreads.ofLoaded(openblas::blas_set_num_threads);
    Place.choose();
    ownConvolutions();
    loaded = true;
  }

  /// Convolutions are libtorch's own, in both precisions. oneDNN (3.7.1, single precision only)
  /// gives garbage on some machines, a virtual AMD EPYC 9005 among them, with AVX-512 and AVX2
  /// alike; `bench/measure truth` holds every network. NNPACK complains on standard error of each
  /// convolution where it does not know the processor.
  private static void ownConvolutions() {
    try (PointerScope _ = new PointerScope()) {
      Context c = torch.globalContext();
      c.setUserEnabledMkldnn(false);
      c.setUserEnabledNNPACK(false);
    }
  }

  /// A process that ends while libtorch registers its operators would have it forget them at the
  /// same time, and die of that. So Ctrl-C waits here until they are loaded.
  private static synchronized void afterLoading() {}

  /// @param threads for torch and OpenBLAS alike; 0 for all. They are the process's: the last call
  ///   wins
  static synchronized void use(int threads) {
    load();
    int n = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    if (torch.get_num_threads() != n) {
      torch.set_num_threads(n);
    }
    blas.set(n);
  }

  private static void loadByJavaCpp(Properties p, String platform) {
    // JavaCPP loads libtorch.so before it has unpacked the libtorch_cpu.so that it needs. Where the
    // system has another PyTorch, the linker then takes that one, and the process dies. Unpacked
    // beforehand, the right one lies beside it.
    boolean gpu = torch.class.getResource(PYTORCH + platform + "-gpu/") != null;
    for (String name : List.of("c10", "torch_cpu")) {
      unpacked(
          PYTORCH
              + platform
              + (gpu ? "-gpu/" : "/")
              + p.getProperty("platform.library.prefix", "")
              + name
              + p.getProperty("platform.library.suffix", ""));
    }
    Loader.load(openblas.class);
    Loader.load(torch.class);
  }

  @SuppressWarnings("restricted") // loading them is what this class is for
  private static void loadInOrder(String platform) {
    List<File> files = new ArrayList<>();
    for (String name : IN_ORDER) {
      files.add(unpacked(String.format(Locale.ROOT, name, platform)));
    }
    files.forEach(f -> System.load(f.getPath()));
  }

  /// A library of the class path as a file, which is unpacked once per machine.
  private static File unpacked(String resource) {
    try {
      File f = Loader.cacheResource(torch.class, resource);
      if (f == null) {
        throw new UnsatisfiedLinkError(resource + " is not on the class path");
      }
      return f;
    } catch (IOException e) {
      throw new UncheckedIOException("libtorch cannot be unpacked: " + e.getMessage(), e);
    }
  }

  private static void setIfAbsent(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }
}
