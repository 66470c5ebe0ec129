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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.fanin.formats.Samples.Slot;
import org.fanin.formats.Samples.Wanted;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SampleReaderTest {
  @TempDir Path temp;

  private static final Slot VECTOR = new Slot("x", DType.F32, List.of(-1L, 4L));
  private static final Slot IMAGE = new Slot("x", DType.F32, List.of(-1L, 1L, 2L, 2L));
  private static final Slot TOKENS = new Slot("ids", DType.I64, List.of(-1L, -1L));

  private static byte[] idx(int type, int width, long[] extents, double... values) {
    ByteBuffer b = ByteBuffer.allocate(4 + 4 * extents.length + width * values.length);
    b.put((byte) 0).put((byte) 0).put((byte) type).put((byte) extents.length);
    for (long e : extents) {
      b.putInt((int) e);
    }
    for (double v : values) {
      switch (type) {
        case 0x08, 0x09 -> b.put((byte) (int) v);
        case 0x0b -> b.putShort((short) v);
        case 0x0c -> b.putInt((int) v);
        case 0x0d -> b.putFloat((float) v);
        default -> b.putDouble(v);
      }
    }
    return b.array();
  }

  private static double[] counting(int n) {
    return java.util.stream.IntStream.range(0, n).asDoubleStream().toArray();
  }

  /// Six samples of 2×2: 0, 1, … 23.
  private static byte[] images() {
    return idx(0x08, 1, new long[] {6, 2, 2}, counting(24));
  }

  private static byte[] gzip(byte[] b) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(out)) {
      zip.write(b);
    }
    return out.toByteArray();
  }

  private static byte[] text(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private Samples read(byte[] file, Wanted wanted, Slot... slots) throws Exception {
    Path path = temp.resolve("data");
    Files.write(path, file);
    return SampleReader.read(path, List.of(slots), wanted);
  }

  private String refused(byte[] file, Wanted wanted, Slot... slots) throws IOException {
    Path path = temp.resolve("data");
    Files.write(path, file);
    String m =
        assertThrows(
                ModelFormatException.class, () -> SampleReader.read(path, List.of(slots), wanted))
            .getMessage();
    assertTrue(m.startsWith(path.toString()), m);
    assertFalse(m.contains("\n"), m);
    return m;
  }

  private static double[] elements(Samples s, String name) {
    return s.arrays().get(name).toDoubles();
  }

  @Test
  void imagesTakeTheShapeOfTheInput() throws Exception {
    for (byte[] file : List.of(images(), gzip(images()))) {
      Samples s = read(file, Wanted.of(16), IMAGE);
      assertEquals(Shape.of(6, 1, 2, 2), s.arrays().get("x").shape());
      assertEquals(DType.F32, s.arrays().get("x").dtype());
      assertArrayEquals(counting(24), elements(s, "x"));
      assertEquals(Shape.of(6, 4), read(file, Wanted.of(16), VECTOR).arrays().get("x").shape());
    }
  }

  @Test
  void someSamplesAreSpacedEvenly() throws Exception {
    Samples s = read(gzip(images()), Wanted.of(3), VECTOR);
    assertArrayEquals(new double[] {0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19}, elements(s, "x"));
    assertTrue(s.notes().getFirst().contains("3 of the 6 samples"), s.notes() + "");
    Slot two = new Slot("x", DType.F32, List.of(2L, 4L));
    assertEquals(Shape.of(2, 4), read(images(), Wanted.of(16), two).arrays().get("x").shape());
    Slot nine = new Slot("x", DType.F32, List.of(9L, 4L));
    assertTrue(refused(images(), Wanted.of(16), nine).contains("wanted 9"));
  }

  @ParameterizedTest
  @CsvSource({"8, 1", "9, 1", "11, 2", "12, 4", "13, 4", "14, 8"})
  void idxTypes(int type, int width) throws Exception {
    double[] x = type == 8 ? new double[] {0, 1, 200, 255} : new double[] {0, 1, -100, 127};
    Samples s = read(idx(type, width, new long[] {1, 4}, x), Wanted.of(16), VECTOR);
    assertArrayEquals(x, elements(s, "x"));
  }

  /// From numpy 2.4.6: `x = np.array([[1,2,5,0],[3,2,7,4],[8,2,0,-4]], float)`, then `((x -
  /// x.mean(0)) / np.where(x.std(0) == 0, 1, x.std(0)))`.
  @Test
  void standardisedPerFeatureAsNumpyDoes() throws Exception {
    byte[] csv = text("1,2,5,0\n3,2,7,4\n8,2,0,-4\n");
    Samples s = read(csv, new Wanted(16, true, ""), VECTOR);
    double[] want = {
      -1.0190493307301363,
      0,
      0.3396831102433787,
      0,
      -0.3396831102433787,
      0,
      1.0190493307301363,
      1.224744871391589,
      1.3587324409735149,
      0,
      -1.3587324409735149,
      -1.224744871391589
    };
    assertArrayEquals(want, elements(s, "x"), 1e-6);
    assertTrue(s.notes().getFirst().contains("1 of 4 features are constant"), s.notes() + "");
    // the statistics are the whole file's, however few samples are taken
    double[] one = elements(read(csv, new Wanted(1, true, ""), VECTOR), "x");
    assertArrayEquals(Arrays.copyOf(want, 4), one, 1e-6);
  }

  @Test
  void tablesWithTitlesSeparatorsAndQuotes() throws Exception {
    double[] want = {1, -2.5, 3e-2, 4};
    for (String t :
        List.of(
            "1,-2.5,3e-2,4\n",
            "\ufeff1; -2.5 ;+.03;4.\r\n\r\n",
            "a\tb\tc\td\n1\t-2.5\t0.03\t4",
            "\"a,1\",b,c,d\n\"1\",\"-2.5\",0.03,4\n")) {
      Samples s = read(text(t), Wanted.of(16), VECTOR);
      for (int i = 0; i < 4; i++) {
        assertEquals((float) want[i], (float) elements(s, "x")[i], t);
      }
    }
  }

  @Test
  void numbersAreJavas() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      double x = Double.longBitsToDouble(random.nextLong());
      String s = i % 3 == 0 ? Double.toString(x) : Math.abs(random.nextInt()) * 1e-5 + "";
      if (Double.isFinite(Double.parseDouble(s))) {
        assertEquals(Double.parseDouble(s), Decimal.parse(text(s), 0, s.length()), s);
      }
    }
    for (String s :
        List.of("", "+", ".", "1d", "0x1p3", "NaN", "Infinity", "1e", "1e+", "1.2.3", "e5")) {
      assertTrue(Double.isNaN(Decimal.parse(text(s), 0, s.length())), s);
    }
  }

  @ParameterizedTest
  @CsvSource({"'!label'", "'a,b,c,d'", "2-5", "'a,3-5'", "!1"})
  void columns(String spec) throws Exception {
    byte[] csv = text("label,a,b,c,d\n7,1,2,3,4\n");
    Samples s = read(csv, new Wanted(16, false, spec), VECTOR);
    assertArrayEquals(new double[] {1, 2, 3, 4}, elements(s, "x"));
    assertTrue(refused(csv, Wanted.of(16), VECTOR).contains("--columns"));
    for (String wrong : List.of("e", "0-2", "3-2", "2-99", "!x", "-", "1-2-3")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> read(csv, new Wanted(16, false, wrong), VECTOR),
          wrong);
    }
  }

  @Test
  void columnsGoToInputsByName() throws Exception {
    Slot user = new Slot("user", DType.I64, List.of(-1L));
    Slot item = new Slot("item", DType.F32, List.of(-1L, 2L));
    Samples s = read(text("item_0,user,item_1\n.5,3,1.5\n2,4,0\n"), Wanted.of(16), user, item);
    assertArrayEquals(new long[] {3, 4}, s.arrays().get("user").toLongs());
    assertArrayEquals(new double[] {.5, 1.5, 2, 0}, elements(s, "item"));
    assertTrue(
        refused(text("a,b\n1,2\n"), Wanted.of(16), user, item).contains("column called user"));
  }

  @Test
  void numpyByNameOrAlone() throws Exception {
    byte[] data = new byte[8 * 8];
    ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().put(counting(8));
    byte[] npy = NpzReaderTest.npy(1, "<f8", false, "(2, 2, 2)", data);
    assertEquals(Shape.of(2, 4), read(npy, Wanted.of(16), VECTOR).arrays().get("x").shape());
    Map<String, byte[]> one = new LinkedHashMap<>();
    one.put("anything.npy", npy);
    Samples s = read(Archives.zip(true, one), Wanted.of(1), IMAGE);
    assertEquals(Shape.of(2, 1, 2, 2), s.arrays().get("x").shape(), "archives are taken whole");
    assertEquals(1, s.arrays().size());
    one.put("in_x.npy", npy);
    Samples named = read(Archives.zip(false, one), Wanted.of(1), VECTOR);
    assertEquals(Shape.of(2, 4), named.arrays().get("x").shape());
    one.remove("in_x.npy");
    one.put("cotangent.npy", npy);
    Samples lone = read(Archives.zip(false, one), Wanted.of(1), IMAGE);
    assertTrue(lone.arrays().containsKey("cotangent"));
    one.put("in_y.npy", npy);
    assertThrows(
        ModelFormatException.class, () -> read(Archives.zip(false, one), Wanted.of(1), IMAGE));
  }

  @Test
  void wholeNumbersForTokens() throws Exception {
    Samples s = read(text("1,2,3\n4,5,6\n"), new Wanted(16, true, ""), TOKENS);
    assertArrayEquals(new long[] {1, 2, 3, 4, 5, 6}, s.arrays().get("ids").toLongs());
    assertTrue(refused(text("1,2.5\n"), Wanted.of(16), TOKENS).contains("whole numbers"));
  }

  @Test
  void pixelsAreNoticed() throws Exception {
    Samples s = read(idx(8, 1, new long[] {1, 4}, 0, 1, 200, 255), Wanted.of(16), VECTOR);
    assertTrue(s.notes().getFirst().contains("--standardise"), s.notes() + "");
    assertEquals(List.of(), read(text("1,2,3,4\n"), Wanted.of(16), VECTOR).notes());
  }

  static Stream<Arguments> wrong() throws IOException {
    byte[] images = images();
    byte[] zipped = gzip(images);
    byte[] crc = zipped.clone();
    crc[crc.length - 8] ^= 1;
    return Stream.of(
        Arguments.of(new byte[0], "an empty file"),
        Arguments.of(Arrays.copyOf(images, 30), "wanted 40"),
        Arguments.of(Arrays.copyOf(images, 41), "wanted 40"),
        Arguments.of(Arrays.copyOf(images, 9), "end of the file in its head"),
        Arguments.of(gzip(Arrays.copyOf(images, 30)), "before its last sample"),
        Arguments.of(gzip(Arrays.copyOf(images, 41)), "more bytes than"),
        Arguments.of(Arrays.copyOf(zipped, zipped.length - 12), "end"),
        Arguments.of(Arrays.copyOf(zipped, 5), "damaged gzip"),
        Arguments.of(crc, "damaged gzip"),
        Arguments.of(gzip(text("<html>")), "a gzip file of something else"),
        Arguments.of(gzip(gzip(images)), "a gzip file of something else"),
        Arguments.of(idx(8, 1, new long[] {}), "rank 0"),
        Arguments.of(idx(8, 1, new long[] {0, 4}), "0 samples"),
        Arguments.of(idx(8, 1, new long[] {0xffffffffL, 0}), "of 0 elements"),
        Arguments.of(gzip(idx(8, 1, new long[] {1, 0xffffffffL})), "elements"),
        Arguments.of(gzip(idx(8, 1, new long[] {0xffffffffL, 4}, 1, 2, 3)), "before its last"),
        Arguments.of(gzip(idx(14, 8, new long[] {0xffffffffL, 0xffffffffL, 0xffffffffL})), "2^63"),
        Arguments.of(idx(14, 8, new long[] {1, 4}, 1, 2, Double.NaN, 4), "finite"),
        Arguments.of(idx(14, 8, new long[] {1, 4}, 1, 2, 1e300, 4), "single precision"),
        Arguments.of(idx(8, 1, new long[] {2, 3}, 1, 2, 3, 4, 5, 6), "input 'x' of [?, 4]"),
        Arguments.of(text("\n \n"), "no line"),
        Arguments.of(text("a,b,c,d\n"), "without numbers"),
        Arguments.of(text("1,2,3,4\n1,2,3\n"), "line 2: found 3 columns, wanted 4"),
        Arguments.of(text("1,2,3,4\n1,2,3,4,5\n"), "5 columns"),
        Arguments.of(text("1,2,3,4\n\n1,2,,4\n"), "line 3: found nothing in column 3"),
        Arguments.of(text("1,nan,3,4\n"), "'nan' in column 2"),
        Arguments.of(text("a,b,c,d\n1,2,x,4\n"), "'x' in column 3 ('c')"),
        Arguments.of(text("1,2,3,1e999\n"), "'1e999'"),
        Arguments.of(text("1,2,3,4\n1,\"2,3,4\n"), "a quote"),
        Arguments.of(text("1,2,3,4\n1,\"2\"5,3,4\n"), "a quote"),
        Arguments.of(text("1,2,3\n"), "input 'x' of [?, 4]"),
        Arguments.of(text("{\"a\": 1}"), "JSON"),
        Arguments.of(text("<!doctype html>"), "a web page"),
        Arguments.of(text("1,2,3,4\n" + "1,".repeat(9_000_000)), "a line of more than"),
        Arguments.of(new byte[] {1, 2, 3, 4, 5}, "unknown content"));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void oneLineForEveryFault(byte[] file, String says) throws IOException {
    String m = refused(file, Wanted.of(16), VECTOR);
    assertTrue(m.contains(says), m);
  }

  @Test
  void zeroBytesInTextAndFolders() throws Exception {
    byte[] late = text("1,2,3,4\n".repeat(200) + "1,2,\0,4\n");
    assertTrue(refused(late, Wanted.of(300), VECTOR).contains("line 201"));
    assertThrows(
        ModelFormatException.class, () -> SampleReader.read(temp, List.of(VECTOR), Wanted.of(1)));
    assertThrows(
        IOException.class,
        () -> SampleReader.read(temp.resolve("missing"), List.of(VECTOR), Wanted.of(1)));
  }

  /// 64 MiB of zeros in 64 KiB as one sample: refused when the memory it may take is spent, having
  /// taken that much and no more.
  @Test
  void memoryGrowsWithBytesNotWithHeads() throws Exception {
    byte[] head = idx(8, 1, new long[] {1, 64 << 20});
    byte[] bomb = gzip(Arrays.copyOf(head, head.length + (64 << 20)));
    assertTrue(bomb.length < 100_000);
    Path path = temp.resolve("bomb");
    Files.write(path, bomb);
    Slot any = new Slot("x", DType.F32, null);
    String m =
        assertThrows(
                ModelFormatException.class,
                () ->
                    SampleReader.read(
                        path, List.of(any), Wanted.of(1), new Budget("bomb", 16 << 20)))
            .getMessage();
    assertTrue(m.contains("16 MiB"), m);
  }

  /// Bytes changed, cut or doubled: read or refused in one line, never anything else.
  @Test
  void randomDamage() throws Exception {
    byte[] data = new byte[8 * 8];
    byte[] npy = NpzReaderTest.npy(1, "<f8", true, "(2, 4)", data);
    List<byte[]> bases =
        List.of(
            images(),
            gzip(images()),
            idx(0x0d, 4, new long[] {2, 4}, counting(8)),
            text("label;a;b;c\n1;2;3;4\n5;6;\"7\";8.5e-3\n"),
            gzip(text("1,2,3,4\n5,6,7,8\n")),
            npy,
            Archives.zip(false, Map.of("x.npy", npy)));
    Path path = temp.resolve("damaged");
    for (int seed = 0; seed < 1500; seed++) {
      Random random = new Random(seed);
      byte[] b = bases.get(seed % bases.size()).clone();
      for (int k = random.nextInt(4); k >= 0; k--) {
        int at = random.nextInt(seed % 2 == 0 ? b.length : Math.min(24, b.length));
        b[at] = (byte) random.nextInt(256);
      }
      if (seed % 5 == 0) {
        b = Arrays.copyOf(b, random.nextInt(2 * b.length));
      }
      Files.write(path, b);
      try {
        Samples s = SampleReader.read(path, List.of(VECTOR), new Wanted(2, seed % 3 == 0, ""));
        for (Tensor t : s.arrays().values()) {
          assertTrue(t.count() < 1_000_000, "seed " + seed);
        }
      } catch (ModelFormatException e) {
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
      } catch (IllegalArgumentException e) {
        assertTrue(e.getMessage().contains("found arrays"), "seed " + seed + ": " + e);
      } catch (RuntimeException | IOException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }
}
