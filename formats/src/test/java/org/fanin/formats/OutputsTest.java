package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputsTest {
  @TempDir Path temp;

  private static Outputs.ByteWriter text(String s) {
    return out -> out.write(s.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(temp)) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void writesAndReplaces() throws Exception {
    Path target = temp.resolve("out.json");
    Outputs.writeAtomically(target, text("one"));
    Outputs.writeAtomically(target, text("two"));
    assertEquals("two", Files.readString(target));
    assertEquals(List.of("out.json"), files());
  }

  @Test
  void failureLeavesTheOldFileAndNothingElse() throws Exception {
    Path target = temp.resolve("out.json");
    Outputs.writeAtomically(target, text("old"));
    assertThrows(
        IOException.class,
        () ->
            Outputs.writeAtomically(
                target,
                out -> {
                  out.write(new byte[1 << 20]);
                  throw new IOException("disk full");
                }));
    assertEquals("old", Files.readString(target));
    assertEquals(List.of("out.json"), files());
    assertThrows(
        IllegalStateException.class,
        () ->
            Outputs.writeAtomically(
                temp.resolve("new"),
                _ -> {
                  throw new IllegalStateException("ours");
                }));
    assertEquals(List.of("out.json"), files());
  }

  @Test
  void theTargetIsWholeWhileItIsReplaced() throws Exception {
    Path target = temp.resolve("out.json");
    Outputs.writeAtomically(target, text("old"));
    Outputs.writeAtomically(
        target,
        out -> {
          out.write('n');
          out.flush();
          assertEquals("old", Files.readString(target));
        });
    assertEquals("n", Files.readString(target));
  }

  @Test
  void refusesFoldersAndMissingFolders() throws Exception {
    IOException folder =
        assertThrows(IOException.class, () -> Outputs.writeAtomically(temp, text("")));
    assertTrue(folder.getMessage().contains("is a folder"));
    Path nowhere = temp.resolve("no/such/out.json");
    assertThrows(IOException.class, () -> Outputs.writeAtomically(nowhere, text("")));
    assertFalse(Files.exists(nowhere.getParent()));
  }

  @Test
  void followsLinks() throws Exception {
    Path real = temp.resolve("real.json");
    Files.writeString(real, "old");
    Path link = temp.resolve("link.json");
    try {
      Files.createSymbolicLink(link, real);
    } catch (UnsupportedOperationException | IOException _) {
      return; // no links on this system
    }
    Outputs.writeAtomically(link, text("new"));
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("new", Files.readString(real));
  }
}
