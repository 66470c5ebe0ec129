package org.fanin.app;

/// This program's version, from the manifest of its jar.
final class Version {
  private Version() {}

  static String text() {
    String v = Version.class.getPackage().getImplementationVersion();
    return v == null ? "development build" : v;
  }
}
