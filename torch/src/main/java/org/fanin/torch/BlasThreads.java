package org.fanin.torch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.function.IntConsumer;

/// The number of threads of OpenBLAS, set only when it changes: the first call costs more than a
/// small measurement.
final class BlasThreads {
  private final IntConsumer setter;
  private int now = atStart();

  BlasThreads(IntConsumer setter) {
    this.setter = setter;
  }

  /// That of the OpenBLAS that is loaded.
  ///
  /// JavaCPP's own call looks the function up (`Loader.addressof`) while it walks the list of
  /// loaded libraries, and glibc takes those two locks the other way round when another thread
  /// loads a library at that moment, as the JVM does unasked: the process then hangs. So the
  /// function is taken from the libraries of this class's loader, which are those of JavaCPP too,
  /// but where somebody loads JavaCPP apart from this class.
  ///
  /// @param apart sets it where the function is not found
  static BlasThreads ofLoaded(IntConsumer apart) {
    return new BlasThreads(
        SymbolLookup.loaderLookup()
            .find("openblas_set_num_threads")
            .<IntConsumer>map(f -> n -> call(f, n))
            .orElse(apart));
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

  @SuppressWarnings("restricted") // void f(int)
  private static void call(MemorySegment f, int n) {
    try {
      MethodHandle set =
          Linker.nativeLinker().downcallHandle(f, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
      set.invokeExact(n);
    } catch (Throwable e) {
      throw new IllegalStateException("OpenBLAS does not take a number of threads", e);
    }
  }
}
