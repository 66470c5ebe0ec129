package org.fanin.app;

import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.fanin.compare.Draws;
import org.fanin.compare.Measured;
import org.fanin.compare.Pair;
import org.fanin.formats.JsonWriter;
import org.fanin.probe.ParameterReading;
import org.fanin.probe.Reading;

/// The measured half of `fanin.check/1`. Writes nothing at all when nobody asked for a measurement.
final class MeasuredJson {
  private final JsonWriter w;
  private final Measured measured;
  private final Optional<Measured.Yes> yes;
  private final Map<Integer, Reading> parameters = new HashMap<>();

  MeasuredJson(Measured measured, JsonWriter w) {
    this.w = w;
    this.measured = measured;
    this.yes = measured.present();
    yes.ifPresent(
        m -> {
          for (ParameterReading p : m.comparison().readings().parameters()) {
            parameters.put(p.index(), p.reading());
          }
        });
  }

  /// Top level: who measured, and how often prediction and measurement agree.
  void summary() throws IOException {
    switch (measured) {
      case Measured.No _ -> {}
      case Measured.Skipped(String because) -> {
        w.object("measurement").field("skipped", because).endObject();
      }
      case Measured.Yes m -> {
        w.object("measurement").field("engine", m.comparison().readings().engine());
        for (Map.Entry<Pair.Finding, Integer> e : m.comparison().counts().entrySet()) {
          w.field(key(e.getKey()), (long) e.getValue());
        }
        w.array("notes");
        for (String note : m.notes()) {
          w.value(note);
        }
        w.endArray().endObject();
        if (m.draws().isPresent()) {
          Draws d = m.draws().get();
          w.field("draws", (long) d.count()).field("parameters_redrawn", (long) d.redrawn());
          w.field("parameters_kept", (long) d.kept());
        }
      }
    }
  }

  private static String key(Enum<?> e) {
    return e.name().toLowerCase(Locale.ROOT);
  }

  void tensor(int value) throws IOException {
    if (yes.isEmpty()) {
      return;
    }
    Measured.Yes m = yes.get();
    Reading r = m.comparison().readings().values().get(value);
    String because = m.comparison().readings().unmeasured().get(value);
    if (r != null) {
      w.object("measured");
      reading(r);
      Pair signal = m.comparison().signal().get(value);
      if (signal != null) {
        pair(signal, m.comparison().gradient().get(value));
      }
      w.endObject();
    } else if (because != null) {
      w.object("measured").field("unknown", because).endObject();
    }
    if (m.draws().isPresent()) {
      Draws d = m.draws().get();
      draws(d.signal().get(value), d.gradient().get(value));
    }
  }

  private void reading(Reading r) throws IOException {
    w.field("mean", r.mean());
    LogNumbers.field(w, "m2", r.lnM2());
    w.field("cos", r.cos());
    if (r.hasGradient()) {
      LogNumbers.field(w, "gm2", r.lnGm2());
    }
    w.field("zeros", r.zeros());
    Reading.Errors e = r.errors();
    w.object("se").field("mean", e.mean()).field("m2", e.m2()).field("cos", e.cos());
    if (r.hasGradient()) {
      w.field("gm2", e.gm2());
    }
    w.field("zeros", e.zeros()).endObject();
  }

  private void pair(Pair signal, Pair gradient) throws IOException {
    w.object("z").field("m2", signal.z());
    if (gradient != null) {
      w.field("gm2", gradient.z());
    }
    w.endObject().object("finding").field("m2", key(signal.finding()));
    if (gradient != null) {
      w.field("gm2", key(gradient.finding()));
    }
    w.endObject();
  }

  void parameter(int index) throws IOException {
    if (yes.isEmpty()) {
      return;
    }
    Reading r = parameters.get(index);
    if (r != null && r.hasGradient()) {
      w.object("measured");
      LogNumbers.field(w, "gm2", r.lnGm2());
      w.endObject();
    }
    if (yes.get().draws().isPresent()) {
      draws(null, yes.get().draws().get().parameters().get(index));
    }
  }

  private void draws(Draws.Spread signal, Draws.Spread gradient) throws IOException {
    if (signal == null && gradient == null) {
      return;
    }
    w.object("measured_draws");
    spread("m2", signal);
    spread("gm2", gradient);
    w.endObject();
  }

  private void spread(String key, Draws.Spread s) throws IOException {
    if (s != null) {
      LogNumbers.field(w, key, s.lnMean());
      LogNumbers.field(w, key + "_typical", s.lnTypical());
      w.field(key + "_ln_sd", s.spread());
    }
  }
}
