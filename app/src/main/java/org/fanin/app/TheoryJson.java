package org.fanin.app;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.OptionalDouble;
import org.fanin.formats.JsonWriter;
import org.fanin.math.EdgeOfChaos;
import org.fanin.math.FixedPoints;
import org.fanin.math.LengthLimit;

/// `theory --json`: what is not defined is null, with the reason in `…_because` beside it.
final class TheoryJson {
  private final JsonWriter w;

  private TheoryJson(JsonWriter w) {
    this.w = w;
  }

  static void one(Theory t, OutputStream out) throws IOException {
    try (JsonWriter w = JsonWriter.to(out)) {
      w.object().field("schema", "fanin.theory/1");
      new TheoryJson(w).fields(t);
      w.endObject();
    }
  }

  static void table(List<Theory> all, OutputStream out) throws IOException {
    try (JsonWriter w = JsonWriter.to(out)) {
      w.object().field("schema", "fanin.theory/1").array("activations");
      for (Theory t : all) {
        w.object();
        new TheoryJson(w).fields(t);
        w.endObject();
      }
      w.endArray().endObject();
    }
  }

  private void fields(Theory t) throws IOException {
    w.field("activation", t.fn().name()).field("sigma_w", t.sigmaW()).field("sigma_b", t.sigmaB());
    number("gain_forward", t.gainForward(), "E φ² is 0");
    number("gain_backward", t.gainBackward(), "E φ′² is 0: no gradient passes");
    if (t.phase().isPresent()) {
      phase(t.phase().get());
    } else {
      for (String key : List.of("q_star", "chi_1", "c_star", "xi_c", "xi_grad")) {
        number(key, Double.NaN, "no weight scale: the activation has no finite forward gain");
      }
    }
    if (t.edge().isPresent()) {
      edge(t.edge().get());
    }
    if (!t.layers().isEmpty()) {
      layers(t.layers());
    }
  }

  private void number(String key, double x, String because) throws IOException {
    w.field(key, x);
    if (!Double.isFinite(x)) {
      w.field(key + "_because", because);
    }
  }

  private void phase(FixedPoints.Phase p) throws IOException {
    number("q_star", p.qStar().orElse(Double.NaN), lengthWords(p.length()));
    number("chi_1", p.chi1(), p.because());
    number("c_star", p.cStar(), p.because());
    number("xi_c", p.xiC(), scale(p.xiC(), p.because()));
    number("xi_grad", p.xiGrad(), scale(p.xiGrad(), p.because()));
    w.field("regime", TheoryCommand.lower(p.regime()));
    w.field("note", p.because().isEmpty() ? null : p.because());
  }

  private void number(String key, OptionalDouble x, String because) throws IOException {
    number(key, x.orElse(Double.NaN), because);
  }

  private static String scale(OptionalDouble xi, String because) {
    return xi.isPresent() && Double.isInfinite(xi.getAsDouble()) ? "infinite: critical" : because;
  }

  static String lengthWords(LengthLimit l) {
    return switch (l) {
      case LengthLimit.Fixed f -> "q* = " + f.q();
      case LengthLimit.Unstable u -> u.because();
      case LengthLimit.Vanishes v -> "the signal dies out: " + v.because();
      case LengthLimit.Diverges d -> "the signal grows without end: " + d.because();
      case LengthLimit.Any a -> a.because();
    };
  }

  private void edge(EdgeOfChaos e) throws IOException {
    switch (e) {
      case EdgeOfChaos.At a ->
          w.field("sigma_w_critical", a.sigmaW()).field("q_critical", a.qStar());
      case EdgeOfChaos.AtAnyLength a -> {
        w.field("sigma_w_critical", a.sigmaW());
        number("q_critical", Double.NaN, "critical at every q");
      }
      case EdgeOfChaos.None n -> number("sigma_w_critical", Double.NaN, n.because());
    }
  }

  private void layers(List<FixedPoints.Layer> layers) throws IOException {
    w.array("layers");
    for (FixedPoints.Layer l : layers) {
      w.object().field("q", l.q()).field("cos", l.cos()).field("chi", l.chi()).endObject();
    }
    w.endArray();
  }
}
