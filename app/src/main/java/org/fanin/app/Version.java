package org.fanin.app;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/// This program's version, from the manifest of its jar, and the commit that it was built from, as
/// the build writes it into a resource.
final class Version {
  private static final String RESOURCE = "build.properties";

  private Version() {}

  static String text() {
    String v = Version.class.getPackage().getImplementationVersion();
    return v == null ? "development build" : v;
  }

  /// What `--version` prints.
  static String line() {
    return "fanin " + text() + " (" + commit() + ")" + System.lineSeparator();
  }

  private static String commit() {
    try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
      Properties p = new Properties();
      if (in != null) {
        p.load(in);
      }
      return words(p.getProperty("commit", ""));
    } catch (IOException _) {
      return words("");
    }
  }

  /// @param commit as the build found it: empty in a tree without git, `-dirty` behind it when
  ///   files differed
  static String words(String commit) {
    if (!commit.matches("[0-9a-f]{7,64}(-dirty)?")) {
      return "unknown commit";
    }
    return commit.endsWith("-dirty")
        ? "commit " + commit.substring(0, commit.length() - "-dirty".length()) + " with changes"
        : "commit " + commit;
  }
}
