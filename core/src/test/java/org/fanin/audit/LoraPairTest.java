package org.fanin.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.fanin.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One zero factor of a low-rank pair is a start, two are an end.
class LoraPairTest {
  private static List<Finding.Level> levels(String a, String b, double first, double second) {
    Weights w = new Weights(DType.F32, 3);
    w.add(a, w.normal(first), 8, 64);
    w.add(b, w.normal(second), 64, 8);
    return w.audit().tensors().stream()
        .flatMap(t -> t.findings().stream())
        .filter(f -> Stream.of("zero", "lora").anyMatch(f.kind()::startsWith))
        .map(Finding::level)
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "m.q_proj.lora_A.default.weight, m.q_proj.lora_B.default.weight",
    "m.embed.lora_embedding_A.default, m.embed.lora_embedding_B.default",
    "m.fc.lora_a, m.fc.lora_b",
    "m.fc.lora_down.weight, m.fc.lora_up.weight"
  })
  void eitherFactorMayBeZero(String a, String b) {
    List<Finding.Level> harmless = List.of(Finding.Level.NOTE);
    assertEquals(harmless, levels(a, b, .1, 0));
    assertEquals(harmless, levels(a, b, 0, .1));
    List<Finding.Level> dead = List.of(Finding.Level.FAIL, Finding.Level.FAIL);
    assertEquals(dead, levels(a, b, 0, 0));
    assertEquals(List.of(Finding.Level.FAIL), levels(a, b, .1, .1));
  }

  @Test
  void partnersByName() {
    assertEquals(Optional.of("x.lora_B.w"), LoraPair.partner("x.lora_A.w"));
    assertEquals(Optional.empty(), LoraPair.partner("x.weight"));
  }
}
