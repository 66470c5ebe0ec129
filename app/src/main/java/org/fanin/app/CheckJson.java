package org.fanin.app;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.fanin.compare.FirstSteps;
import org.fanin.compare.Measured;
import org.fanin.compare.WholeNetwork;
import org.fanin.formats.JsonWriter;
import org.fanin.graph.Export;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Opening;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.judge.Condition;
import org.fanin.judge.Contradiction;
import org.fanin.judge.HeadLoss;
import org.fanin.judge.OpeningText;
import org.fanin.judge.Trainable;
import org.fanin.judge.Verdict;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.predict.Forecast.TensorForecast;
import org.fanin.report.CheckReport;
import org.fanin.report.NextStep;
import org.fanin.report.Recommender;
import org.fanin.report.Recommender.Recommendation;

/// Writes a check in the schema `fanin.check/1` (docs/check.md).
final class CheckJson {
  static final String SCHEMA = "fanin.check/1";
  private final CheckReport report;
  private final Graph graph;
  private final Recommender recommender;
  private final OpeningText openings;
  private final JsonWriter w;
  private final MeasuredJson measured;

  private final Optional<WholeNetwork> whole;

  private CheckJson(CheckReport report, Optional<WholeNetwork> whole, JsonWriter w) {
    this.report = report;
    this.whole = whole;
    this.graph = report.forecast().graph();
    this.recommender = new Recommender(graph);
    this.openings = new OpeningText(graph);
    this.w = w;
    this.measured = new MeasuredJson(report.measured(), graph, w);
  }

  static void write(CheckReport report, Optional<WholeNetwork> whole, OutputStream out)
      throws IOException {
    try (JsonWriter w = JsonWriter.to(out)) {
      new CheckJson(report, whole, w).document();
    }
  }

  private void document() throws IOException {
    w.object().field("schema", SCHEMA).field("model", report.model());
    provenance();
    assumptions();
    export();
    coverage();
    measured.summary();
    if (whole.isPresent()) {
      SpectrumJson.write(whole.get(), w);
    }
    tensors();
    parameters();
    verdicts();
    loss();
    trainable();
    Optional<NextStep> next = NextStep.of(report);
    if (next.isPresent()) {
      NextStepJson.write(next.get(), w);
    }
    w.endObject();
  }

  private void provenance() throws IOException {
    w.object("provenance").field("tool", report.provenance().tool());
    text("producer", report.provenance().producer());
    text("sha256", report.provenance().sha256());
    w.endObject();
  }

  /// Empty texts are null.
  private void text(String key, String value) throws IOException {
    w.field(key, value.isEmpty() ? null : value);
  }

  private void assumptions() throws IOException {
    Forecast.Assumptions a = report.forecast().assumptions();
    w.object("assumptions").field("batch", a.batch()).field("bn", a.mode());
    String all =
        a.inputs().values().stream().distinct().count() == 1
            ? a.inputs().values().iterator().next()
            : a.inputs().entrySet().stream()
                .sorted(java.util.Map.Entry.comparingByKey())
                .map(e -> e.getKey() + ": " + e.getValue())
                .collect(java.util.stream.Collectors.joining("; "));
    w.field("input", all).field("weights", a.weights());
    extents();
    w.field("weights_look_trained", report.trained().trained());
    w.array("because");
    for (String sign : report.trained().because()) {
      w.value(sign);
    }
    w.endArray();
    if (!report.notes().isEmpty()) {
      w.array("input_notes");
      for (String note : report.notes()) {
        w.value(note);
      }
      w.endArray();
    }
    w.endObject();
  }

  /// What was taken for open dimensions, and where the usual extent does not fit.
  private void extents() throws IOException {
    if (graph.bindings().isEmpty()) {
      return;
    }
    w.object("extents");
    for (var e : new java.util.TreeMap<>(graph.bindings()).entrySet()) {
      w.field(e.getKey(), e.getValue());
    }
    w.endObject();
    if (!graph.usualExtents().isEmpty()) {
      w.object("extents_that_do_not_fit");
      for (var e : new java.util.TreeMap<>(graph.usualExtents()).entrySet()) {
        w.field(e.getKey(), e.getValue());
      }
      w.endObject();
    }
  }

