package org.fanin.torch;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// The instructions that oneDNN may use, which libtorch has for convolutions in single precision.
///
/// Its AVX-512 convolutions (3.7.1, in libtorch 2.10.0) give garbage on some machines: a 3×3 one of
/// 24 channels on 24×24 pixels does on a virtual AMD EPYC 9005, and is right with AVX2 there. So
/// AVX2 it is, unless the environment says otherwise; `OutputsTest` holds that very convolution.
final class OneDnn {
  private static final String VARIABLE = "ONEDNN_MAX_CPU_ISA";

  private OneDnn() {}

  /// Before libtorch is loaded: oneDNN reads its environment once. Where the C library has no
  /// setenv (Windows) there is nothing to be done.
  @SuppressWarnings("restricted") // int setenv(const char *, const char *, int)
  static void limit() {
    if (System.getenv(VARIABLE) != null) {
      return; // spares the linker's start, too
    }
    Optional<MemorySegment> setenv = Linker.nativeLinker().defaultLookup().find("setenv");
    if (setenv.isEmpty()) {
      return;
    }
    MethodHandle set =
        Linker.nativeLinker()
            .downcallHandle(
                setenv.get(),
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT));
    try (Arena a = Arena.ofConfined()) {
      int keepsWhatIsSet = 0;
      int _ =
          (int) set.invokeExact(a.allocateFrom(VARIABLE), a.allocateFrom("AVX2"), keepsWhatIsSet);
    } catch (Throwable e) {
      throw new IllegalStateException("setenv " + VARIABLE, e);
    }
  }
}
