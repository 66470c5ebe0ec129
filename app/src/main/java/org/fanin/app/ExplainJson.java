package org.fanin.app;

import java.io.IOException;
import java.io.OutputStream;
import org.fanin.formats.JsonWriter;
import org.fanin.plan.Derivation;
import org.fanin.report.LayerExplanation;

/// `explain --json`
final class ExplainJson {
  private ExplainJson() {}

  static void write(Derivation d, OutputStream out) throws IOException {
    try (JsonWriter w = JsonWriter.to(out)) {
      Derivation.Input in = d.input();
      w.object().field("schema", "fanin.explain/1");
      w.object("input").field("fan_in", in.fanIn()).field("fan_out", in.fanOut());
      w.field("activation", in.activation().name()).field("depth", in.depth());
      w.field("width", in.width()).field("seed", in.seed()).endObject();
      w.array("steps");
      for (Derivation.Step s : d.steps()) {
        step(w, s);
      }
      w.endArray().array("networks");
      for (Derivation.Network n : d.networks()) {
        network(w, n);
      }
      w.endArray().array("slips");
      for (Derivation.Slip s : d.slips()) {
        w.object().field("claim", s.claim()).field("fact", s.fact()).field("source", s.source());
        w.endObject();
      }
      w.endArray().endObject();
    }
  }

  private static void step(JsonWriter w, Derivation.Step s) throws IOException {
    w.object().field("title", s.title()).field("formula", s.formula());
    w.field("numbers", s.substituted()).field("predicted", s.predicted());
    if (s.simulated().isPresent()) {
      simulated(w, "simulated", s.simulated().get());
      w.field("z", s.z().orElse(Double.NaN));
    }
    w.field("because", s.because()).field("source", s.source()).endObject();
  }

  private static void simulated(JsonWriter w, String key, Derivation.Simulated s)
      throws IOException {
    w.object(key).field("value", s.value()).field("se", s.standardError()).endObject();
  }

  private static void network(JsonWriter w, Derivation.Network n) throws IOException {
    w.object().field("scheme", n.scheme().name()).field("variance", n.variance());
    w.field("ln_signal", n.signal());
    simulated(w, "ln_signal_simulated", n.simulatedSignal());
    w.field("ln_gradient", n.gradient());
    simulated(w, "ln_gradient_simulated", n.simulatedGradient());
    w.endObject();
  }

  static void write(LayerExplanation e, OutputStream out) throws IOException {
    try (JsonWriter w = JsonWriter.to(out)) {
      w.object().field("schema", "fanin.explain-layer/1").field("layer", e.layer());
      w.array("steps");
      for (LayerExplanation.Step s : e.steps()) {
        w.object().field("title", s.title()).field("formula", s.formula());
        w.field("numbers", s.numbers());
        LogNumbers.field(w, "value", s.lnValue());
        w.field("because", s.because()).endObject();
      }
      w.endArray().endObject();
    }
  }
}