  /// What the exporter did to the network.
  private void export() throws IOException {
    Export e = graph.export();
    w.object("export").field("changed", e.changed());
    w.array("folded_norms");
    for (String layer : e.foldedNorms()) {
      w.value(layer);
    }
    w.endArray().field("folded_certain", e.certain());
    w.field("inference_norms", e.inferenceNorms()).field("renamed_weights", e.renamed());
    w.array("merged");
    for (Export.Merged m : e.merged()) {
      w.object().field("tensor", m.tensor()).field("copies", m.matrix()).array("others");
      for (String other : m.others()) {
        w.value(other);
      }
      w.endArray().endObject();
    }
    w.endArray().endObject();
  }

  private void coverage() throws IOException {
    Forecast.Coverage c = report.forecast().coverage();
    w.object("coverage").field("nodes", c.nodes()).field("understood", c.understood());
    w.array("foreign");
    for (Forecast.Coverage.ForeignNode f : c.foreign()) {
      w.object().field("node", f.node()).field("op", f.op()).field("because", f.because());
      w.endObject();
    }
    w.endArray().array("approximated");
    for (Forecast.Coverage.Approximated a : c.approximated()) {
      w.object().field("node", a.node()).field("op", a.op()).field("because", a.because());
      w.endObject();
    }
    w.endArray().endObject();
  }

  private void tensors() throws IOException {
    w.array("tensors");
    for (TensorForecast t : report.forecast().tensors()) {
      Value v = graph.value(t.value());
      if (v.producer() >= 0 && v.dtype().floating()) {
        tensor(t, v);
      }
    }
    w.endArray();
  }

  private void tensor(TensorForecast t, Value v) throws IOException {
    Node n = graph.nodes().get(v.producer());
    w.object().field("name", v.name()).field("node", n.name()).field("op", n.onnxOp());
    if (v.shape().isPresent()) {
      w.field("shape", v.shape().get().toList());
    } else {
      w.nullField("shape");
    }
    w.object("predicted");
    switch (t.forward()) {
      case Forward.Unknown u -> w.field("unknown", u.because());
      case Forward.Known k -> forward(k);
    }
    backward(t.backward());
    w.endObject();
    measured.tensor(t.value());
    w.endObject();
  }

  private void forward(Forward.Known k) throws IOException {
    w.field("mean", k.mean());
    LogNumbers.field(w, "m2", k.lnM2());
    LogNumbers.field(w, "m2_typical", k.lnM2Typical());
    w.field("cos", k.cos());
    LogNumbers.band(w, "m2_band", k.lnM2Typical(), k.lnSpread());
  }

  private void backward(Backward b) throws IOException {
    switch (b) {
      case Backward.Known k -> {
        LogNumbers.field(w, "gm2", k.lnGm2());
        LogNumbers.field(w, "gm2_typical", k.lnGm2Typical());
        LogNumbers.band(w, "gm2_band", k.lnGm2Typical(), k.lnSpread());
      }
      case Backward.Unknown u -> w.field("gm2_unknown", u.because());
      case Backward.None _ -> {}
    }
  }

  private void parameters() throws IOException {
    w.array("parameters");
    for (ParameterForecast p : report.forecast().parameters()) {
      Parameter parameter = graph.parameters().get(p.parameter());
      if (parameter.isTrained()) {
        parameter(p, parameter);
      }
    }
    w.endArray();
    buffers();
  }

  /// What is stored with the network and not trained.
  private void buffers() throws IOException {
    w.array("buffers");
    for (Parameter p : graph.parameters()) {
      if (p.buffer().isPresent()) {
        w.object().field("name", p.name()).field("shape", p.data().shape().toList());
        w.field("kind", p.buffer().get().kind().key());
        w.field("because", p.buffer().get().because()).endObject();
      }
    }
    w.endArray();
  }

