package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher's options give vectors without a word from the JVM; without them there are none,
/// and no failure.
class VectorModuleTest {
  public static void main(String[] args) throws ReflectiveOperationException {
    System.out.println(VectorModule.load());
    System.out.println(isVectorApiThere());
  }

  private static boolean isVectorApiThere() {
    try {
      Class.forName("jdk.incubator.vector.IntVector");
      return true;
    } catch (ClassNotFoundException _) {
      return false;
    }
  }

  @Test
  void loadsSilently(@TempDir Path dir) throws Exception {
    String launcher = Files.readString(Path.of("../fanin"));
    List<String> options = new ArrayList<>();
    for (String o : launcher.split("[\\s()]+")) {
      if (o.contains("EnableVectorSupport")
          || o.contains("UnlockExperimental")
          || o.startsWith("--add-exports")) {
        options.add(o);
      }
    }
    assertEquals(3, options.size(), "the launcher's options");
    assertEquals(List.of("true", "true"), run(dir, options));
    assertEquals(List.of("false", "false"), run(dir, List.of()));
  }

  /// HotSpot leaves AVX-512 unused on servers that have it without VBMI (Skylake, stepping 4).
  @Test
  void longVectorsAreAskedForWhereTheJvmWouldNotUseThem(@TempDir Path dir) throws Exception {
    String skylake = "avx2 avx512f avx512dq avx512cd avx512bw avx512vl";
    assertEquals(List.of("-XX:UseAVX=3"), vectorFlags(dir, skylake));
    assertEquals(List.of("-XX:UseAVX=3"), vectorFlags(dir, "fpu " + skylake + " pku"));
    assertEquals(List.of(), vectorFlags(dir, skylake + " avx512vbmi avx512_vnni"));
    assertEquals(List.of(), vectorFlags(dir, "fpu avx avx2 fma"));
    assertEquals(List.of(), vectorFlags(dir, "avx2 avx512f avx512cd avx512er avx512pf"));
    assertEquals(List.of(), vectorFlags(dir, ""));
    assertTrue(Files.readString(Path.of("../fanin")).contains("/tools/cpu.sh"));
  }

  /// What the launcher's function says of a processor with these flags.
  private static List<String> vectorFlags(Path dir, String flags) throws Exception {
    Path info = dir.resolve("cpuinfo");
    Path out = dir.resolve("flags");
    Files.writeString(
        info, "processor\t: 0\nmodel name\t: a processor\nflags\t\t: " + flags + "\n\n");
    Process p =
        new ProcessBuilder(
                "bash",
                "-uc",
                ". ../tools/cpu.sh; vector_flags \"$0\"; echo $REPLY",
                info.toString())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    assertEquals(0, p.waitFor());
    return Files.readAllLines(out).stream().filter(l -> !l.isEmpty()).toList();
  }

  private static List<String> run(Path dir, List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), VectorModuleTest.class.getName()));
    Path out = dir.resolve("out");
    Process p =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    assertEquals(0, p.waitFor());
    return Files.readAllLines(out);
  }
}
