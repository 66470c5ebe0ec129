package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.formats.JsonTree;
import org.fanin.formats.OnnxReader;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The verdicts that only a measurement sets off.
class MeasuredVerdictsTest {
  @TempDir private Path dir;

  /// A copy of an example in which the first `count` elements of a float bias are −10.
  private String planted(String example, String bias, int count)
      throws IOException, ModelFormatException {
    Path file = Path.of(Run.example(example));
    Tensor t = OnnxReader.read(file).graph().initializers().get(bias);
    ByteBuffer elements =
        ByteBuffer.allocate((int) t.count() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < t.count(); i++) {
      elements.putFloat((float) t.at(i));
    }
    byte[] bytes = Files.readAllBytes(file);
    int at = 0;
    while (ByteBuffer.wrap(bytes, at, elements.capacity()).mismatch(elements.rewind()) >= 0) {
      at++;
    }
    for (int i = 0; i < count; i++) {
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(at + i * Float.BYTES, -10);
    }
    return Files.write(dir.resolve("planted.onnx"), bytes).toString();
  }

  private static Optional<Map<?, ?>> verdict(String json, String rule) throws IOException {
    return ((List<?>) ((Map<?, ?>) JsonTree.parse(json)).get("verdicts"))
        .stream()
            .<Map<?, ?>>map(v -> (Map<?, ?>) v)
            .filter(v -> v.get("rule").equals(rule))
            .findFirst();
  }

  /// Of 128 units, beside about one in ten that no sample reaches anyway.
  @ParameterizedTest
  @CsvSource({"40, warn", "96, fail", "128, fail"})
  void plantedUnitsAreDead(int count, String level) throws Exception {
    String model = planted("mlp5_relu_default", "4.bias", count);
    Run r = Run.of("check", model, "--json", "-");
    Map<?, ?> v = verdict(r.out(), "dead").orElseThrow();
    assertEquals(level, v.get("level"), v::toString);
    assertEquals("5/Relu", v.get("at"));
    double excess = (Double) v.get("value");
    double most = count / 128.0;
    assertTrue(excess > most - 0.15 && excess <= most, v::toString);
    assertEquals(3, r.code(), "angles collapse too");
    assertEquals(r.out(), Run.of("check", model, "--json", "-").out());
    String alone = Run.of("check", model, "--no-measure", "--json", "-").out();
    assertTrue(verdict(alone, "dead").isEmpty(), alone);
  }

  /// With its limit moved away the same network has no such verdict.
  @Test
  void limitSwitchesItOff() throws Exception {
    String model = planted("mlp5_relu_default", "4.bias", 128);
    String[] args = {"check", model, "--json", "-", "-T", "dead.warn=2", "-T", "dead.fail=2"};
    assertTrue(verdict(Run.of(args).out(), "dead").isEmpty());
  }

  /// Nearly half of the units of the last layers are silent, as samples have become alike.
  @ParameterizedTest
  @CsvSource({"mlp30_relu_default", "mlp5_relu_default"})
  void silenceThatTheoryExpectsIsNotDeath(String example) throws Exception {
    String json = Run.of("check", Run.example(example), "--json", "-").out();
    assertTrue(json.contains("never_active"), json);
    assertTrue(verdict(json, "dead").isEmpty(), json);
  }

  @Test
  void saturatedUnitsWarn() throws Exception {
    String[] args = {
      "check", Run.example("lenet_tanh"), "--weights", "normal(3)", "--json", "-",
    };
    Map<?, ?> v = verdict(Run.of(args).out(), "saturated").orElseThrow();
    assertEquals("warn", v.get("level"));
    assertTrue((Double) v.get("value") > 0.8, v::toString);
    Run small = Run.of("check", Run.example("lenet_tanh"), "--json", "-");
    assertTrue(verdict(small.out(), "saturated").isEmpty());
    assertFalse(small.out().contains("\"skipped\""));
  }

  /// What every verdict that came as predicted has in common is said once.
  @Test
  void whatAsPredictedMeansIsSaidOnce() {
    String text = Run.of("check", Run.example("mlp30_relu_default")).out().replaceAll("\\s+", " ");
    assertEquals(2, text.split("another seed would not help", -1).length, text);
    assertEquals(5, text.split("; as predicted", -1).length, text);
  }

  /// Behind an operator without a rule nothing is known of gradients: that is neither a zero nor a
  /// promise.
  @Test
  void foreignOperatorsAreDoubtful() throws Exception {
    byte[] bytes = Files.readAllBytes(Path.of(Run.example("mlp5_relu_default")));
    String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    // The operator type of every node, behind its length.
    byte[] odd =
        text.replace("\u0004Relu", "\u0004Oddy")
            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    String model = Files.write(dir.resolve("odd.onnx"), odd).toString();
    Run r = Run.of("check", model, "--json", "-");
    Map<?, ?> j = (Map<?, ?>) JsonTree.parse(r.out());
    assertEquals("doubtful", ((Map<?, ?>) j.get("trainable")).get("verdict"));
    assertTrue(verdict(r.out(), "zero").isEmpty(), r.out());
    assertEquals("warn", verdict(r.out(), "coverage").orElseThrow().get("level"));
    assertEquals(0, r.code());
  }
}
