package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.fanin.tensor.DType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Writes that end early and are continued.
class ResumeTest {
  private static final String JOURNAL = ".fanin-progress";
  private static final long SHARD = 40_000;

  @TempDir Path temp;
  private Path folder;
  private Map<String, byte[]> whole;

  private static final WriteOptions SMALL =
      WriteOptions.defaults()
          .blockBytes(4096)
          .threads(2)
          .journalFrom(0)
          .provenance(Map.of("seed", "42"));

  static List<TensorOut> tensors() {
    TestTensors t = new TestTensors();
    List<TensorOut> all = new ArrayList<>(t.mixed());
    for (int i = 0; i < 5; i++) {
      all.add(t.of("layer." + i, DType.F32, 90, 97));
    }
    return all;
  }

  private static Map<String, byte[]> contents(Path folder) throws IOException {
    Map<String, byte[]> all = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path p : files.toList()) {
        all.put(p.getFileName().toString(), Files.readAllBytes(p));
      }
    }
    return all;
  }

  private static void same(Map<String, byte[]> want, Map<String, byte[]> found) {
    assertEquals(want.keySet(), found.keySet());
    want.forEach((name, bytes) -> assertArrayEquals(bytes, found.get(name), name));
  }

  @BeforeEach
  void reference() throws IOException {
    Path reference = temp.resolve("reference");
    SafetensorsWriter.writeSharded(reference, tensors(), SHARD, SMALL);
    whole = contents(reference);
    folder = temp.resolve("model");
  }

  /// The tensors, of which one cannot be made: a write of them ends there, as on a full disk.
  private static List<TensorOut> brokenAt(int k) {
    List<TensorOut> all = new ArrayList<>(tensors());
    TensorOut t = all.get(k);
    all.set(
        k,
        new TensorOut(
            t.name(),
            t.dtype(),
            t.shape(),
            () -> {
              throw new IllegalStateException("stopped");
            }));
    return all;
  }

  private void writeUntil(int tensor) {
    var e =
        assertThrows(
            IllegalStateException.class,
            () -> SafetensorsWriter.writeSharded(folder, brokenAt(tensor), SHARD, SMALL));
    assertEquals("stopped", e.getMessage());
  }

  private WriteReport resume() throws IOException {
    return SafetensorsWriter.writeSharded(folder, tensors(), SHARD, SMALL.resume(true));
  }

  private FileSystemException refused(List<TensorOut> tensors, long shard, WriteOptions options) {
    return assertThrows(
        FileSystemException.class,
        () -> SafetensorsWriter.writeSharded(folder, tensors, shard, options));
  }

  private Path shard(int i) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(p -> p.getFileName().toString().startsWith("model-0000" + i))
          .findFirst()
          .orElseThrow();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 9, 11, 14})
  void anUnfinishedWriteIsContinued(int tensor) throws Exception {
    writeUntil(tensor);
    assertFalse(Files.exists(folder.resolve("model.safetensors.index.json")));
    if (Files.exists(folder.resolve(JOURNAL))) {
      assertTrue(refused(tensors(), SHARD, SMALL).getReason().contains("--resume"));
    }
    WriteReport report = resume();
    same(whole, contents(folder));
    assertEquals(List.of(), report.damaged());
    assertTrue(tensor < 9 || report.verified() > 0, "nothing was kept");
    assertEquals(whole.size(), report.files().size());
    for (WriteReport.Written w : report.files()) {
      assertEquals(64, w.sha256().length());
    }
  }

  @Test
  void resumingNothingStartsAndWithoutHashesToo() throws Exception {
    resume();
    same(whole, contents(folder));
    folder = temp.resolve("again");
    writeUntil(12);
    SafetensorsWriter.writeSharded(folder, tensors(), SHARD, SMALL.resume(true).sha256(false));
    same(whole, contents(folder));
  }

  private static void flip(Path file, long at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) at] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void damagedShardsAreWrittenAgain() throws Exception {
    writeUntil(14);
    flip(shard(1), 5000);
    Files.write(shard(2), new byte[3], StandardOpenOption.APPEND);
    Files.delete(shard(3));
    WriteReport report = resume();
    assertEquals(3, report.damaged().size(), report.damaged().toString());
    same(whole, contents(folder));
  }

  @Test
  void ofADamagedPartTheSoundBeginningIsKept() throws Exception {
    Path file = temp.resolve("one.safetensors");
    assertThrows(
        IllegalStateException.class, () -> SafetensorsWriter.write(file, brokenAt(14), SMALL));
    assertFalse(Files.exists(file));
    Path part = temp.resolve(".one.safetensors.fanin-part");
    assertTrue(Files.size(part) > 100_000, "part of " + Files.size(part));
    flip(part, 50_000);
    WriteReport report = SafetensorsWriter.write(file, tensors(), SMALL.resume(true));
    assertEquals(List.of("one.safetensors"), report.damaged());
    assertEquals(50_000 / 4096 * 4096, report.verified());
    Path other = temp.resolve("other.safetensors");
    SafetensorsWriter.write(other, tensors(), SMALL);
    assertArrayEquals(Files.readAllBytes(other), Files.readAllBytes(file));
    assertFalse(Files.exists(part));
    assertFalse(Files.exists(temp.resolve(".one.safetensors" + JOURNAL)));
  }

  @Test
  void anotherPlanIsRefusedWithWhatDiffers() throws Exception {
    writeUntil(14);
    WriteOptions resume = SMALL.resume(true);
    assertTrue(
        refused(tensors(), SHARD, resume.provenance(Map.of("seed", "43")))
            .getReason()
            .contains("seed 42 then, 43 now"));
    assertTrue(refused(tensors(), SHARD + 1, resume).getReason().contains("shard_size 40000 then"));
    assertTrue(refused(tensors().subList(1, 15), SHARD, resume).getReason().contains("layout"));
    resume();
    same(whole, contents(folder));
  }

  @Test
  void damagedJournals() throws Exception {
    writeUntil(14);
    Path journal = folder.resolve(JOURNAL);
    byte[] sound = Files.readAllBytes(journal);
    for (String bad : List.of("x", "fanin progress 2\n", "fanin progress 1\nx\n", "begin\n")) {
      Files.writeString(journal, bad);
      String why = refused(tensors(), SHARD, SMALL.resume(true)).getReason();
      assertTrue(why.contains("--force"), why);
    }
    for (String bad : List.of("check 99 0", "check 0 xyz", "done", "hello 0 0", "cut 0 -5x")) {
      Files.write(journal, sound);
      Files.writeString(journal, bad + "\n", StandardOpenOption.APPEND);
      refused(tensors(), SHARD, SMALL.resume(true));
    }
    // half a line is what a kill leaves
    Files.write(journal, sound);
    Files.writeString(journal, "check 3 ab", StandardOpenOption.APPEND);
    resume();
    same(whole, contents(folder));
  }

  /// A kill while the journal is begun leaves it empty or with the beginning of its head.
  @Test
  void withoutItsHeadAJournalIsBegunAgain() throws Exception {
    for (String head :
        List.of("", "fanin pro", "fanin progress 1\n", "fanin progress 1\nfact a b\nfa")) {
      writeUntil(14);
      Files.writeString(folder.resolve(JOURNAL), head);
      resume();
      same(whole, contents(folder));
      for (Path p : Files.list(folder).toList()) {
        Files.delete(p);
      }
    }
  }

  @Test
  void forceStartsOver() throws Exception {
    writeUntil(14);
    Files.writeString(folder.resolve(JOURNAL), "junk");
    SafetensorsWriter.writeSharded(folder, tensors(), SHARD, SMALL.force(true));
    same(whole, contents(folder));
  }

  @Test
  void twoWritersDoNotMeet() throws Exception {
    List<TensorOut> all = new ArrayList<>(tensors());
    TensorOut t = all.get(12);
    List<String> seen = new ArrayList<>();
    all.set(
        12,
        new TensorOut(
            t.name(),
            t.dtype(),
            t.shape(),
            () -> {
              seen.add(refused(tensors(), SHARD, SMALL.resume(true)).getReason());
              seen.add(refused(tensors(), SHARD, SMALL.force(true)).getReason());
              return t.fill().get();
            }));
    SafetensorsWriter.writeSharded(folder, all, SHARD, SMALL);
    assertEquals(2, seen.size());
    seen.forEach(s -> assertTrue(s.contains("another process"), s));
    same(whole, contents(folder));
  }

  @Test
  void modelsAreContinuedToo() throws Exception {
    Path in = Examples.file("lenet_tanh.onnx");
    Map<String, TensorOut> values = new LinkedHashMap<>();
    TestTensors t = new TestTensors();
    StoredFloats.stored(OnnxReader.read(in).graph())
        .forEach((n, v) -> values.put(n, t.of(n, v.dtype(), v.shape().toArray())));
    Map<String, TensorOut> broken = new TreeMap<>(values);
    // the last one that is large enough to leave the model
    String last = "";
    for (TensorOut v : values.values()) {
      last = v.bytes() >= 1024 ? v.name() : last;
    }
    TensorOut v = values.get(last);
    broken.put(
        last,
        new TensorOut(
            last,
            v.dtype(),
            v.shape(),
            () -> {
              throw new IllegalStateException("stopped");
            }));
    Path out = temp.resolve("out.onnx");
    assertThrows(
        IllegalStateException.class, () -> OnnxRewriter.rewrite(in, out, broken, true, SMALL));
    assertFalse(Files.exists(out));
    WriteReport report = OnnxRewriter.rewrite(in, out, values, true, SMALL.resume(true));
    assertTrue(report.verified() > 0);
    Path direct = Files.createDirectory(temp.resolve("direct")).resolve("out.onnx");
    OnnxRewriter.rewrite(in, direct, values, true, SMALL);
    for (String name : List.of("out.onnx", "out.onnx.data")) {
      assertArrayEquals(
          Files.readAllBytes(direct.resolveSibling(name)), Files.readAllBytes(temp.resolve(name)));
    }
  }

  // ---- kill -9 ----

  /// Writes slowly, to be killed: `Slow FOLDER`.
  static final class Slow {
    private Slow() {}

    public static void main(String[] args) throws IOException {
      SafetensorsWriter.writeSharded(
          Path.of(args[0]), tensors().stream().map(Slow::slow).toList(), SHARD, SMALL.resume(true));
    }

    private static TensorOut slow(TensorOut t) {
      return new TensorOut(t.name(), t.dtype(), t.shape(), () -> new SlowFill(t.fill().get()));
    }
  }

  private record SlowFill(org.fanin.fill.TensorFill of) implements org.fanin.fill.TensorFill {
    @Override
    public long count() {
      return of.count();
    }

    @Override
    public int elementBytes() {
      return of.elementBytes();
    }

    @Override
    public void write(long first, java.lang.foreign.MemorySegment out) {
      java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
      of.write(first, out);
    }

    @Override
    public void close() {
      of.close();
    }
  }

  /// Five processes in a row, each killed once it has come a little further than the one before.
  @Test
  void survivesBeingKilled() throws Exception {
    long total = whole.values().stream().mapToLong(b -> b.length).sum();
    AtomicLong reached = new AtomicLong();
    for (int i = 1; i <= 5; i++) {
      Process p =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElseThrow(),
                  "-Xshare:auto",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Slow.class.getName(),
                  folder.toString())
              .redirectErrorStream(true)
              .redirectOutput(temp.resolve("log").toFile())
              .start();
      long goal = total * i / 7 + 1234L * i;
      while (p.isAlive() && reached.get() < goal) {
        p.waitFor(2, TimeUnit.MILLISECONDS);
        reached.set(bytes());
      }
      assertTrue(p.isAlive(), () -> "ended by itself: " + log());
      p.destroyForcibly().waitFor();
      assertFalse(Files.exists(folder.resolve("model.safetensors.index.json")));
    }
    WriteReport report = resume();
    assertTrue(report.verified() > total / 2, "kept only " + report.verified() + " of " + total);
    assertEquals(List.of(), report.damaged());
    same(whole, contents(folder));
  }

  private String log() {
    try {
      return Files.readString(temp.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private long bytes() throws IOException {
    long n = 0;
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path p : files.toList()) {
          n += p.toFile().length();
        }
      }
    }
    return n;
  }
}
