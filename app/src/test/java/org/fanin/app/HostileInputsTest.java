package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever a file holds and whichever option names it: a result, or one line and exit code 4.
class HostileInputsTest {
  private static final String MODEL = Run.example("mlp5_relu_default");

  @TempDir private Path dir;

  /// By the name of the file.
  private static Map<String, byte[]> odd() throws IOException {
    Map<String, byte[]> all = new LinkedHashMap<>();
    byte[] model = Files.readAllBytes(Path.of(MODEL));
    byte[] samples = Files.readAllBytes(Path.of(MODEL).resolveSibling("mlp5_relu_default.io.npz"));
    all.put("empty", new byte[0]);
    all.put("zeros", new byte[5000]);
    all.put("text", text("no file of weights\n"));
    all.put("brace", text("{"));
    all.put("object", text("{}"));
    all.put("null", text("null"));
    all.put("list", text("[1, 2"));
    all.put("deep", text("[".repeat(100_000)));
    all.put("deepmap", text("{\"a\":".repeat(20_000)));
    all.put("number", text("{\"w\": [1e999, -3]}"));
    all.put("huge", text("{\"w\": [9223372036854775807, 2]}"));
    all.put("nameless", text("{\"\": [3, 4]}"));
    all.put("yaml", text("recipe: [&a *a]\nx: !!java.lang.Runtime {}\n"));
    all.put("yamldeep", text("a: ".repeat(5_000) + "1"));
    all.put("plan", text("fanin.plan/1: x\nformat: fanin.plan/1\ntensors: 3\n"));
    all.put("csv", text("a,b\n1,2\n\"3\n"));
    all.put("notutf8", new byte[] {(byte) 0xff, (byte) 0xfe, 1, 2, 3});
    all.put("model.half", java.util.Arrays.copyOf(model, model.length / 2));
    all.put("npz.half", java.util.Arrays.copyOf(samples, samples.length / 2));
    all.put("npz.crc", flipped(samples, samples.length / 3));
    all.put("model.flip", flipped(model, 40));
    all.put("npy", text("\u0093NUMPY\u0001\u0000v\u0000{'descr': '<f4', 'shape': (9999999999,)}"));
    all.put("idx", new byte[] {0, 0, 8, 3, 127, -1, -1, -1, 127, -1, -1, -1, 0, 0, 0, 9});
    all.put("pickle", new byte[] {(byte) 0x80, 2, 'c', 'o', 's', '\n', 's', '\n', '.'});
    all.put("F4", tensors("{'w':{'dtype':'F4','shape':[8,8],'data_offsets':[0,32]}}", 32));
    all.put("Q9", tensors("{'w':{'dtype':'Q9','shape':[8,8],'data_offsets':[0,32]}}", 32));
    all.put("noname", tensors("{'':{'dtype':'F32','shape':[8],'data_offsets':[0,32]}}", 32));
    all.put("hole", tensors("{'w':{'dtype':'F32','shape':[8],'data_offsets':[4,36]}}", 36));
    all.put("index", text("{\"weight_map\": {\"w\": \"../x.safetensors\"}}"));
    all.put("self", text("{\"weight_map\": {\"w\": \"self\"}}"));
    return all;
  }

  private static byte[] text(String s) {
    return s.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] flipped(byte[] of, int at) {
    byte[] r = of.clone();
    r[at] ^= 0x55;
    return r;
  }

  private static byte[] tensors(String head, int bytes) {
    return tensors(head, bytes, head.length());
  }

