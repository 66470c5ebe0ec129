package org.fanin.torch;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/// The number of threads of OpenBLAS, set only when it changes: the first call costs more than a
/// small measurement.
final class BlasThreads {
  private final IntConsumer setter;
  private int now = atStart();

  BlasThreads(IntConsumer setter) {
    this.setter = setter;
  }

  /// That of the library in this file, which is loaded.
  static BlasThreads of(Path library) {
    return new BlasThreads(n -> call(library, n));
  }

  void set(int n) {
    if (n != now) {
      setter.accept(n);
      now = n;
    }
  }

  /// What OpenBLAS begins with; 0 when that is not known.
  private static int atStart() {
    try {
      return Integer.parseInt(System.getenv().getOrDefault("OPENBLAS_NUM_THREADS", "0"));
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  @SuppressWarnings("restricted") // void openblas_set_num_threads(int)
  private static void call(Path library, int n) {
    try {
      MethodHandle set =
          Linker.nativeLinker()
              .downcallHandle(
                  SymbolLookup.libraryLookup(library, Arena.global())
                      .findOrThrow("openblas_set_num_threads"),
                  FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
      set.invokeExact(n);
    } catch (Throwable e) {
      throw new IllegalStateException("OpenBLAS does not take a number of threads", e);
    }
  }
}
