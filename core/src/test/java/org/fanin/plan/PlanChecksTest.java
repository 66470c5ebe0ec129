package org.fanin.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Two tensors never start identical by accident.
class PlanChecksTest {
  private static InitPlan plan(String... names) {
    List<Specs.Named> list = new ArrayList<>();
    for (String n : names) {
      list.addAll(NameLists.of(n + " 4x4"));
    }
    return Recipes.named("normal(1)").plan(Specs.named(list), 1, PlanOptions.none());
  }

  @Test
  void namesOfOneLookAreToldApart() {
    InitPlan p = plan("caf\u00e9.weight", "cafe\u0301.weight", "b.weight");
    List<String> found = PlanChecks.lookalikes(p);
    assertEquals(1, found.size());
    assertTrue(found.getFirst().startsWith("2 tensors are named caf"), found.getFirst());
    assertNotEquals(PlanHash.of(plan("caf\u00e9.weight")), PlanHash.of(plan("cafe\u0301.weight")));
    assertTrue(PlanChecks.lookalikes(plan("a.weight", "b.weight")).isEmpty());
  }

  /// `nn.TransformerEncoder` copies one layer, so that all start alike; here each has its own name.
  @Test
  void copiedLayersHaveAddressesOfTheirOwn() {
    InitPlan p = plan("layers.0.linear1.weight", "layers.1.linear1.weight");
    Set<String> addresses = new HashSet<>();
    p.tensors().forEach(t -> addresses.add(t.name()));
    assertEquals(2, addresses.size());
  }

  /// Two lone surrogates would both be written as "?" in UTF-8, and be one address.
  @Test
  void namesWithoutTextAreRefused() {
    String a = "w\ud800";
    String b = "w\udc00";
    assertEquals(
        new String(a.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8),
        new String(b.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
    assertThrows(IllegalArgumentException.class, () -> plan(a));
    assertThrows(IllegalArgumentException.class, () -> plan("w.weight", "w.weight"));
    assertEquals(1, plan("\ud835\udcb3.weight").tensors().size());
  }
}
