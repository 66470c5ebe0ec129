package org.fanin.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Names of many blocks are looked up once: their numbers are left out, single digits and digits
/// within a word, which rules tell apart, are not.
class NameRulesTest {
  @ParameterizedTest
  @CsvSource({
    "model.layers.27.mlp.w2.weight, model.layers.10.mlp.w2.weight",
    "layers.123456.weight, layers.10.weight",
    "bbox_embed.layers.2.weight, bbox_embed.layers.2.weight",
    "layer12.34.conv2.weight, layer12.10.conv2.weight",
    "12.weight, 10.weight",
    "classifier.16, classifier.16",
    "ls1.gamma, ls1.gamma",
    "a..99.b, a..10.b"
  })
  void unnumbered(String name, String as) {
    assertEquals(as, NameRules.unnumbered(name));
  }
}
