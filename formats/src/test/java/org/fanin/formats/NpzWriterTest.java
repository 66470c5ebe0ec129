package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzWriterTest {
  @TempDir Path temp;

  private final TestTensors tensors = new TestTensors();
  private static final WriteOptions SMALL =
      WriteOptions.defaults().blockBytes(4096).threads(2).provenance(Map.of("seed", "42"));

  private List<TensorOut> numpyTypes() {
    return tensors.mixed().stream()
        .filter(t -> t.dtype() != DType.BF16 && !t.dtype().name().startsWith("F8"))
        .toList();
  }

  /// NpzReader checks the checksums.
  @Test
  void readsBack() throws Exception {
    Path file = temp.resolve("m.npz");
    WriteReport report = NpzWriter.write(file, numpyTypes(), SMALL);
    Map<String, Tensor> read = NpzReader.read(file);
    assertEquals(numpyTypes().stream().map(TensorOut::name).toList(), List.copyOf(read.keySet()));
    for (TensorOut t : numpyTypes()) {
      Tensor r = read.get(t.name());
      assertEquals(t.shape(), r.shape());
      assertEquals(t.dtype(), r.dtype());
      for (long i = 0; i < r.count(); i++) {
        long bits = TestTensors.element(t.name(), t.dtype(), i);
        switch (t.dtype()) {
          case F32 -> assertEquals(Float.intBitsToFloat((int) bits), (float) r.at(i));
          case F64 -> assertEquals(Double.longBitsToDouble(bits), r.at(i));
          case F16 -> assertEquals(Float.float16ToFloat((short) bits), (float) r.at(i));
          default -> assertEquals(bits, r.longAt(i));
        }
      }
    }
    byte[] sha = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    assertEquals(HexFormat.of().formatHex(sha), report.files().getFirst().sha256());
  }

  @Test
  void otherZipReadersReadItToo() throws Exception {
    Path file = temp.resolve("m.npz");
    NpzWriter.write(file, numpyTypes(), SMALL);
    int n = 0;
    // reads local headers only, and checks sizes and checksums against them
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(file))) {
      for (ZipEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        byte[] npy = in.readAllBytes();
        assertEquals(0, (npy[8] + (npy[9] << 8) + 10) % 64);
        n++;
      }
    }
    assertEquals(numpyTypes().size(), n);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      assertEquals("fanin.seed=42\n", zip.getComment());
    }
  }

  @Test
  void bytesDoNotDependOnThreadsOrBlocks() throws Exception {
    Path file = temp.resolve("m.npz");
    NpzWriter.write(file, numpyTypes(), SMALL.blockBytes(1 << 20));
    byte[] want = Files.readAllBytes(file);
    for (int threads : new int[] {1, 2, 7}) {
      NpzWriter.write(file, numpyTypes(), SMALL.threads(threads).force(true));
      assertArrayEquals(want, Files.readAllBytes(file));
    }
  }

  @Test
  void refusesTypesThatNumpyDoesNotHave() {
    for (DType t : List.of(DType.BF16, DType.F8E4M3, DType.F8E5M2)) {
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> NpzWriter.write(temp.resolve("x"), List.of(tensors.of("a", t, 3)), SMALL));
      assertTrue(e.getMessage().contains("safetensors"), e.getMessage());
    }
  }

  /// 70,000 arrays need zip64's count; the JDK's reader has to find them all.
  @Test
  void moreEntriesThanSixteenBitsCount() throws Exception {
    List<TensorOut> many = new ArrayList<>();
    for (int i = 0; i < 70_000; i++) {
      many.add(tensors.of("t" + i, DType.U8, 0));
    }
    Path file = temp.resolve("m.npz");
    NpzWriter.write(file, many, SMALL.blockBytes(1 << 20));
    try (ZipFile zip = new ZipFile(file.toFile())) {
      assertEquals(70_000, zip.size());
    }
  }

  /// An archive of 12 GB, of which only the head and the directory are made: sizes and places are
  /// in zip64 fields.
  @Test
  void moreThanFourGigabytes() throws Exception {
    TensorOut large =
        new TensorOut(
            "large",
            DType.F32,
            Shape.of(3L << 30),
            () -> {
              throw new IllegalStateException("opened");
            });
    FileImage image = new NpzLayout(List.of(large, tensors.of("small", DType.F32, 2)), "").image();
    long data = image.tensors().getFirst().at();
    long end = data + large.bytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment head = arena.allocate(data);
      image.render(0, head);
      ByteBuffer b = head.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      assertEquals(-1, b.getInt(22));
      int extra = 30 + b.getShort(26);
      assertEquals(1, b.getShort(extra));
      assertEquals(end - (extra + b.getShort(28)), b.getLong(extra + 4));
      MemorySegment tail = arena.allocate(image.length() - end);
      image.render(end, tail);
      byte[] bytes = tail.toArray(ValueLayout.JAVA_BYTE);
      ByteBuffer t = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int eocd = bytes.length - 22;
      assertEquals(0x06054b50, t.getInt(eocd));
      assertEquals(-1, t.getInt(eocd + 16));
      int locator = eocd - 20;
      assertEquals(0x07064b50, t.getInt(locator));
      int eocd64 = (int) (t.getLong(locator + 8) - end);
      assertEquals(0x06064b50, t.getInt(eocd64));
      assertEquals(2, t.getLong(eocd64 + 32));
      int central = (int) (t.getLong(eocd64 + 48) - end);
      assertEquals(0x02014b50, t.getInt(central));
      int second = central + 46 + t.getShort(central + 28) + t.getShort(central + 30);
      assertEquals(0x02014b50, t.getInt(second));
      assertEquals(-1, t.getInt(second + 42));
      long local = t.getLong(second + 46 + t.getShort(second + 28) + 4);
      assertEquals(0x04034b50, t.getInt((int) (local - end)));
    }
  }
}
