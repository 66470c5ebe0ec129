package org.fanin.app;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Ends the process without the farewells of its libraries: libtorch takes a tenth of a small
/// measurement's time to forget its operators one by one. Everything was written before.
final class QuickExit {
  private static volatile MethodHandle exit;

  private QuickExit() {}

  /// Looks POSIX's `_exit` up. Costs more than it saves, but for libtorch's sake and on a thread
  /// that has nothing else to do.
  @SuppressWarnings("restricted") // void _exit(int) takes no pointer
  static void prepare() {
    try {
      Linker linker = Linker.nativeLinker();
      exit =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("_exit"),
              FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
    } catch (RuntimeException | LinkageError _) {
      // a system without it: the usual way then
    }
  }

  /// @param farewell whether agents of the JVM wait for its end
  static void now(int code, boolean farewell) {
    MethodHandle quick = exit;
    if (farewell) {
      System.exit(code);
    }
    if (quick != null) {
      try {
        quick.invokeExact(code);
      } catch (Throwable _) {
        // the usual way then
      }
    }
    Runtime.getRuntime().halt(code);
  }
}
