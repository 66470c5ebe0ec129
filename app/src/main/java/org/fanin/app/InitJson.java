package org.fanin.app;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.fanin.app.InitPlanner.Effect;
import org.fanin.app.InitPlanner.Planned;
import org.fanin.compare.Verification;
import org.fanin.formats.JsonWriter;
import org.fanin.formats.WriteReport;
import org.fanin.graph.Buffer;
import org.fanin.judge.Verdict;
import org.fanin.plan.InitPlan;
import org.fanin.plan.TensorPlan;
import org.fanin.solve.Lsuv;

/// `init --json`: schema `fanin.init/1`. Nothing of the host or the time is in it.
final class InitJson {
  static final String SCHEMA = "fanin.init/1";

  private final JsonWriter w;

  private InitJson(JsonWriter w) {
    this.w = w;
  }

  static void write(InitSource source, Planned planned, InitOutcome outcome, OutputStream out)
      throws IOException {
    try (JsonWriter w = JsonWriter.to(out)) {
      new InitJson(w).document(source, planned, outcome);
    }
  }

  private void document(InitSource source, Planned planned, InitOutcome outcome)
      throws IOException {
    InitPlan plan = planned.plan();
    w.object().field("schema", SCHEMA).field("source", source.file().toString());
    w.field("recipe", plan.recipe()).field("seed", plan.seed());
    w.field("fill_format", 1L).field("plan_sha256", planned.hash());
    tensors(plan.tensors());
    w.array("kept");
    for (InitPlan.Kept k : plan.kept()) {
      w.object().field("name", k.name()).field("shape", k.shape().toList());
      w.field("kind", k.kind().map(Buffer.Kind::key).orElse(null));
      w.field("because", k.because()).endObject();
    }
    w.endArray();
    effect("before", planned.before());
    effect("after", planned.after());
    if (planned.lsuv().isPresent()) {
      lsuv(planned.lsuv().get(), source.inputs());
    }
    w.array("files");
    if (outcome.report().isPresent()) {
      for (WriteReport.Written f : outcome.report().get().files()) {
        w.object().field("name", f.file().getFileName().toString()).field("bytes", f.bytes());
        w.field("sha256", f.sha256().isEmpty() ? null : f.sha256()).endObject();
      }
    }
    w.endArray();
    if (outcome.verification().isPresent()) {
      verification(outcome.verification().get());
    }
    w.endObject();
  }

  private void lsuv(Lsuv.Result r, InitSource.Inputs inputs) throws IOException {
    w.object("lsuv").field("data", inputs.data()).field("batch", inputs.batch());
    w.field("passes", (long) r.passes()).array("layers");
    for (Lsuv.Layer l : r.layers()) {
      w.object().field("tensor", l.tensor()).field("node", l.node());
      w.field("target", Digits.of(l.target())).field("unscaled_std", Digits.of(l.unscaled()));
      w.field("factor", l.factor()).field("std", Digits.of(l.std()));
      w.field("state", word(l.state().name())).field("note", l.note()).endObject();
    }
    w.endArray().endObject();
  }

  private void verification(Verification v) throws IOException {
    w.object("verification").field("engine", v.engine()).field("as_planned", v.asPlanned());
    w.array("contradictions");
    for (String c : v.contradictions()) {
      w.value(c);
    }
    w.endArray();
    spread("m2", v.signal());
    spread("gm2", v.gradient());
    w.array("layers");
    for (Verification.Layer l : v.layers()) {
      w.object().field("node", l.node()).field("weight", l.weight());
      level("before", l.before());
      level("after", l.after());
      w.endObject();
    }
    w.endArray().endObject();
  }

  private void spread(String what, Verification.Spread s) throws IOException {
    w.object("log10_" + what + "_spread_layers").field("before", Digits.of(s.before()));
    w.field("after", Digits.of(s.after())).field("predicted", s.predicted()).endObject();
  }

  private void level(String key, Verification.Level l) throws IOException {
    w.object(key).field("std", Digits.of(l.std())).field("m2", Digits.of(l.m2()));
    w.field("gm2", Digits.of(l.gm2())).endObject();
  }

  private void tensors(List<TensorPlan> tensors) throws IOException {
    w.array("tensors");
    for (TensorPlan t : tensors) {
      w.object().field("name", t.name()).array("shape");
      for (long d : t.shape().toArray()) {
        w.value(d);
      }
      w.endArray();
      w.field("dtype", word(t.dtype().name())).field("role", word(t.spec().role().name()));
      w.field("scheme", t.scheme()).field("variance", t.variance());
      w.field("because", t.because()).field("source", t.source()).endObject();
    }
    w.endArray();
  }

  private static String word(String constant) {
    return constant.toLowerCase(Locale.ROOT);
  }

  private void effect(String key, Optional<Effect> effect) throws IOException {
    if (effect.isEmpty()) {
      return;
    }
    Effect e = effect.get();
    w.object(key);
    w.field("log10_m2_spread", e.evenness().signal());
    w.field("log10_gm2_spread", e.evenness().gradient());
    w.field("log10_m2_spread_layers", e.evenness().layerSignal());
    w.field("log10_gm2_spread_layers", e.evenness().layerGradient());
    w.field("healthy", e.judgement().healthy());
    w.field("trainable", word(e.judgement().trainable().answer().name()));
    w.field("score", e.judgement().trainable().score());
    w.array("failed");
    for (Verdict v : e.judgement().verdicts()) {
      if (v.level() == Verdict.Level.FAIL) {
        w.object().field("rule", v.rule()).field("at", v.at());
        w.field("because", v.because()).endObject();
      }
    }
    w.endArray().endObject();
  }
}
