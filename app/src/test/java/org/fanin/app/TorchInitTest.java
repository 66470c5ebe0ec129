package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// A failed check ends with what a PyTorch user pastes.
class TorchInitTest {
  @Test
  void theDefaultOfThirtyLayersIsMendedInSevenLines() {
    Run run = Run.of("check", "--no-measure", Run.example("mlp30_relu_default"));
    String end = run.out().substring(run.out().indexOf("or in PyTorch")).strip();
    assertEquals(
        """
        or in PyTorch, with the network as model:

        from torch import nn
        p = dict(model.named_parameters())
        nn.init.kaiming_normal_(p["0.weight"], nonlinearity="linear")
        for i in range(0, 59, 2):
            nn.init.zeros_(p[f"{i}.bias"])
        for i in range(2, 59, 2):
            nn.init.kaiming_normal_(p[f"{i}.weight"], nonlinearity="relu")
        """
            .strip(),
        end);
  }

  @Test
  void jsonSaysWhatEveryParameterGets() {
    Run json = Run.of("check", "--no-measure", "--json", "-", Run.example("mlp30_relu_default"));
    String flat = json.out().replaceAll("\\s", "");
    assertTrue(flat.contains("\"next\":{\"command\":\"fanininit"), json.out());
    assertTrue(
        flat.contains(
            "{\"name\":\"2.weight\",\"scheme\":\"he-normal\",\"gain\":1.4142135623730951,\"fan_in\":64.0,"
                + "\"call\":\"kaiming_normal_\",\"arguments\":\"nonlinearity=\\\"relu\\\"\"}"),
        json.out());
    assertTrue(
        flat.contains(
            "{\"name\":\"58.bias\",\"scheme\":\"zeros\",\"gain\":0.0,\"call\":\"zeros_\",\"arguments\":\"\"}"),
        json.out());
  }
}
