package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {
  @TempDir Path temp;

  private final TestTensors tensors = new TestTensors();
  private static final WriteOptions SMALL =
      WriteOptions.defaults()
          .blockBytes(4096)
          .threads(2)
          .provenance(Map.of("seed", "42", "recipe", "he-normal"));

  private List<String> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  /// The bytes a tensor should have, made without the writer.
  private static byte[] expected(TensorOut t) {
    int width = t.dtype().bytes();
    ByteBuffer b = ByteBuffer.allocate((int) t.bytes() + 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < t.shape().count(); i++) {
      b.putLong(i * width, TestTensors.element(t.name(), t.dtype(), i));
    }
    return Arrays.copyOf(b.array(), (int) t.bytes());
  }

  private static void sameTensors(List<TensorOut> want, Map<String, Safetensors.Entry> found) {
    assertEquals(want.size(), found.size());
    for (TensorOut t : want) {
      Safetensors.Entry e = found.get(t.name());
      assertEquals(t.shape().toList(), e.shape());
      assertArrayEquals(expected(t), e.data(), t.name());
    }
  }

  @Test
  void oneFileReadsBack() throws Exception {
    Path file = temp.resolve("m.safetensors");
    WriteReport report = SafetensorsWriter.write(file, tensors.mixed(), SMALL);
    Safetensors read = Safetensors.read(file);
    sameTensors(tensors.mixed(), read.tensors());
    assertEquals(
        Map.of("fanin.seed", "42", "fanin.recipe", "he-normal", "format", "pt"), read.metadata());
    assertEquals("F8_E4M3", read.tensors().get("odd").dtype());
    assertEquals("BOOL", read.tensors().get("flag").dtype());
    byte[] bytes = Files.readAllBytes(file);
    String sha = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    assertEquals(List.of(new WriteReport.Written(file, bytes.length, sha)), report.files());
    assertEquals(List.of("m.safetensors"), files(temp));
    assertEquals(0, tensors.open.get(), "fills left open");
  }

  /// Wide elements first, so every tensor starts at a multiple of its element.
  @Test
  void tensorsAreAligned() throws Exception {
    Path file = temp.resolve("m.safetensors");
    SafetensorsWriter.write(file, tensors.mixed(), SMALL);
    long at = 0;
    for (Safetensors.Entry e : Safetensors.read(file).tensors().values()) {
      long count = e.shape().stream().reduce(1L, (a, b) -> a * b);
      assertEquals(0, count == 0 ? 0 : at % (e.data().length / count));
      at += e.data().length;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void bytesDoNotDependOnThreadsOrBlocks(int threads) throws Exception {
    Path file = temp.resolve("m.safetensors");
    SafetensorsWriter.write(file, tensors.mixed(), SMALL.blockBytes(1 << 20));
    byte[] want = Files.readAllBytes(file);
    SafetensorsWriter.write(file, tensors.mixed(), SMALL.threads(threads).force(true));
    assertArrayEquals(want, Files.readAllBytes(file));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 5000, 20_000, 1L << 40})
  void shardsHoldTheSameTensors(long shardBytes) throws Exception {
    Path folder = temp.resolve("model");
    SafetensorsWriter.writeSharded(folder, tensors.mixed(), shardBytes, SMALL);
    Map<String, Safetensors.Entry> all = new LinkedHashMap<>();
    Map<String, String> index = index(folder);
    for (String name : files(folder)) {
      if (!name.endsWith(".json")) {
        Safetensors shard = Safetensors.read(folder.resolve(name));
        long bytes = shard.tensors().values().stream().mapToLong(e -> e.data().length).sum();
        assertTrue(bytes <= shardBytes || shard.tensors().size() == 1, name + ": " + bytes);
        shard.tensors().keySet().forEach(t -> assertEquals(name, index.get(t)));
        all.putAll(shard.tensors());
      }
    }
    sameTensors(tensors.mixed(), all);
    assertEquals(all.keySet(), index.keySet());
    int shards = files(folder).size() - 1;
    String first = String.format(Locale.ROOT, "model-00001-of-%05d.safetensors", shards);
    assertEquals(first, files(folder).getFirst());
    assertEquals(shardBytes > 1 << 30, shards == 1);
  }

  private static Map<String, String> index(Path folder) throws IOException {
    Map<String, String> map = new LinkedHashMap<>();
    try (JsonParser p =
        new JsonFactory().createParser(folder.resolve("model.safetensors.index.json").toFile())) {
      while (p.nextToken() != null) {
        if (p.currentToken() == JsonToken.VALUE_STRING) {
          map.put(p.currentName(), p.getText());
        } else if (p.currentToken() == JsonToken.VALUE_NUMBER_INT) {
          assertEquals("total_size", p.currentName());
        }
      }
    }
    return map;
  }

  /// A matrix fill holds a matrix: many tensors must not be held at once.
  @Test
  void fillsAreOpenOnlyWhileTheirTensorIsWritten() throws Exception {
    List<TensorOut> many = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      many.add(tensors.of("t" + i, DType.F32, 64, 64));
    }
    SafetensorsWriter.write(temp.resolve("m.safetensors"), many, SMALL);
    assertEquals(60, tensors.opened.get());
    assertEquals(0, tensors.open.get());
    // 2 threads and 2 spare blocks of 4 KiB, tensors of 16 KiB
    assertTrue(tensors.mostOpen.get() <= 4, "open at once: " + tensors.mostOpen.get());
  }

  @Test
  void refusesWhatIsThere() throws Exception {
    Path file = temp.resolve("m.safetensors");
    Files.writeString(file, "mine");
    var e =
        assertThrows(
            FileSystemException.class, () -> SafetensorsWriter.write(file, tensors.mixed(), SMALL));
    assertTrue(e.getReason().contains("--force"), e.getReason());
    assertEquals("mine", Files.readString(file));
    SafetensorsWriter.write(file, tensors.mixed(), SMALL.force(true));
    assertTrue(Files.size(file) > 1000);

    Path folder = temp.resolve("model");
    SafetensorsWriter.writeSharded(folder, tensors.mixed(), 5000, SMALL);
    Files.writeString(folder.resolve("config.json"), "{}");
    for (boolean resume : new boolean[] {false, true}) {
      e =
          assertThrows(
              FileSystemException.class,
              () ->
                  SafetensorsWriter.writeSharded(
                      folder, tensors.mixed(), 5000, SMALL.resume(resume)));
      assertTrue(e.getReason().contains("--force"), e.getReason());
    }
    SafetensorsWriter.writeSharded(folder, tensors.mixed(), 1L << 40, SMALL.force(true));
    assertEquals(
        List.of("config.json", "model-00001-of-00001.safetensors", "model.safetensors.index.json"),
        files(folder));
  }

  @Test
  void failureLeavesTheOldFileAndNothingElse() throws Exception {
    Path file = temp.resolve("m.safetensors");
    Files.writeString(file, "mine");
    List<TensorOut> bad = new ArrayList<>(tensors.mixed());
    bad.add(
        new TensorOut(
            "bad",
            DType.F32,
            Shape.of(100),
            () -> {
              throw new IllegalStateException("no such fill");
            }));
    for (WriteOptions o : List.of(SMALL, SMALL.threads(7))) {
      var e =
          assertThrows(
              IllegalStateException.class, () -> SafetensorsWriter.write(file, bad, o.force(true)));
      assertEquals("no such fill", e.getMessage());
    }
    assertEquals("mine", Files.readString(file));
    assertEquals(List.of("m.safetensors"), files(temp));
    assertEquals(0, tensors.open.get());
  }

  @Test
  void aFillOfAnotherSizeIsOurFault() {
    TensorOut small = tensors.of("a", DType.F32, 3);
    TensorOut lies = new TensorOut("a", DType.F32, Shape.of(4), small.fill());
    assertThrows(
        IllegalStateException.class,
        () -> SafetensorsWriter.write(temp.resolve("x"), List.of(lies), SMALL));
    assertEquals(0, tensors.open.get());
  }

  @Test
  void refusesNamesThatCannotBe() {
    TensorOut a = tensors.of("a", DType.F32, 3);
    TensorOut m = tensors.of("__metadata__", DType.F32, 3);
    for (List<TensorOut> bad : List.of(List.of(a, a), List.of(m))) {
      assertThrows(
          IllegalArgumentException.class,
          () -> SafetensorsWriter.write(temp.resolve("x"), bad, SMALL));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> SafetensorsWriter.writeSharded(temp.resolve("y"), List.of(a), 0, SMALL));
    assertThrows(IllegalArgumentException.class, () -> tensors.of("a", DType.OTHER, 1));
    assertFalse(Files.exists(temp.resolve("y")));
  }

  /// 2^55 bytes are on no disk; nothing may be left behind, not even a journal.
  @Test
  void spaceIsCheckedFirst() throws Exception {
    TensorOut huge =
        new TensorOut(
            "huge",
            DType.F32,
            Shape.of(1L << 53),
            () -> {
              throw new IllegalStateException("opened");
            });
    Path folder = temp.resolve("model");
    for (int i = 0; i < 2; i++) {
      var e =
          assertThrows(
              FileSystemException.class,
              () -> SafetensorsWriter.writeSharded(folder, List.of(huge), 1 << 30, SMALL));
      assertTrue(e.getReason().contains("36.0 PB to write"), e.getReason());
    }
    assertEquals(List.of(), files(folder));
  }

  @Test
  void progressReachesTheEnd() throws Exception {
    List<Long> seen = new ArrayList<>();
    Path file = temp.resolve("m.safetensors");
    SafetensorsWriter.write(
        file,
        tensors.mixed(),
        SMALL.progress((done, total, _) -> seen.addAll(List.of(done, total))));
    assertEquals(Files.size(file), seen.getLast());
    assertEquals(Files.size(file), seen.get(seen.size() - 2));
  }

  /// A span of a file is what the file has there: also where elements are cut and addresses odd.
  @Test
  void anySpanOfAnImage() throws Exception {
    List<Part> parts = new ArrayList<>(List.of(Part.Literal.of(new byte[] {1, 2, 3})));
    tensors.mixed().forEach(t -> parts.add(new Part.Filled(t)));
    parts.add(new Part.Zeros(5));
    FileImage image = new FileImage(parts);
    byte[] whole = span(image, 0, (int) image.length(), 0);
    for (int i = 0; i < 300; i++) {
      int at = (int) ((i * 7919L) % image.length());
      int n = (int) Math.min(1 + (i * 613) % 70_000, image.length() - at);
      assertArrayEquals(
          Arrays.copyOfRange(whole, at, at + n), span(image, at, n, i % 9), at + "+" + n);
    }
    image.closeAll();
  }

  private static byte[] span(FileImage image, long at, int n, int offset) throws IOException {
    try (var arena = java.lang.foreign.Arena.ofConfined()) {
      var out = arena.allocate(n + offset, 64).asSlice(offset, n);
      image.render(at, out);
      return out.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }
  }

  @Test
  void unusedFillsAreNeverOpened() throws Exception {
    TensorOut empty =
        new TensorOut(
            "empty",
            DType.F32,
            Shape.of(0),
            () -> {
              throw new IllegalStateException("an empty tensor has nothing to fill");
            });
    Path file = temp.resolve("m.safetensors");
    SafetensorsWriter.write(file, List.of(empty), SMALL);
    assertEquals(0, Safetensors.read(file).tensors().get("empty").data().length);
  }
}
