package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import org.fanin.probe.Engine;
import org.junit.jupiter.api.Test;

class EngineAheadTest {
  /// An engine that can do nothing but fail to load.
  private static Engine failing(Error why) {
    return (Engine)
        Proxy.newProxyInstance(
            Engine.class.getClassLoader(),
            new Class<?>[] {Engine.class},
            (_, method, _) -> {
              if (method.getName().equals("prepare")) {
                throw why;
              }
              throw new IllegalStateException(method + " although it did not load");
            });
  }

  private static String reason(Error why) {
    try (EngineAhead ahead = EngineAhead.start(() -> Optional.of(failing(why)))) {
      return assertThrows(EngineAhead.Unusable.class, ahead::get).getMessage();
    }
  }

  @Test
  void aLibraryThatDoesNotLoadIsOneSentenceWithoutFolders() {
    String cpu = "/home/u/.javacpp/cache/pytorch.jar/org/bytedeco/linux-x86_64/libtorch_cpu.so";
    assertEquals(
        "libtorch does not load: libtorch_cpu.so: invalid ELF header",
        reason(new UnsatisfiedLinkError(cpu + ": " + cpu + ": invalid ELF header")));
    assertEquals(
        "libtorch does not load: libtorch_cpu.so: libc.so.6: version `GLIBC_2.34' not found"
            + " (required by libtorch_cpu.so)",
        reason(
            new UnsatisfiedLinkError(
                cpu
                    + ": /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required"
                    + " by "
                    + cpu
                    + ")\nand more")));
    assertEquals(
        "libtorch does not load: org.bytedeco.X not found",
        reason(new NoClassDefFoundError("org.bytedeco.X not found")));
  }

  @Test
  void aBrokenServiceFileIsNoCrash() {
    try (EngineAhead ahead =
        EngineAhead.start(
            () -> {
              throw new ServiceConfigurationError("org.fanin.probe.Engine: not a provider");
            })) {
      assertTrue(
          assertThrows(EngineAhead.Unusable.class, ahead::get)
              .getMessage()
              .endsWith("org.fanin.probe.Engine: not a provider"));
    }
  }

  @Test
  void noneIsNone() throws EngineAhead.Unusable {
    try (EngineAhead ahead = EngineAhead.start(Optional::empty)) {
      assertTrue(ahead.get().isEmpty());
    }
  }
}
