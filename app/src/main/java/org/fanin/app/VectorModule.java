package org.fanin.app;

/// Loads the Vector API when weights are to be drawn, and not before: `--add-modules` would cost
/// every command its share of start-up, and print a warning about incubator modules that no user
/// can act on. The JDK loads modules at run time itself (agents, management); `./fanin` exports
/// that entry to us and switches the compiler's part on with `-XX:+EnableVectorSupport`.
final class VectorModule {
  private static final String NAME = "jdk.incubator.vector";

  private VectorModule() {}

  /// To be called before the first class of `org.fanin.fill`.
  ///
  /// @return whether the module is there; without it weights are the same, and slower to make
  static boolean load() {
    if (ModuleLayer.boot().findModule(NAME).isPresent()) {
      return true;
    }
    try {
      Class.forName("jdk.internal.module.Modules")
          .getMethod("loadModule", String.class)
          .invoke(null, NAME);
      return true;
    } catch (ReflectiveOperationException _) {
      return false;
    }
  }
}
