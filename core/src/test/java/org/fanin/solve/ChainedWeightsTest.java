package org.fanin.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.model.RawModel.Attr;
import org.fanin.plan.Draw;
import org.fanin.plan.InitPlan;
import org.fanin.plan.TensorPlan;
import org.fanin.predict.PredictSettings;
import org.junit.jupiter.api.Test;

/// The same network gets the same plan, whatever the graph does with a weight before it is used; to
/// 2% where a layer aims at the typical draw, whose distance from the mean one is taken from the
/// law of single weights.
class ChainedWeightsTest {
  private static InitPlan solved(Graph g) {
    return Auto.plan(g, Target.BOTH, 0, PredictSettings.defaults());
  }

  private static TensorPlan of(InitPlan p, String name) {
    return p.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  private static Map<String, Attr> axis(int a) {
    return Map.of("axis", new Attr.Int(a));
  }

  private static String cut(Build b, String name, String from, int first, int last) {
    String f = b.ints(name + ".from", first);
    String t = b.ints(name + ".to", last);
    return b.node(name, "Slice", from, f, t, "zero");
  }

  /// Rows of gates in PyTorch's order (i f g o), joined to ONNX's (i o f g).
  private static String reordered(Build b, String from, int hidden) {
    String i = cut(b, from + ".i", from, 0, hidden);
    String o = cut(b, from + ".o", from, 3 * hidden, 4 * hidden);
    String fg = cut(b, from + ".fg", from, hidden, 3 * hidden);
    return b.node(from + ".c", "Concat", axis(0), i, o, fg);
  }

  private static Graph lstm(boolean torch) {
    Build b = new Build();
    String x = b.input("x", 12, 24);
    String w = "w";
    String r = "r";
    String bias = "b";
    if (torch) {
      b.ints("zero", 0);
      b.weight("w", 128, 24);
      b.weight("r", 128, 32);
      b.weight("bi", 128);
      b.weight("bh", 128);
      w = b.node("W", "Unsqueeze", reordered(b, "w", 32), "zero");
      r = b.node("R", "Unsqueeze", reordered(b, "r", 32), "zero");
      String both = b.node("bb", "Concat", axis(0), reordered(b, "bi", 32), reordered(b, "bh", 32));
      bias = b.node("B", "Unsqueeze", both, "zero");
    } else {
      b.weight("w", 1, 128, 24);
      b.weight("r", 1, 128, 32);
      b.weight("b", 1, 256);
    }
    b.node("y", "LSTM", Map.of("hidden_size", new Attr.Int(32)), x, w, r, bias);
    return b.graph("y");
  }

  @Test
  void anLstmAsTorchStoresItIsTheSameNetwork() {
    InitPlan plain = solved(lstm(false));
    InitPlan torch = solved(lstm(true));
    assertEquals(1 / 24.0, of(plain, "w").variance(), 1e-4);
    for (String name : List.of("w", "r")) {
      assertEquals(of(plain, name).variance(), of(torch, name).variance(), 1e-9, name);
      assertEquals(of(plain, name).scheme(), of(torch, name).scheme(), name);
    }
    Draw.Parts orthogonal = (Draw.Parts) of(torch, "r").draw();
    assertEquals(0, orthogonal.axis());
    assertEquals(4, orthogonal.parts().size());
    Draw.Parts open = (Draw.Parts) of(torch, "bi").draw();
    assertEquals(
        List.of(0.0, 1.0, 0.0, 0.0),
        open.parts().stream().map(d -> ((Draw.Constant) d).value()).toList());
    assertEquals(new Draw.Constant(0), of(torch, "bh").draw());
  }

  /// ReLU network whose second layer's weights arrive by `way`.
  private static Graph mlp(String kind) {
    Build b = new Build();
    String h = b.node("r", "Relu", b.dense("one", b.input("x", 40), 40, 64));
    String w =
        switch (kind) {
          case "joined" ->
              b.node("w", "Concat", axis(1), b.weight("a", 64, 24), b.weight("b", 64, 40));
          case "scaled" -> b.node("w", "Mul", b.weight("a", 64, 64), b.constant("const_1", .01));
          case "turned" -> b.node("w", "Transpose", b.weight("a", 64, 64));
          default -> b.weight("a", 64, 64);
        };
    String z = b.node("q", "Relu", b.node("m", "MatMul", h, w));
    return b.graph(b.dense("last", z, 64, 10));
  }

  @Test
  void joinedAndTurnedWeightsGetWhatPlainOnesGet() {
    double plain = of(solved(mlp("plain")), "a").variance();
    assertEquals(2 / 64.0, plain, .1 / 64);
    assertEquals(plain, of(solved(mlp("turned")), "a").variance(), .02 * plain);
    InitPlan joined = solved(mlp("joined"));
    assertEquals(plain, of(joined, "a").variance(), .02 * plain);
    assertEquals(plain, of(joined, "b").variance(), .02 * plain);
  }

  @Test
  void aConstantFactorIsMadeUpFor() {
    double plain = of(solved(mlp("plain")), "a").variance();
    InitPlan scaled = solved(mlp("scaled"));
    assertEquals(1e4 * plain, of(scaled, "a").variance(), 200 * plain);
    assertTrue(scaled.tensors().stream().noneMatch(t -> t.name().equals("const_1")));
  }
}
