package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.fanin.formats.HostileModels.Mutant;
import org.fanin.formats.HostileMutations;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Networks with a node rewired, dropped, doubled or changed: every command ends in a result or in
/// one line.
class HostileNetworksTest {
  @TempDir private Path dir;

  @Test
  void oneLineOrAResult() throws IOException {
    List<Mutant> all = HostileMutations.all();
    assertTrue(all.size() > 300, "only " + all.size());
    List<String> bad = new ArrayList<>();
    for (Mutant m : all) {
      String file = m.writeTo(dir).toString();
      String out = dir.resolve("out.onnx").toString();
      look(bad, m, Run.of("check", file, "--no-measure"));
      look(bad, m, Run.of("audit", file));
      Run init = Run.of("init", file, "-o", out, "--seed", "1");
      look(bad, m, init);
      assertEquals(init.code() == 0, Files.deleteIfExists(Path.of(out)), m.name() + " " + init);
    }
    assertEquals(List.of(), bad);
  }

  /// A sound network is drawn, whatever its operators.
  @Test
  void soundOnesAreWritten() throws IOException {
    for (Mutant m : HostileMutations.all()) {
      if (m.name().endsWith("-sound")) {
        String file = m.writeTo(dir).toString();
        Run r = Run.of("init", file, "-o", dir.resolve(m.name() + ".out.onnx").toString());
        assertEquals(0, r.code(), () -> m.name() + " " + r);
      }
    }
  }

  private static void look(List<String> bad, Mutant m, Run r) {
    boolean lines = r.err().lines().count() == (r.code() == 4 ? 1 : 0);
    boolean trace = r.err().contains("\tat ") || r.err().contains("Exception");
    if (!Set.of(0, 3, 4).contains(r.code()) || !lines || trace) {
      bad.add(m.name() + ": exit " + r.code() + " " + r.err().lines().findFirst().orElse(""));
    }
    assertFalse(r.err().contains("internal error") && r.code() == 0, m.name());
  }
}
