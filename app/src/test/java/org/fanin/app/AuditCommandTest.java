package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fanin.formats.JsonTree;
import org.fanin.math.Addressed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditCommandTest {
  @TempDir private Path dir;

  /// A file with one f32 matrix [rows, 32].
  private Path safetensors(String name, int rows, java.util.function.LongToDoubleFunction f)
      throws IOException {
    String header =
        "{\"fc1.weight\":{\"dtype\":\"F32\",\"shape\":["
            + rows
            + ",32],\"data_offsets\":[0,"
            + rows * 128
            + "]}}";
    byte[] h = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer b = ByteBuffer.allocate(8 + h.length + rows * 128).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(h.length).put(h);
    for (int i = 0; i < rows * 32; i++) {
      b.putFloat((float) f.applyAsDouble(i));
    }
    return Files.write(dir.resolve(name), b.array());
  }

  private static Map<?, ?> json(String file) throws IOException {
    Run r = Run.of("audit", file, "--json", "-");
    assertEquals("", r.err());
    return (Map<?, ?>) JsonTree.parse(r.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt2_pre_ln_op17",
        "gru_clf",
        "lenet_tanh",
        "lenet_tanh.var_fp16",
        "lenet_tanh.var_opset9",
        "lstm_clf",
        "mlp30_relu_default",
        "mlp50_sigmoid_xavier",
        "mlp5_relu_default",
        "mlp5_relu_default.var_bf16cast",
        "mlp5_relu_default.var_external",
        "mlp5_relu_default.var_rename",
        "pointnet",
        "resnet20_nonorm",
        "siren5",
        "two_tower"
      })
  void noFalseAlarmInTheExamples(String model) throws IOException {
    Map<?, ?> report = json(Run.example(model));
    assertEquals("fanin.audit/1", report.get("schema"));
    assertEquals(true, report.get("healthy"));
    for (Object p : (List<?>) report.get("parameters")) {
      for (Object f : (List<?>) ((Map<?, ?>) p).get("findings")) {
        assertEquals("note", ((Map<?, ?>) f).get("level"), p::toString);
      }
    }
  }

  @Test
  void namesTheSchemeOfEveryWeight() throws IOException {
    for (Object o : (List<?>) json(Run.example("mlp5_relu_default")).get("parameters")) {
      Map<?, ?> p = (Map<?, ?>) o;
      assertEquals("pytorch-default", p.get("scheme"), p::toString);
      assertTrue(((Number) p.get("confidence")).doubleValue() > 0.9, p::toString);
    }
  }

  @Test
  void tellsTheEffectOfTheDefault() {
    Run r = Run.of("audit", Run.example("mlp30_relu_default"));
    assertEquals(0, r.code());
    assertTrue(r.out().contains("×1/6 per layer"), r.out());
    assertTrue(r.out().lines().allMatch(l -> l.length() <= 100), r.out());
  }

  @Test
  void narrowTerminalsGetNarrowLines() {
    Run r = Run.of("audit", Run.example("gpt2_pre_ln_op17"), "--width", "40");
    assertTrue(r.out().lines().allMatch(l -> l.length() <= 40), r.out());
  }

  @Test
  void aDefectIsExitCode3() throws IOException {
    Path f =
        safetensors("nan.safetensors", 64, i -> i == 70 ? Double.NaN : Addressed.normal(1, 1, i));
    Run r = Run.of("audit", f.toString());
    assertEquals(3, r.code(), r.err());
    assertTrue(r.out().contains("the first at index 70"), r.out());
  }

  @Test
  void recipeIsHeldAgainstTheWeights() throws IOException {
    Path f = safetensors("x.safetensors", 64, i -> Addressed.normal(1, 1, i) / 4);
    assertEquals(0, Run.of("audit", f.toString(), "--recipe", "he-normal").code());
    Run r = Run.of("audit", f.toString(), "--recipe", "lecun-normal");
    assertEquals(3, r.code());
    assertTrue(r.out().contains("× the recipe's"), r.out());
    Run unknown = Run.of("audit", f.toString(), "--recipe", "nonsense");
    assertEquals(2, unknown.code());
    assertEquals(1, unknown.err().lines().count(), unknown.err());
  }

  @Test
  void damagedAndMissingFilesAreExitCode4() throws IOException {
    Path f = safetensors("cut.safetensors", 64, i -> 1);
    Files.write(f, java.util.Arrays.copyOf(Files.readAllBytes(f), 500));
    for (String file : List.of(f.toString(), dir.resolve("none").toString())) {
      Run r = Run.of("audit", file);
      assertEquals(4, r.code());
      assertEquals(1, r.err().lines().count(), r.err());
    }
    Path good = safetensors("good.safetensors", 64, i -> Addressed.normal(1, 1, i));
    assertEquals(4, Run.of("audit", good.toString(), f.toString()).code());
  }

  @Test
  void severalFilesWriteAFolder() throws IOException {
    Path a = safetensors("a.safetensors", 64, i -> Addressed.normal(1, 1, i));
    Path b = safetensors("b.safetensors", 64, i -> Addressed.normal(2, 1, i));
    Path out = dir.resolve("reports");
    assertEquals(0, Run.of("audit", a.toString(), b.toString(), "--json", out.toString()).code());
    assertTrue(Files.exists(out.resolve("a.safetensors.json")));
    assertEquals(2, Run.of("audit", a.toString(), b.toString(), "--json", "-").code());
  }

  @Test
  void reportDoesNotDependOnThreads() {
    String file = Run.example("gpt2_pre_ln_op17");
    assertEquals(
        Run.of("audit", file, "--json", "-", "--threads", "1").out(),
        Run.of("audit", file, "--json", "-", "--threads", "3").out());
  }
}
