package org.fanin.fill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.fanin.plan.Draw;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Matrix draws as they are written: every type, every compiler, parts of tensors.
class MatrixBytesTest {
  private static List<String> golden() throws IOException {
    try (InputStream in = MatrixBytesTest.class.getResourceAsStream("matrices-1.golden")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Test
  void thisProcessGivesTheGoldenBytes() throws IOException {
    List<String> found = new ArrayList<>();
    MatrixCases.hashes().forEach((name, hash) -> found.add(name + " " + hash));
    assertEquals(golden(), found);
    assertTrue(found.size() > 80);
  }

  /// The last one has no vectors at all; [SameBitsTest] and HaarMatrixTest see to the kernels.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Dfanin.simd=scalar -Xint",
        "-Dfanin.simd=256 -XX:TieredStopAtLevel=1 --add-modules=jdk.incubator.vector",
        "-Dfanin.simd=512 -XX:-TieredCompilation -Xbatch --add-modules=jdk.incubator.vector",
        "-XX:+UseSerialGC",
      })
  void everyCompilerGivesTheGoldenBytes(String options, @TempDir Path dir)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Collections.addAll(command, options.split(" "));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(MatrixCases.class.getName());
    Path out = dir.resolve("out");
    Path err = dir.resolve("err");
    Process p =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertEquals(0, p.waitFor(), Files.readString(err));
    assertEquals(golden(), Files.readAllLines(out));
  }

  private static double[] decode(byte[] bytes, DType type) {
    var in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    var out = new double[bytes.length / type.bytes()];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (type) {
            case F64 -> in.getDouble();
            case F32 -> in.getFloat();
            case F16 -> Float.float16ToFloat(in.getShort());
            case BF16 -> Float.intBitsToFloat(in.getShort() << 16);
            case F8E4M3 -> small(in.get(), 3, 7);
            case F8E5M2 -> small(in.get(), 2, 15);
            default -> throw new IllegalArgumentException(type.name());
          };
    }
    return out;
  }

  private static double small(byte code, int mantissa, int bias) {
    int magnitude = code & 0x7F;
    int exponent = magnitude >> mantissa;
    int fraction = magnitude & (1 << mantissa) - 1;
    double value =
        exponent == 0
            ? Math.scalb((double) fraction, 1 - bias - mantissa)
            : Math.scalb((double) (fraction + (1 << mantissa)), exponent - bias - mantissa);
    return code < 0 ? -value : value;
  }

  /// Rounding every element by at most the fraction u changes an inner product of two unit vectors
  /// by at most (1 + u)² − 1; below the smallest normal number it adds up to half a step s each, to
  /// both vectors: 2·√n·s, and a little.
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64", "F16", "BF16", "F8E4M3", "F8E5M2"})
  void orthonormalAsFarAsTheTypeAllows(DType type) {
    int rows = 48;
    int columns = 80;
    double u =
        switch (type) {
          case F64 -> 1e-14;
          case F32 -> 5e-7;
          case F16 -> 0x1p-11;
          case BF16 -> 0x1p-8;
          case F8E4M3 -> 0x1p-4;
          default -> 0x1p-3;
        };
    double step = type == DType.F8E4M3 ? 0x1p-10 : type == DType.F8E5M2 ? 0x1p-17 : 0;
    double[] w =
        decode(
            MatrixCases.bytes(
                new FillCases.Case(
                    "t", new Draw.Orthogonal(1, MatrixCases.PLAIN), Shape.of(rows, columns)),
                type,
                false),
            type);
    double allowed = u * (2 + u) + 2.5 * Math.sqrt(columns) * step;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j <= i; j++) {
        double s = i == j ? -1 : 0;
        for (int k = 0; k < columns; k++) {
          s += w[i * columns + k] * w[j * columns + k];
        }
        assertEquals(0, s, allowed, i + ", " + j);
      }
    }
  }

  /// The four gates of an LSTM's recurrent matrix, each orthogonal and none like another.
  @Test
  void partsAreMatricesOfTheirOwn() {
    int h = 20;
    Draw gate = new Draw.Orthogonal(1, MatrixCases.PLAIN);
    var c =
        new FillCases.Case(
            "gates", new Draw.Parts(0, List.of(gate, gate, gate, gate)), Shape.of(4 * h, h));
    double[] w = decode(MatrixCases.bytes(c, DType.F32, false), DType.F32);
    for (int g = 0; g < 4; g++) {
      double[] one = Arrays.copyOfRange(w, g * h * h, (g + 1) * h * h);
      for (int i = 0; i < h; i++) {
        for (int j = 0; j <= i; j++) {
          double s = i == j ? -1 : 0;
          for (int k = 0; k < h; k++) {
            s += one[i * h + k] * one[j * h + k];
          }
          assertEquals(0, s, 1e-6);
        }
      }
      for (int other = 0; other < g; other++) {
        assertFalse(Arrays.equals(one, Arrays.copyOfRange(w, other * h * h, (other + 1) * h * h)));
      }
    }
  }

  /// Parts along the other axis, where every row of the tensor meets all parts.
  @Test
  void partsAlongColumnsAreTheSameMatrices() {
    Draw part = new Draw.Orthogonal(1, MatrixCases.PLAIN);
    var below = new FillCases.Case("p", new Draw.Parts(0, List.of(part, part)), Shape.of(14, 7));
    var beside = new FillCases.Case("p", new Draw.Parts(1, List.of(part, part)), Shape.of(7, 14));
    double[] a = decode(MatrixCases.bytes(below, DType.F32, false), DType.F32);
    double[] b = decode(MatrixCases.bytes(beside, DType.F32, false), DType.F32);
    for (int i = 0; i < 98; i++) {
      int part2 = i / 49;
      assertEquals(a[i], b[i % 49 / 7 * 14 + part2 * 7 + i % 7]);
    }
  }
}
