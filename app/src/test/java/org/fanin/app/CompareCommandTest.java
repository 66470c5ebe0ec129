package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompareCommandTest {
  private static final String MLP = Run.example("mlp5_relu_default");

  @TempDir Path folder;

  private static String line(Run r, String tensor) {
    return r.out().lines().filter(l -> l.startsWith(tensor)).findFirst().orElse("no " + tensor);
  }

  @Test
  void aFileDoesNotDifferFromItself() {
    Run r = Run.of("compare", MLP, MLP);
    assertEquals(0, r.code(), r.err());
    assertTrue(r.out().contains("no difference beyond sampling in 10 tensors"), r.out());
  }

  /// The same numbers in another type: rounding is no difference.
  @Test
  void roundingToHalfIsNoDifference() {
    Run r = Run.of("compare", MLP, Run.example("mlp5_relu_default.var_fp16"));
    assertTrue(r.out().contains("no difference beyond sampling"), r.out());
  }

  /// Two draws of one plan lie within sampling of it and of each other; the file's own weights,
  /// drawn with a third of He's variance, do not.
  @Test
  void anotherSeedIsTheSameLawAndAnotherSchemeIsNot() {
    String first = folder.resolve("first.onnx").toString();
    String second = folder.resolve("second.onnx").toString();
    String plan = folder.resolve("plan.yaml").toString();
    for (String seed : new String[] {"1", "2"}) {
      String out = seed.equals("1") ? first : second;
      Run made =
          Run.of(
              "init",
              MLP,
              "--recipe",
              "he-normal",
              "--seed",
              seed,
              "-o",
              out,
              "--plan",
              plan,
              "--force");
      assertEquals(0, made.code(), made.err());
    }
    for (String other : new String[] {second, plan}) {
      Run same = Run.of("compare", first, other);
      assertTrue(same.out().contains("no difference beyond sampling"), same.out());
    }
    Run differs = Run.of("compare", MLP, first, "--all", "--width", "160");
    assertEquals(0, differs.code());
    String weight = line(differs, "2.weight");
    // √(2·3) = 2.45 times the standard deviation, of 128 · 128 elements
    assertTrue(weight.matches(".*  2\\.4\\d  .*  scale$"), differs.out());
    String json = Run.of("compare", MLP, first, "--json", "-").out().replaceAll("\\s", "");
    assertTrue(json.contains("\"name\":\"2.weight\",\"difference\":\"scale\""), json);
    assertTrue(json.contains("\"predicted_m2\":"), json);
    assertEquals(json, Run.of("compare", MLP, first, "--json", "-").out().replaceAll("\\s", ""));
  }

  @Test
  void whatIsMissingAndWhatHasAnotherShapeIsSaid() throws Exception {
    Path a =
        Files.writeString(folder.resolve("a.json"), "{\"x.weight\": [8, 8], \"y.weight\": [8, 8]}");
    Path b =
        Files.writeString(folder.resolve("b.json"), "{\"x.weight\": [8, 4], \"z.weight\": [8, 8]}");
    String left = folder.resolve("a.safetensors").toString();
    String right = folder.resolve("b.safetensors").toString();
    assertEquals(0, Run.of("init", a.toString(), "--recipe", "he-normal", "-o", left).code());
    assertEquals(0, Run.of("init", b.toString(), "--recipe", "he-normal", "-o", right).code());
    Run r = Run.of("compare", left, right);
    assertTrue(line(r, "x.weight").endsWith("  shape"), r.out());
    assertTrue(line(r, "x.weight").contains("[8, 8] / [8, 4]"), r.out());
    assertTrue(line(r, "y.weight").endsWith("  only in A"), r.out());
    assertTrue(line(r, "z.weight").endsWith("  only in B"), r.out());
    assertTrue(
        r.out().contains("3 of 3 tensors differ: 1 shape, 1 only in A, 1 only in B"), r.out());
    assertFalse(r.out().contains("predicted"), "weights alone have no forecast: " + r.out());
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 80, 120})
  void noLineIsWiderThanTheTerminal(int width) {
    Run r = Run.of("compare", MLP, Run.example("mlp30_relu_default"), "--width", "" + width);
    r.out().lines().forEach(l -> assertTrue(l.codePointCount(0, l.length()) <= width, l));
  }

  @Test
  void whatCannotBeReadIsOneLineAndFour() throws Exception {
    Path bad = Files.writeString(folder.resolve("bad.onnx"), "no model");
    Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "recipe: gpt2\n");
    for (Path p : new Path[] {bad, recipe, folder.resolve("missing.npz")}) {
      Run r = Run.of("compare", MLP, p.toString());
      assertEquals(4, r.code(), r::toString);
      assertEquals(1, r.err().lines().count(), r.err());
    }
    assertEquals(2, Run.of("compare", MLP).code());
    assertEquals(2, Run.of("compare", MLP, MLP, "--json", MLP).code());
  }
}
