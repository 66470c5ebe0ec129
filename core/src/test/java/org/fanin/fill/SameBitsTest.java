package org.fanin.fill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.fanin.math.Addressed;
import org.fanin.plan.Draw;
import org.fanin.plan.TensorPlan;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The same bytes from every kernel, compiler, thread count and split. `fill-format-1.golden` is
/// made by [FillCases].
class SameBitsTest {
  private static List<String> golden() throws IOException {
    try (InputStream in = SameBitsTest.class.getResourceAsStream("fill-format-1.golden")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Test
  void thisProcessGivesTheGoldenBytes() throws IOException {
    List<String> found = new ArrayList<>();
    FillCases.hashes().forEach((name, hash) -> found.add(name + " " + hash));
    FillCases.longHashes().forEach((name, hash) -> found.add(name + " " + hash));
    assertEquals(golden(), found);
    assertTrue(found.size() > 100);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Dfanin.simd=scalar",
        "-Dfanin.simd=128",
        "-Dfanin.simd=256",
        "-Dfanin.simd=512",
        "-Dfanin.simd=scalar -Xint",
        "-Dfanin.simd=256 -XX:TieredStopAtLevel=1",
        "-Dfanin.simd=512 -XX:-TieredCompilation -Xbatch",
        "-Dfanin.simd=scalar -XX:-TieredCompilation -Xbatch",
        "-Dfanin.simd=256 -XX:UseAVX=2 -XX:+IgnoreUnrecognizedVMOptions",
      })
  void everyKernelAndCompilerGivesTheGoldenBytes(String options, @TempDir Path dir)
      throws IOException, InterruptedException {
    boolean slow = options.contains("-Xint") || options.contains("TieredStop");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "--add-modules=jdk.incubator.vector"));
    Collections.addAll(command, options.split(" "));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(FillCases.class.getName());
    if (slow) {
      command.add("short");
    }
    Path out = dir.resolve("out");
    Path err = dir.resolve("err");
    Process p =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertEquals(0, p.waitFor(), Files.readString(err));
    List<String> wanted = golden().stream().filter(l -> !slow || !l.startsWith("long ")).toList();
    assertEquals(wanted, Files.readAllLines(out));
    String kernel = options.replaceAll(".*fanin.simd=(\\w+).*", "$1");
    assertTrue(Files.readString(err).contains("kernel " + kernel), "another kernel ran");
  }

  @Test
  void anySplitGivesTheSameBytes() {
    for (FillCases.Case c : FillCases.all()) {
      for (DType t : FillCases.TYPES) {
        TensorPlan plan = FillCases.plan(c, t, t.bytes() < 4);
        byte[] whole = FillCases.bytes(plan);
        for (long replay = 1; replay <= 4; replay++) {
          assertArrayEquals(whole, split(plan, whole.length, replay), plan + " split " + replay);
        }
      }
    }
  }

  /// Spans of 0 to 700 elements, in shuffled order.
  private static byte[] split(TensorPlan plan, int bytes, long replay) {
    byte[] out = new byte[bytes];
    try (TensorFill fill = Fills.open(FillCases.SEED, plan)) {
      List<int[]> spans = new ArrayList<>();
      for (int at = 0, i = 0; at < fill.count(); i++) {
        int n = (int) (Addressed.bits(replay, 0, i) >>> 1) % 701;
        n = (int) Math.min(Math.abs(n), fill.count() - at);
        spans.add(new int[] {at, n});
        at += n;
      }
      Collections.shuffle(spans, new Random(replay));
      int size = fill.elementBytes();
      for (int[] s : spans) {
        fill.write(s[0], MemorySegment.ofArray(out).asSlice((long) s[0] * size, s[1] * size));
      }
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void anyNumberOfThreadsGivesTheSameBytes(int threads) {
    TensorPlan plan =
        FillCases.plan("t", new Draw.Normal(0, 1), Shape.of(3_000_001), DType.BF16, false);
    byte[] one = FillCases.bytes(plan);
    try (Arena arena = Arena.ofShared();
        TensorFill fill = Fills.open(FillCases.SEED, plan)) {
      MemorySegment out = arena.allocate(one.length + 1).asSlice(1);
      ParallelFill.write(fill, 0, out, threads);
      assertArrayEquals(one, out.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Test
  void aThreadsFailureReachesTheCaller() {
    var broken =
        new TensorFill() {
          @Override
          public long count() {
            return 10_000_000;
          }

          @Override
          public int elementBytes() {
            return 1;
          }

          @Override
          public void write(long first, MemorySegment out) {
            if (first > 5_000_000) {
              throw new IllegalStateException("broken at " + first);
            }
          }

          @Override
          public void close() {}
        };
    MemorySegment out = MemorySegment.ofArray(new byte[10_000_000]);
    assertThrows(IllegalStateException.class, () -> ParallelFill.write(broken, 0, out, 3));
  }

  @Test
  void cuttingIntoEqualPartsChangesNothing() {
    Shape s = Shape.of(6, 10, 4);
    Draw normal = new Draw.Normal(0, 0.3);
    byte[] whole = FillCases.bytes(FillCases.plan("p", normal, s, DType.F32, false));
    for (int axis = 0; axis < 3; axis++) {
      Draw parts = new Draw.Parts(axis, List.of(normal, normal));
      assertArrayEquals(
          whole, FillCases.bytes(FillCases.plan("p", parts, s, DType.F32, false)), "axis " + axis);
    }
  }

  @Test
  void otherNamesSeedsAndPurposesGiveOtherBytes() {
    int[] a = StreamKey.of(1, "a").words();
    assertTrue(!Arrays.equals(a, StreamKey.of(2, "a").words()));
    assertTrue(!Arrays.equals(a, StreamKey.of(1, "b").words()));
    float[] elements = new float[64];
    float[] matrix = new float[64];
    float[] second = new float[64];
    StreamKey key = StreamKey.of(1, "a");
    Normals.fill(key, StreamKey.ELEMENTS, 0, 0, elements, 0, 64);
    Normals.fill(key, StreamKey.MATRIX_NORMALS, 0, 0, matrix, 0, 64);
    Normals.fill(key, StreamKey.MATRIX_NORMALS, 1, 0, second, 0, 64);
    for (int i = 0; i < 64; i++) {
      assertTrue(elements[i] != matrix[i] && matrix[i] != second[i], "element " + i);
    }
  }

  /// The last group that a long reaches, and blocks beyond 32 bits of counter.
  @Test
  void farElementsAreAddressedToo() {
    StreamKey key = StreamKey.of(1, "far");
    for (long first : List.of((1L << 36) - 300, 1L << 40, (1L << 62) + 17)) {
      float[] span = new float[600];
      Normals.fill(key, 0, 0, first, span, 0, 600);
      int[] block = new int[16];
      for (int j = 0; j < 600; j += 37) {
        long i = first + j;
        ChaCha8.block(key.words(), (i >> 8) * 16 + (i & 15), 0, 0, block);
        float z = NormalLaw.of(0, 1).z32(block[(int) (i >> 4) & 15]);
        assertEquals(z, span[j], "element " + i);
      }
    }
  }
}
