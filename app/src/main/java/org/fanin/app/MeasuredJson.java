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
import org.fanin.graph.Graph;
import org.fanin.probe.ParameterReading;
import org.fanin.probe.Reading;

/// The measured half of `fanin.check/1`. Writes nothing at all when nobody asked for a measurement.
final class MeasuredJson {
  private final JsonWriter w;
  private final Measured measured;
  private final Optional<Measured.Yes> yes;
  private final Map<Integer, ParameterReading> parameters = new HashMap<>();
  private final Graph graph;
  private final ReadingJson readings;

  MeasuredJson(Measured measured, Graph graph, JsonWriter w) {
    this.w = w;
    this.graph = graph;
    this.readings = new ReadingJson(w);
    this.measured = measured;
    this.yes = measured.present();
    yes.ifPresent(
        m -> {
          for (ParameterReading p : m.comparison().readings().parameters()) {
            parameters.put(p.index(), p);
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
        w.field("arithmetic", m.comparison().readings().arithmetic().key());
        for (Map.Entry<Pair.Finding, Integer> e : m.comparison().counts().entrySet()) {
          w.field(key(e.getKey()), (long) e.getValue());
        }
        w.object("parameters");
        for (Map.Entry<Pair.Finding, Integer> e : m.comparison().parameterCounts().entrySet()) {
          w.field(key(e.getKey()), (long) e.getValue());
        }
        w.endObject().array("notes");
        for (String note : m.notes()) {
          w.value(note);
        }
        w.endArray();
        readings.precision(m.comparison().precision(), graph);
        w.endObject();
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
      Pair signal = m.comparison().signal().get(value);
      Pair gradient = m.comparison().gradient().get(value);
      readings.write(r, zeroed(signal), zeroed(gradient));
      readings.activity(r, m.comparison().expectedOf(value), graph.value(value).shape());
      if (signal != null) {
        pair(signal, gradient);
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

  /// Rounding where 0 was due: its digits say nothing.
  private static boolean zeroed(Pair p) {
    return p != null
        && p.lnPredicted() == Double.NEGATIVE_INFINITY
        && p.finding() == Pair.Finding.AS_PREDICTED;
  }

  private void pair(Pair signal, Pair gradient) throws IOException {
    w.object("z").field("m2", Digits.few(signal.z()));
    if (gradient != null) {
      w.field("gm2", Digits.few(gradient.z()));
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
    ParameterReading r = parameters.get(index);
    if (r != null && r.reading().hasGradient()) {
      Pair p = yes.get().comparison().parameters().get(index);
      w.object("measured");
      readings.parameter(r, zeroed(p));
      if (p != null) {
        w.object("z").field("gm2", Digits.few(p.z())).endObject();
        w.object("finding").field("gm2", key(p.finding())).endObject();
      }
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
      LogNumbers.field(w, key, Digits.ofLn(s.lnMean()));
      LogNumbers.field(w, key + "_typical", Digits.ofLn(s.lnTypical()));
      w.field(key + "_ln_sd", Digits.of(s.spread()));
    }
  }
}
