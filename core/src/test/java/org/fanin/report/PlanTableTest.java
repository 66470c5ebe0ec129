package org.fanin.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.fanin.plan.InitPlan;
import org.fanin.plan.PlanOptions;
import org.fanin.plan.Recipes;
import org.fanin.plan.Specs;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

class PlanTableTest {
  private static InitPlan plan(int blocks) {
    List<Specs.Named> list = new ArrayList<>();
    list.add(new Specs.Named("wte.weight", Shape.of(50, 8), DType.F32));
    for (int i = 0; i < blocks; i++) {
      list.add(new Specs.Named("h." + i + ".attn.bias", Shape.of(1, 1, 4, 4), DType.F32));
      list.add(new Specs.Named("h." + i + ".attn.c_attn.weight", Shape.of(8, 24), DType.F32));
      list.add(new Specs.Named("h." + i + ".attn.c_proj.weight", Shape.of(8, 8), DType.F32));
    }
    return Recipes.named("gpt2").plan(Specs.named(list), 42, PlanOptions.none());
  }

  @Test
  void repeatedBlocksShareALine() {
    List<String> small = PlanTable.render(plan(2), Style.plain());
    List<String> large = PlanTable.render(plan(500), Style.plain());
    assertEquals(small.size(), large.size());
    assertTrue(large.get(1).startsWith("wte.weight"), large.get(1));
    assertTrue(large.get(2).contains("h.{0-499}.attn.c_attn.weight ×500"), large.get(2));
    assertTrue(large.get(2).contains("normal(0.02)"), large.get(2));
    assertTrue(large.stream().anyMatch(l -> l.contains("1001 tensors drawn")), large.toString());
    assertTrue(large.stream().allMatch(l -> Text.width(l) <= 100), large.toString());
  }

  @Test
  void withoutFoldingEveryTensorStands() {
    List<String> all = PlanTable.render(plan(20), new Style(160, false, false, false));
    assertTrue(all.size() >= 62, "lines: " + all.size());
    assertTrue(all.stream().allMatch(l -> l.chars().allMatch(c -> c < 128)));
    assertTrue(all.stream().anyMatch(l -> l.contains("h.19.attn.c_proj.weight")));
  }
}