  /// @param wide length of the head, filled with blanks
  private static byte[] tensors(String head, int bytes, int wide) {
    byte[] json = text(head.replace('\'', '"') + " ".repeat(wide - head.length()));
    return ByteBuffer.allocate(8 + wide + bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(wide)
        .put(json)
        .array();
  }

  /// FILE stands for the odd file; the ending is what some options go by.
  private static List<List<String>> commands(String out) {
    List<List<String>> all = new ArrayList<>();
    all.add(List.of("onnx", "check", "FILE", "--no-measure"));
    all.add(List.of("onnx", "audit", "FILE"));
    all.add(List.of("onnx", "explain", "FILE", "--layer", "0"));
    all.add(List.of("onnx", "init", "FILE", "-o", out + ".onnx"));
    all.add(List.of("json", "init", "FILE", "-o", out + ".npz", "--recipe", "he-normal"));
    all.add(List.of("safetensors", "init", "--like", "FILE", "-o", out, "--recipe", "he-normal"));
    all.add(List.of("yaml", "init", MODEL, "-o", out + ".onnx", "--recipe", "FILE"));
    for (String kind : List.of("npz", "csv", "npy")) {
      all.add(List.of(kind, "check", MODEL, "--no-measure", "--input", "FILE"));
      all.add(List.of(kind, "init", MODEL, "-o", out + ".onnx", "--data", "FILE"));
    }
    return all;
  }

  static Stream<String> names() throws IOException {
    return odd().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void oneLineOrAResult(String name) throws IOException {
    byte[] bytes = odd().get(name);
    int number = 0;
    for (List<String> c : commands(dir.resolve("out").toString())) {
      Path file = dir.resolve(name + number++ + "." + c.getFirst());
      Files.write(file, bytes);
      String[] args =
          c.stream()
              .skip(1)
              .map(w -> w.equals("FILE") ? file.toString() : w)
              .toArray(String[]::new);
      Run r = Run.of(args);
      assertTrue(Set.of(0, 3, 4).contains(r.code()), () -> c + " " + r);
      assertEquals(r.code() == 4 ? 1 : 0, r.err().lines().count(), () -> c + " " + r);
      assertFalse(r.err().contains("\tat ") || r.err().contains("Exception"), () -> c + " " + r);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/zero", "/dev/urandom", "/dev/null"})
  void devicesEndAtOnce(String device) throws IOException {
    for (List<String> c : commands(dir.resolve("out").toString())) {
      Path link = dir.resolve("device." + c.getFirst());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, Path.of(device));
      Run r =
          Run.of(
              c.stream()
                  .skip(1)
                  .map(w -> w.equals("FILE") ? link.toString() : w)
                  .toArray(String[]::new));
      assertEquals(4, r.code(), () -> c + " " + r);
      assertEquals(1, r.err().lines().count(), () -> c + " " + r);
    }
  }

  /// Its length begins as a pickle does: 80 02.
  @ParameterizedTest
  @ValueSource(ints = {640, 896, 1152})
  void aHeadWhoseLengthLooksLikeAPickle(int wide) throws IOException {
    String head = "{'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}";
    Path file = Files.write(dir.resolve("w.safetensors"), tensors(head, 8, wide));
    Run r = Run.of("audit", file.toString());
    assertTrue(r.out().contains("1 tensor"), r::toString);
    assertFalse(r.code() == 4, r::toString);
  }

  /// What is kept is copied while the output is written, and only then found to be damaged.
  @Test
  void keptValuesWithAWrongChecksum() throws IOException {
    var zipped = new java.io.ByteArrayOutputStream();
    try (var zip = new java.util.zip.ZipOutputStream(zipped)) {
      zip.putNextEntry(new java.util.zip.ZipEntry("a.weight.npy"));
      zip.write(array("<f4", "(4, 4)", 64));
      zip.putNextEntry(new java.util.zip.ZipEntry("steps.npy"));
      zip.write(array("<i8", "(4,)", 32));
    }
    byte[] bytes = zipped.toByteArray();
    String all = new String(bytes, StandardCharsets.ISO_8859_1);
    int entry = all.lastIndexOf("steps.npy") - 46; // in the directory, its checksum at 16
    Path bad = Files.write(dir.resolve("bad.npz"), flipped(bytes, entry + 16));
    Path out = dir.resolve("out.safetensors");
    Run r = Run.of("init", bad.toString(), "-o", out.toString(), "--recipe", "he-normal");
    assertEquals(4, r.code(), r::toString);
    assertEquals(1, r.err().lines().count(), r::toString);
    assertFalse(Files.exists(out));
  }

  private static byte[] array(String type, String shape, int bytes) {
    String head = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + "}";
    byte[] padded = text(head + " ".repeat(117 - head.length()) + "\n");
    return ByteBuffer.allocate(10 + padded.length + bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(text("\u0093NUMPY\u0001\u0000"))
        .putShort((short) padded.length)
        .put(padded)
        .array();
  }

  /// A page that the file has lost while it is mapped: the JVM throws an error of its own.
  @Test
  void aMappedFileThatShrinks() throws IOException {
    Path file = Files.write(dir.resolve("w.bin"), new byte[1 << 20]);
    java.io.ByteArrayOutputStream err = new java.io.ByteArrayOutputStream();
    Console console =
        new Console(
            new java.io.PrintStream(java.io.OutputStream.nullOutputStream()),
            new java.io.PrintStream(err, true, StandardCharsets.UTF_8),
            java.io.InputStream.nullInputStream(),
            Map.of(),
            false);
    ExitCode code =
        Main.guarded(
            () -> {
              try (Arena arena = Arena.ofConfined();
                  FileChannel c =
                      FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                MemorySegment map = c.map(FileChannel.MapMode.READ_ONLY, 0, c.size(), arena);
                c.truncate(0);
                long sum = 0;
                for (long i = 0; i < map.byteSize(); i++) {
                  sum += map.get(ValueLayout.JAVA_BYTE, i);
                }
                return sum == 0 ? ExitCode.OK : ExitCode.UNHEALTHY;
              }
            },
            console);
    assertEquals(ExitCode.UNREADABLE, code);
    assertEquals("fanin: " + Main.CUT_SHORT, err.toString(StandardCharsets.UTF_8).strip());
  }

  @Test
  void errorsOfThePlanNameThePlan() throws IOException {
    Run r = Run.of("init", MODEL, "--plan-only", "--plan", dir.toString());
    assertEquals(2, r.code(), r::toString);
    assertTrue(r.err().startsWith("fanin: --plan: "), r::toString);
  }
}