  private void parameter(ParameterForecast f, Parameter p) throws IOException {
    w.object().field("name", p.name()).field("role", name(p.role()));
    w.field("shape", p.data().shape().toList());
    w.field("fan_in", p.fan().map(Fan::in).orElse(Double.NaN));
    w.field("fan_out", p.fan().map(Fan::out).orElse(Double.NaN));
    text("scheme", f.scheme());
    w.field("m2", f.m2());
    recommended(p);
    opens(f.parameter());
    w.object("predicted");
    backward(f.gradient());
    w.endObject();
    measured.parameter(f.parameter());
    w.endObject();
  }

  private void recommended(Parameter p) throws IOException {
    Optional<Recommendation> r = recommender.of(p);
    if (r.isEmpty()) {
      w.nullField("recommended");
      return;
    }
    w.object("recommended").field("scheme", r.get().scheme().name());
    w.field("variance", r.get().variance()).field("because", r.get().because()).endObject();
  }

  /// `step` is null where there is none; `state` says why.
  private void opens(int parameter) throws IOException {
    Opening o = report.judgement().openings().get(parameter);
    w.object("opens");
    if (o.first().isPresent()) {
      w.field("step", o.first().getAsInt());
    } else {
      w.nullField("step");
    }
    w.field("state", state(o)).field("because", openings.because(parameter, o));
    Optional<FirstSteps> seen = report.measured().present().flatMap(Measured.Yes::steps);
    if (seen.isPresent() && seen.get().asked().contains(parameter)) {
      OptionalInt step = seen.get().of(parameter);
      if (step.isPresent()) {
        w.field("measured_step", step.getAsInt());
      } else {
        w.nullField("measured_step");
      }
      w.field("steps", seen.get().steps());
      w.field("as_predicted", !seen.get().contradicts(parameter, o));
    }
    w.endObject();
  }

  private static String state(Opening o) {
    return switch (o) {
      case Opening.At _ -> "opens";
      case Opening.Never _ -> "never";
      case Opening.NoPath _ -> "no-path";
      case Opening.NotKnown _ -> "not-known";
      case Opening.NotTrained _ -> "not-trained";
    };
  }

  private static String name(Enum<?> e) {
    return e.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private void verdicts() throws IOException {
    w.array("verdicts");
    for (Verdict v : report.judgement().verdicts()) {
      w.object().field("rule", v.rule()).field("level", name(v.level())).field("at", v.at());
      w.field("value", v.value()).field("threshold", v.threshold());
      w.field("because", v.because()).field("do", v.doThis()).field("source", v.source());
      w.endObject();
    }
    w.endArray();
  }

  private void loss() throws IOException {
    Optional<HeadLoss> found = report.judgement().loss();
    if (found.isEmpty()) {
      w.nullField("loss");
      return;
    }
    HeadLoss l = found.get();
    w.object("loss").field("head", graph.parameters().get(l.head()).name());
    w.field("kind", name(l.kind())).field("classes", l.classes());
    w.field("logit_std", l.logitStd()).field("cross_entropy", l.crossEntropy());
    w.field("ln_v", l.lnClasses()).endObject();
  }

  private void trainable() throws IOException {
    Trainable t = report.judgement().trainable();
    w.object("trainable").field("verdict", name(t.answer())).field("score", t.score());
    w.field("because", t.because());
    w.array("conditions");
    for (Condition condition : t.conditions()) {
      w.value(name(condition));
    }
    w.endArray();
    if (!t.contradicted().isEmpty()) {
      w.array("contradicted");
      for (Contradiction c : t.contradicted()) {
        contradiction(c);
      }
      w.endArray();
    }
    w.endObject();
  }

  private void contradiction(Contradiction c) throws IOException {
    w.object().field("at", c.at()).field("quantity", c.quantity().symbol());
    LogNumbers.field(w, "measured", Digits.ofLn(c.lnMeasured()));
    LogNumbers.field(w, "predicted", c.lnPredicted());
    w.field("z", Digits.few(c.z())).endObject();
  }
}
