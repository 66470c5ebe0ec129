package org.fanin.probe;

import java.util.Optional;
import java.util.ServiceLoader;

/// Finds an [Engine] on the class path.
public final class Engines {
  /// What to tell a user without one.
  public static final String MISSING =
      "no engine to measure with: the module fanin-torch and the libtorch jars of this platform are"
          + " not on the class path; predictions need none";

  private Engines() {}

  /// The first engine that can be loaded on this machine.
  public static Optional<Engine> find() {
    return ServiceLoader.load(Engine.class).findFirst();
  }

  /// @throws IllegalStateException saying what is missing
  public static Engine require() {
    return find().orElseThrow(() -> new IllegalStateException(MISSING));
  }
}
