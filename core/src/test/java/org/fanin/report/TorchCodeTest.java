package org.fanin.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class TorchCodeTest {
  private static TorchInit.Assignment of(String name, TorchCall call) {
    return new TorchInit.Assignment(name, "", 0, OptionalDouble.empty(), call);
  }

  private static String code(TorchInit.Assignment... all) {
    List<String> lines = TorchCode.lines(new TorchInit(List.of(all), List.of()), 80);
    return String.join("\n", lines.subList(2, lines.size()));
  }

  @Test
  void everyCall() {
    assertEquals(
        """
        nn.init.zeros_(p["a.bias"])
        nn.init.ones_(p["n.weight"])
        nn.init.constant_(p["g.bias"], 0.5)
        nn.init.normal_(p["t.weight"], std=1.592537 / 64**0.5)
        nn.init.kaiming_normal_(p["l.weight"], a=0.2)\
        """,
        code(
            of("a.bias", new TorchCall.Constant(0)),
            of("n.weight", new TorchCall.Constant(1)),
            of("g.bias", new TorchCall.Constant(.5)),
            of("t.weight", new TorchCall.Normal(1.5925374, 64)),
            of("l.weight", new TorchCall.Kaiming(TorchCall.Nonlinearity.LEAKY_RELU, .2))));
  }

  @Test
  void severalNumbersMakeSeveralLoops() {
    List<TorchInit.Assignment> all = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      for (int j = 0; j < 2; j++) {
        for (int k = 1; k <= 2; k++) {
          all.add(of("layer" + i + "." + j + ".conv" + k + ".bias", new TorchCall.Constant(0)));
        }
      }
    }
    assertEquals(
        """
        for i in range(1, 5):
            for j in range(2):
                for k in (1, 2):
                    nn.init.zeros_(p[f"layer{i}.{j}.conv{k}.bias"])\
        """,
        code(all.toArray(TorchInit.Assignment[]::new)));
  }

  /// Of four combinations one is missing.
  @Test
  void aLoopNamesNoParameterThatIsNotThere() {
    TorchCall zero = new TorchCall.Constant(0);
    assertEquals(
        """
        for i in range(2):
            nn.init.zeros_(p[f"a.0.b.{i}.bias"])
        nn.init.zeros_(p["a.7.b.0.bias"])\
        """,
        code(of("a.0.b.0.bias", zero), of("a.0.b.1.bias", zero), of("a.7.b.0.bias", zero)));
  }

  @Test
  void unevenNumbersAreListed() {
    TorchCall zero = new TorchCall.Constant(0);
    assertEquals(
        """
        for i in (0, 3, 4):
            nn.init.zeros_(p[f"f.{i}.bias"])
        for i in ("01", "02"):
            nn.init.zeros_(p[f"g.{i}.bias"])\
        """,
        code(
            of("f.0.bias", zero),
            of("f.4.bias", zero),
            of("f.3.bias", zero),
            of("g.01.bias", zero),
            of("g.02.bias", zero)));
  }

  @Test
  void aLongCallIsBrokenWherePythonAllowsIt() {
    String name = "encoder.layers.self_attention.output_projection.dense.weight";
    assertEquals(
        "nn.init.kaiming_normal_(\n    p[\"" + name + "\"], nonlinearity=\"relu\")",
        code(of(name, new TorchCall.Kaiming(TorchCall.Nonlinearity.RELU, 0))));
  }
}
