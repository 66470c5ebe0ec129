package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BlasThreadsTest {
  @AfterEach
  void all() {
    Natives.use(0);
  }

  @Test
  void openBlasTakesTheNumberAsTorchDoes() throws Throwable {
    for (int n : new int[] {2, 1, 2}) {
      Natives.use(n);
      assertEquals(n, openBlasThreads());
    }
  }

  /// JavaCPP's lookup of the function can hang the process, so it stays the last resort.
  @Test
  void theFunctionIsFoundWithoutJavaCpp() {
    Natives.load();
    BlasThreads found = BlasThreads.ofLoaded(_ -> fail("asked JavaCPP"));
    found.set(1);
  }

  @SuppressWarnings("restricted") // int openblas_get_num_threads()
  private static int openBlasThreads() throws Throwable {
    MethodHandle get =
        Linker.nativeLinker()
            .downcallHandle(
                SymbolLookup.loaderLookup().findOrThrow("openblas_get_num_threads"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT));
    return (int) get.invokeExact();
  }
}
