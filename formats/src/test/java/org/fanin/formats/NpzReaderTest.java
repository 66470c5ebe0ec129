package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NpzReaderTest {
  @TempDir Path temp;

  static List<Path> examples() throws IOException {
    return Examples.all(".npz");
  }

  /// A `.npy` file as numpy writes it, the head padded to 64 bytes.
  static byte[] npy(int version, String descr, boolean fortran, String shape, byte[] data) {
    String dict =
        "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }"
            .formatted(descr, fortran ? "True" : "False", shape);
    int prefix = version == 1 ? 10 : 12;
    int total = (prefix + dict.length() + 1 + 63) / 64 * 64;
    ByteBuffer b = ByteBuffer.allocate(total + data.length).order(ByteOrder.LITTLE_ENDIAN);
    b.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    b.put((byte) version).put((byte) 0);
    if (version == 1) {
      b.putShort((short) (total - prefix));
    } else {
      b.putInt(total - prefix);
    }
    b.put(dict.getBytes(StandardCharsets.US_ASCII));
    while (b.position() < total - 1) {
      b.put((byte) ' ');
    }
    return b.put((byte) '\n').put(data).array();
  }

  private static byte[] bytes(ByteOrder order, double... values) {
    ByteBuffer b = ByteBuffer.allocate(8 * values.length).order(order);
    b.asDoubleBuffer().put(values);
    return b.array();
  }

  private static byte[] zip(boolean stored, Object... namesAndBytes) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      for (int i = 0; i < namesAndBytes.length; i += 2) {
        ZipEntry entry = new ZipEntry((String) namesAndBytes[i]);
        byte[] data = (byte[]) namesAndBytes[i + 1];
        if (stored) {
          CRC32 crc = new CRC32();
          crc.update(data);
          entry.setMethod(ZipEntry.STORED);
          entry.setSize(data.length);
          entry.setCrc(crc.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(data);
      }
    }
    return out.toByteArray();
  }

  private Map<String, Tensor> read(byte[] file) throws Exception {
    Path path = temp.resolve("a.npz");
    Files.write(path, file);
    return NpzReader.read(path);
  }

  private String refused(byte[] file) throws IOException {
    Path path = temp.resolve("a.npz");
    Files.write(path, file);
    String text = assertThrows(ModelFormatException.class, () -> NpzReader.read(path)).getMessage();
    assertTrue(text.startsWith(path.toString()), text);
    assertFalse(text.contains("\n"), text);
    return text;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void readsExamples(Path file) throws Exception {
    Map<String, Tensor> arrays = NpzReader.read(file);
    assertTrue(arrays.keySet().stream().anyMatch(n -> n.startsWith("in_")), arrays.keySet() + "");
    assertTrue(arrays.containsKey("cotangent"));
    for (Tensor t : arrays.values()) {
      assertTrue(t.dtype() == DType.F32 || t.dtype() == DType.I64, t.dtype() + "");
      assertTrue(Double.isFinite(t.at(t.count() - 1)));
    }
  }

  /// From numpy 2.4.6: `x = np.load(…)['in_input']; x.ravel()[:2]; (x.astype(float) ** 2).mean()`
  @Test
  void valuesAreThoseOfNumpy() throws Exception {
    Tensor x = NpzReader.read(Examples.file("mlp5_relu_default.io.npz")).get("in_input");
    assertEquals(Shape.of(32, 64), x.shape());
    assertEquals(-0.1030908f, (float) x.at(0));
    assertEquals(1.3843759f, (float) x.at(1));
    double m2 = Arrays.stream(x.toDoubles()).map(v -> v * v).average().orElseThrow();
    assertEquals(0x1.fd05218c0867ap-1, m2, 1e-13);
  }

  @ParameterizedTest
  @CsvSource({"1, false", "2, true", "3, true", "1, true"})
  void versionsAndCompression(int version, boolean stored) throws Exception {
    byte[] data = bytes(ByteOrder.LITTLE_ENDIAN, 1, 2, 3, 4, 5, 6);
    byte[] file = zip(stored, "w.npy", npy(version, "<f8", false, "(2, 3)", data));
    Tensor t = read(file).get("w");
    assertEquals(Shape.of(2, 3), t.shape());
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, t.toDoubles());
  }

  @Test
  void otherOrdersBecomeOurs() throws Exception {
    byte[] big = bytes(ByteOrder.BIG_ENDIAN, 1, 2, 3, 4, 5, 6);
    Tensor swapped = read(npy(1, ">f8", false, "(2, 3)", big)).get(NpzReader.ONLY_ARRAY);
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, swapped.toDoubles());
    Tensor both = read(npy(1, ">f8", true, "(2, 3)", big)).get(NpzReader.ONLY_ARRAY);
    assertArrayEquals(new double[] {1, 3, 5, 2, 4, 6}, both.toDoubles());
    double[] eight = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    byte[] little = bytes(ByteOrder.LITTLE_ENDIAN, eight);
    Tensor cube = read(npy(1, "<f8", true, "(2, 3, 2)", little)).get(NpzReader.ONLY_ARRAY);
    // numpy.arange(12).reshape(2, 3, 2, order='F').ravel()
    assertArrayEquals(new double[] {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}, cube.toDoubles());
    assertTrue(cube.contiguous());
  }

  @ParameterizedTest
  @CsvSource({
    "<f2, F16, 2", "<f4, F32, 4", "<f8, F64, 8", "|i1, I8, 1", "<i2, I16, 2", "<i4, I32, 4",
    "<i8, I64, 8", "|u1, U8, 1", "<u2, U16, 2", "<u4, U32, 4", "<u8, U64, 8", "|b1, BOOL, 1"
  })
  void types(String descr, DType dtype, int width) throws Exception {
    byte[] one = new byte[width];
    one[0] = 1;
    Tensor t = read(npy(1, descr, false, "(1,)", one)).get(NpzReader.ONLY_ARRAY);
    assertEquals(dtype, t.dtype());
    if (!dtype.floating()) {
      assertEquals(1, t.longAt(0));
    }
  }

  @Test
  void scalarsAndEmptyArrays() throws Exception {
    byte[] three = bytes(ByteOrder.LITTLE_ENDIAN, 3);
    Tensor scalar = read(npy(1, "<f8", false, "()", three)).get(NpzReader.ONLY_ARRAY);
    assertEquals(0, scalar.shape().rank());
    assertEquals(3, scalar.at(0));
    byte[] empty = npy(1, "<f8", true, "(3, 0, 2)", new byte[0]);
    assertEquals(0, read(empty).get(NpzReader.ONLY_ARRAY).count());
    assertEquals(Map.of(), read(zip(true)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          <f8 ; (3,)                ; 16 bytes of data, wanted 24 bytes for shape [3]
          <f8 ; (1,)                ; 16 bytes of data, wanted 8
          <f8 ; (1000000, 1000000)  ; wanted 8000000000000 bytes
          <f8 ; (4294967296, 4294967296) ; product below 2^63
          <f8 ; (99999999999999999999,)  ; product below 2^63
          <f8 ; (1152921504606846976, 2) ; less than 2^63 bytes
          <f8 ; (-2,)               ; a dictionary
          |O  ; (2,)                ; elements |O
          <U4 ; (1,)                ; elements <U4
          <c8 ; (2,)                ; elements <c8
          <f3 ; (2,)                ; elements <f3
          <  ; (2,)                 ; elements
          """)
  void refuses(String descr, String shape, String says) throws Exception {
    byte[] file = npy(1, descr, false, shape, new byte[16]);
    String text = refused(file);
    assertTrue(text.contains(says), text);
    refused(zip(true, "w.npy", file));
    refused(zip(false, "w.npy", file));
  }

  @Test
  void refusesBombs() throws Exception {
    // 64 MiB of zeros in 64 KiB: the sizes are true, the limit is what stops it
    byte[] zeros = npy(1, "<f8", false, "(8388608,)", new byte[64 << 20]);
    Path bomb = temp.resolve("bomb.npz");
    Files.write(bomb, zip(false, "a.npy", zeros));
    assertTrue(Files.size(bomb) < 100_000);
    var limit = new Budget(bomb.toString(), 16 << 20);
    String text =
        assertThrows(ModelFormatException.class, () -> NpzReader.read(bomb, limit)).getMessage();
    assertTrue(text.contains("16 MiB"), text);
    // a shape that no such entry can inflate to is refused on sight
    String lie = refused(zip(false, "a.npy", npy(1, "<f8", false, "(500000000,)", new byte[4096])));
    assertTrue(lie.contains("found at most"), lie);
    // more data than the shape holds is not read to its end
    String more = refused(zip(false, "a.npy", npy(1, "<f8", false, "(1,)", new byte[1 << 20])));
    assertTrue(more.contains("more data than its shape"), more);
  }

  @Test
  void refusesWhatIsNoArray() throws Exception {
    assertTrue(refused(new byte[0]).contains("an empty file"));
    assertTrue(refused("hello\n".getBytes(StandardCharsets.UTF_8)).contains("found text"));
    assertTrue(refused(new byte[] {'P', 'K', 3, 4, 0}).contains("a damaged archive"));
    assertTrue(refused(zip(true, "readme.txt", new byte[20])).contains("no NumPy array"));
    byte[] twice = npy(1, "<f8", false, "()", new byte[8]);
    assertTrue(refused(zip(true, "w.npy", twice, "w", twice)).contains("two arrays"));
    assertThrows(ModelFormatException.class, () -> NpzReader.read(temp));
    assertThrows(IOException.class, () -> NpzReader.read(temp.resolve("missing.npz")));
  }

  @Test
  void refusesDamagedData() throws Exception {
    byte[] array = npy(1, "<f8", false, "(2,)", bytes(ByteOrder.LITTLE_ENDIAN, 1, 2));
    byte[] file = zip(true, "w.npy", array);
    // the local head of a stored entry has 30 bytes and the name; then comes the array
    file[30 + 5 + array.length - 1] ^= 1;
    assertTrue(refused(file).contains("checksum"));
  }

  @Test
  void randomDamage() throws Exception {
    byte[] data = bytes(ByteOrder.LITTLE_ENDIAN, 1, 2, 3, 4, 5, 6);
    byte[] array = npy(2, ">f8", true, "(2, 3)", data);
    List<byte[]> bases = new ArrayList<>();
    bases.add(array);
    bases.add(zip(true, "a.npy", array, "b.npy", array));
    bases.add(zip(false, "a.npy", array, "b.npy", array));
    Path path = temp.resolve("damaged.npz");
    for (int seed = 0; seed < 3000; seed++) {
      Random random = new Random(seed);
      byte[] b = bases.get(seed % 3).clone();
      for (int k = random.nextInt(4); k >= 0; k--) {
        b[random.nextInt(b.length)] = (byte) random.nextInt(256);
      }
      if (seed % 5 == 0) {
        b = Arrays.copyOf(b, random.nextInt(b.length));
      }
      Files.write(path, b);
      try {
        NpzReader.read(path);
      } catch (ModelFormatException e) {
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
      } catch (RuntimeException | IOException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }
}
