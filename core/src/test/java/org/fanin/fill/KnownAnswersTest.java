package org.fanin.fill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.fanin.plan.Draw;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

/// The known answers of docs/fill-format.md are what this code gives. `main` prints them.
class KnownAnswersTest {
  private static final Shape HUGE = Shape.of(1L << 41);
  private static final long[] INDICES = {0, 1, 15, 16, 255, 256, 886_936, 1_000_000_007, 1L << 40};

  @Test
  void docsAreRight() throws IOException {
    List<String> doc = Files.readAllLines(Path.of("../docs/fill-format.md"));
    List<String> found =
        doc.stream()
            .filter(
                l ->
                    l.matches(
                        "(key \\S+|(f32|bf16|bf16-stochastic|f64) \\w+\\(.*\\))( [0-9a-f]+)+"))
            .toList();
    assertEquals(lines(), found);
  }

  static List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (String name : List.of("layer1.weight", "größe")) {
      StringBuilder key = new StringBuilder("key " + name);
      for (int w : StreamKey.of(42, name).words()) {
        key.append(" %08x".formatted(w));
      }
      lines.add(key.toString());
    }
    Draw normal = new Draw.Normal(0, 1);
    Draw scaled = new Draw.Normal(0.5, 0.02);
    Draw uniform = new Draw.Uniform(-0.25, 0.75);
    Draw cut = new Draw.Truncated(0, 0.02, 2);
    Draw wideCut = new Draw.Truncated(0, 1, 4);
    line(lines, "f32 normal(0,1)", normal, DType.F32, false);
    line(lines, "f32 normal(0.5,0.02)", scaled, DType.F32, false);
    line(lines, "f32 uniform(-0.25,0.75)", uniform, DType.F32, false);
    line(lines, "f32 truncated(0,0.02,2)", cut, DType.F32, false);
    line(lines, "f32 truncated(0,1,4)", wideCut, DType.F32, false);
    line(lines, "bf16 normal(0,1)", normal, DType.BF16, false);
    line(lines, "bf16-stochastic normal(0,1)", normal, DType.BF16, true);
    line(lines, "f64 normal(0,1)", normal, DType.F64, false);
    line(lines, "f64 uniform(-0.25,0.75)", uniform, DType.F64, false);
    return lines;
  }

  private static void line(
      List<String> lines, String what, Draw draw, DType dtype, boolean stochastic) {
    var line = new StringBuilder(what);
    byte[] element = new byte[dtype.bytes()];
    var plan = FillCases.plan("layer1.weight", draw, HUGE, dtype, stochastic);
    try (TensorFill fill = Fills.open(42, plan)) {
      for (long i : INDICES) {
        fill.write(i, MemorySegment.ofArray(element));
        line.append(' ').append(bigEndian(element));
      }
    }
    lines.add(line.toString());
  }

  private static String bigEndian(byte[] littleEndian) {
    byte[] reversed = new byte[littleEndian.length];
    for (int i = 0; i < reversed.length; i++) {
      reversed[i] = littleEndian[reversed.length - 1 - i];
    }
    return HexFormat.of().formatHex(reversed);
  }

  public static void main(String[] args) {
    if (args.length > 0) {
      float[] z = new float[1 << 20];
      Normals.fill(StreamKey.of(42, "layer1.weight"), 0, 0, 0, z, 0, z.length);
      for (int i = 0; i < z.length; i++) {
        if (Math.abs(z[i]) > 3.6) {
          System.out.println(i + " " + z[i]);
        }
      }
    }
    String text = String.join("\n", lines());
    System.out.write(
        text.getBytes(StandardCharsets.UTF_8), 0, text.getBytes(StandardCharsets.UTF_8).length);
    System.out.println();
  }
}
