package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.fanin.formats.JsonTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputDataTest {
  @TempDir Path temp;

  private static Run check(String model, Path input, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "check", Run.example(model), "--no-measure", "--json", "-", "--input", "" + input));
    args.addAll(List.of(more));
    return Run.of(args.toArray(String[]::new));
  }

  private static Map<?, ?> assumptions(Run r) {
    assertTrue(r.code() == 0 || r.code() == 3, r::toString);
    try {
      return (Map<?, ?>) ((Map<?, ?>) JsonTree.parse(r.out())).get("assumptions");
    } catch (IOException e) {
      throw new AssertionError(r.out(), e);
    }
  }

  /// One line on standard error, nothing on standard output.
  private static void refused(Run r, int code, String says) {
    assertEquals(code, r.code(), r::toString);
    assertEquals(1, r.err().lines().count(), r::toString);
    assertTrue(r.err().contains(says), r::toString);
    assertEquals("", r.out());
  }

  private Path images(int count, int side) throws IOException {
    Path file = temp.resolve("train-images-idx3-ubyte.gz");
    byte[] pixels = new byte[count * side * side];
    new Random(1).nextBytes(pixels);
    ByteBuffer head = ByteBuffer.allocate(16).putInt(0x803).putInt(count);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(head.putInt(side).putInt(side).array());
      out.write(pixels);
    }
    return file;
  }

  @Test
  void imagesOfMnistsFormat() throws IOException {
    Path file = images(40, 28);
    Map<?, ?> raw = assumptions(check("lenet_tanh", file));
    assertEquals(16.0, raw.get("batch"));
    assertTrue(raw.get("input_notes").toString().contains("16 of the 40 samples"), raw + "");
    assertTrue(raw.get("input_notes").toString().contains("--standardise"), raw + "");
    Map<?, ?> fine = assumptions(check("lenet_tanh", file, "--standardise", "--batch", "8"));
    assertEquals(8.0, fine.get("batch"));
    assertTrue(fine.get("input_notes").toString().contains("standardised over 40"), fine + "");
    refused(check("lenet_tanh", images(4, 27)), 4, "[27, 27] (729 elements)");
  }

  @Test
  void tablesWithLabels() throws IOException {
    StringBuilder csv = new StringBuilder("label");
    for (int c = 0; c < 64; c++) {
      csv.append(",p").append(c);
    }
    Random random = new Random(2);
    for (int r = 0; r < 20; r++) {
      csv.append('\n').append(r % 3);
      for (int c = 0; c < 64; c++) {
        csv.append(',').append(random.nextGaussian());
      }
    }
    Path file = temp.resolve("x.csv");
    Files.writeString(file, csv);
    Map<?, ?> a = assumptions(check("mlp5_relu_default", file, "--columns", "!label"));
    assertEquals("N(0,1)", a.get("input"), "1,024 normals cannot be told from it");
    refused(check("mlp5_relu_default", file), 4, "--columns");
    refused(check("mlp5_relu_default", file, "--columns", "!nolabel"), 2, "no column");
    Files.writeString(file, csv + "\n1,x");
    refused(check("mlp5_relu_default", file, "--columns", "!label", "--batch", "99"), 4, "line 22");
  }

  @Test
  void arraysThatAreNotFinite() throws IOException {
    Path file = temp.resolve("x.npy");
    ByteBuffer b = ByteBuffer.allocate(128 + 2 * 64 * 4).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 64), }";
    b.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) 118);
    b.put(
        String.format(Locale.ROOT, "%-117s\n", header)
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    b.putFloat(128 + 66 * 4, Float.NaN);
    Files.write(file, b.array());
    refused(check("mlp5_relu_default", file), 4, "NaN");
    java.util.zip.ZipOutputStream zip;
    Path npz = temp.resolve("x.npz");
    zip = new java.util.zip.ZipOutputStream(Files.newOutputStream(npz));
    try (zip) {
      zip.putNextEntry(new java.util.zip.ZipEntry("input.npy"));
      zip.write(b.array());
    }
    refused(check("mlp5_relu_default", npz), 4, "NaN at element 66, wanted finite numbers");
  }

  @Test
  void tokensBeyondTheVocabulary() throws IOException {
    Path file = temp.resolve("ids.csv");
    String row = "0" + ",1".repeat(31) + "\n";
    Files.writeString(file, row.repeat(2));
    Map<?, ?> a = assumptions(check("gpt2_pre_ln_op17", file));
    assertFalse(a.containsKey("input_notes"), a + "");
    Files.writeString(file, row + "999" + ",1".repeat(31) + "\n");
    refused(check("gpt2_pre_ln_op17", file), 4, "token id 999 at element 32, wanted 0 to 255");
  }

  @Test
  void optionsWithoutAFile() {
    Run r = Run.of("check", Run.example("lenet_tanh"), "--standardise");
    assertEquals(2, r.code(), r::toString);
    refused(check("lenet_tanh", temp.resolve("none.csv")), 4, "no such file");
    refused(check("lenet_tanh", temp), 4, "a folder");
  }
}
