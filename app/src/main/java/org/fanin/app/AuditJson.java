package org.fanin.app;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import org.fanin.audit.AuditReport;
import org.fanin.audit.Effect;
import org.fanin.audit.Expectation;
import org.fanin.audit.Finding;
import org.fanin.audit.Moments;
import org.fanin.audit.Recognition;
import org.fanin.audit.Rows;
import org.fanin.audit.ShapeLaw;
import org.fanin.audit.Spectrum;
import org.fanin.audit.TensorAudit;
import org.fanin.audit.Verdict;
import org.fanin.formats.JsonWriter;

/// Writes an audit in the schema `fanin.audit/1` (docs/audit.md).
final class AuditJson {
  static final String SCHEMA = "fanin.audit/1";
  private final JsonWriter w;

  private AuditJson(JsonWriter w) {
    this.w = w;
  }

  static void write(AuditReport report, OutputStream out) throws IOException {
    try (JsonWriter w = JsonWriter.to(out)) {
      new AuditJson(w).document(report);
    }
  }

  private void document(AuditReport r) throws IOException {
    w.object().field("schema", SCHEMA).field("file", r.source()).field("format", r.format());
    w.object("provenance").field("tool", "fanin " + Version.text()).endObject();
    w.object("recipe").field("name", r.recipe().orElse(null));
    w.field("because", r.recipeBecause().isEmpty() ? null : r.recipeBecause()).endObject();
    w.object("assumptions").field("weights_look_trained", r.trained().trained());
    names("because", r.trained().because());
    w.endObject();
    w.field("bytes", r.bytes()).field("healthy", r.healthy());
    w.array("parameters");
    for (TensorAudit t : r.tensors()) {
      tensor(t);
    }
    w.endArray().array("skipped");
    for (String s : r.skipped()) {
      w.value(s);
    }
    w.endArray().array("verdicts");
    for (Verdict v : r.verdicts()) {
      w.object();
      finding(v.finding());
      names("tensors", v.tensors());
      w.endObject();
    }
    w.endArray().endObject();
  }

  private void tensor(TensorAudit t) throws IOException {
    Moments m = t.moments();
    Recognition d = t.drawnBy();
    w.object().field("name", t.name());
    w.array("shape");
    for (long extent : t.spec().shape().toList()) {
      w.value(extent);
    }
    w.endArray().field("dtype", lower(t.spec().dtype())).field("role", lower(t.spec().role()));
    w.field("scheme", d.scheme().orElse(null)).field("confidence", d.confidence());
    names("alternatives", d.alternatives());
    w.field("fans_counted", d.fans().isEmpty() ? null : d.fans());
    w.field("m2", m.m2()).field("mean", m.mean());
    expected(t);
    w.array("findings");
    for (Finding f : t.findings()) {
      w.object();
      finding(f);
      w.endObject();
    }
    w.endArray();
    place(t);
    moments(m);
    law(d.law());
    parts(t.parts());
    rows("rows", t.rows());
    rows("columns", t.columns());
    spectrum(t);
    effect(t);
    w.endObject();
  }

  private void expected(TensorAudit t) throws IOException {
    if (t.expected().isEmpty()) {
      w.field("expected", (String) null);
      return;
    }
    Expectation e = t.expected().get();
    w.object("expected").field("scheme", e.scheme()).field("variance", e.variance());
    w.field("z", e.z()).field("because", e.because()).endObject();
  }

  private void place(TensorAudit t) throws IOException {
    if (t.spec().fan().isPresent()) {
      var fan = t.spec().fan().get();
      w.field("fan_in", fan.in()).field("fan_out", fan.out()).field("blocks", fan.blocks());
      w.field("m2_fan_in", t.moments().m2() * fan.in());
    }
    w.field("residual_end", t.spec().residualEnd()).field("layer", t.spec().layer());
    w.field("because", t.spec().because());
  }

  private void moments(Moments m) throws IOException {
    w.object("moments").field("count", m.count()).field("m4", m.m4());
    w.field("kurtosis", m.kurtosis()).field("min", m.min()).field("max", m.max());
    w.field("zeros", m.zeros()).field("nan", m.nan()).field("infinite", m.infinite());
    w.endObject();
  }

  private void law(ShapeLaw l) throws IOException {
    w.object("law").field("kind", lower(l.kind())).field("scale", l.scale());
    w.field("cut", l.cut()).field("ks", l.distance()).endObject();
  }

  private void parts(List<Moments> parts) throws IOException {
    w.array("parts");
    for (Moments m : parts) {
      w.object().field("m2", m.m2()).field("mean", m.mean()).endObject();
    }
    w.endArray();
  }

  private void rows(String key, Rows r) throws IOException {
    if (r.units() == 0) {
      return;
    }
    w.object(key).field("units", r.units()).field("dead", r.dead());
    w.field("constant", r.constant()).field("duplicates", r.duplicates()).endObject();
  }

  private void spectrum(TensorAudit t) throws IOException {
    if (t.spectrum().isEmpty()) {
      w.field("spectral_norm", Double.NaN);
      return;
    }
    Spectrum s = t.spectrum().get();
    w.field("spectral_norm", s.norm());
    w.object("spectrum").field("edge", s.edge()).field("ratio", s.ratio());
    w.field("rows", s.rows()).field("of", s.of()).field("columns", s.columns());
    w.field("iterations", s.iterations()).field("last_change", s.lastChange());
    w.field("orthogonality", s.orthogonality()).endObject();
  }

  private void effect(TensorAudit t) throws IOException {
    if (t.effect().isPresent()) {
      Effect e = t.effect().get();
      w.object("effect").field("activation", e.activation()).field("per_layer", e.perLayer());
      w.field("layers", e.layers()).field("says", e.says()).endObject();
    }
  }

  private void finding(Finding f) throws IOException {
    w.field("level", lower(f.level())).field("kind", f.kind()).field("says", f.says());
    w.field("effect", f.effect().isEmpty() ? null : f.effect());
    w.field("value", f.value()).field("wanted", f.wanted());
  }

  private void names(String key, List<String> names) throws IOException {
    w.array(key);
    for (String n : names) {
      w.value(n);
    }
    w.endArray();
  }

  private static String lower(Enum<?> e) {
    return e.name().toLowerCase(Locale.ROOT);
  }
}
