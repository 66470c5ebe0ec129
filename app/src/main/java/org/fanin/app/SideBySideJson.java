package org.fanin.app;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;
import org.fanin.formats.JsonWriter;
import org.fanin.report.SideBySide;
import org.fanin.report.SideBySide.Line;
import org.fanin.report.SideBySide.Side;
import org.fanin.report.SideBySide.Weights;

/// [SideBySide] as JSON (`fanin.compare/1`, docs/compare.md).
final class SideBySideJson {
  private static final String SCHEMA = "fanin.compare/1";

  private SideBySideJson() {}

  static void write(SideBySide both, OutputStream out) throws IOException {
    try (JsonWriter w = JsonWriter.to(out)) {
      w.object().field("schema", SCHEMA);
      side("a", both.a(), w);
      side("b", both.b(), w);
      w.field("different", both.different()).array("tensors");
      for (Line l : both.lines()) {
        w.object().field("name", l.name()).field("difference", l.difference().key());
        w.field("z", Digits.of(l.z()));
        weights("a", l.a(), w);
        weights("b", l.b(), w);
        w.endObject();
      }
      w.endArray().endObject();
    }
  }

  private static void side(String key, Side s, JsonWriter w) throws IOException {
    w.object(key).field("source", s.source());
    if (s.answer().isPresent()) {
      var t = s.answer().get().judgement().trainable();
      w.field("trainable", t.answer().name().toLowerCase(Locale.ROOT));
      w.field("score", t.score());
    }
    w.endObject();
  }

  private static void weights(String key, Optional<Weights> side, JsonWriter w) throws IOException {
    if (side.isEmpty()) {
      return;
    }
    Weights x = side.get();
    w.object(key).array("shape");
    for (long d : x.shape().toList()) {
      w.value(d);
    }
    w.endArray().field("mean", x.mean()).field("m2", x.m2()).field("std", x.std());
    if (x.fanIn().isPresent()) {
      w.field("fan_in", x.fanIn().getAsDouble());
    }
    if (x.target().isPresent()) {
      w.field("target_variance", x.target().getAsDouble());
    }
    w.field("scheme", x.scheme().isEmpty() ? null : x.scheme());
    w.field("finding", x.finding().isEmpty() ? null : x.finding());
    if (!Double.isNaN(x.lnM2())) {
      LogNumbers.field(w, "predicted_m2", x.lnM2());
    }
    if (!Double.isNaN(x.lnG())) {
      LogNumbers.field(w, "predicted_gm2", x.lnG());
    }
    w.endObject();
  }
}
