package org.fanin.app;

import java.io.IOException;
import java.util.Optional;
import org.fanin.compare.Expected;
import org.fanin.compare.Precision;
import org.fanin.formats.JsonWriter;
import org.fanin.graph.Graph;
import org.fanin.probe.ParameterReading;
import org.fanin.probe.Reading;
import org.fanin.tensor.Shape;

/// One reading as JSON (docs/measure.md).
final class ReadingJson {
  private final JsonWriter w;

  ReadingJson(JsonWriter w) {
    this.w = w;
  }

  /// @param noSignal whether m2 is rounding where 0 is due
  /// @param noGradient the same of gm2
  void write(Reading r, boolean noSignal, boolean noGradient) throws IOException {
    double unit = Math.exp(r.lnM2() / 2);
    w.field("mean", Digits.beside(r.mean(), unit));
    moment("m2", r.lnM2(), noSignal);
    w.field("cos", Digits.beside(r.cos(), 1));
    if (r.hasGradient()) {
      moment("gm2", r.lnGm2(), noGradient);
    }
    w.field("zeros", Digits.of(r.zeros()));
    Reading.Errors e = r.errors();
    w.object("se").field("mean", Digits.beside(e.mean(), unit));
    w.field("m2", Digits.beside(e.m2(), r.m2())).field("cos", Digits.beside(e.cos(), 1));
    if (r.hasGradient()) {
      w.field("gm2", noGradient ? 0 : Digits.beside(e.gm2(), r.gm2()));
    }
    w.field("zeros", Digits.of(e.zeros())).endObject();
    ranges(r, noSignal, noGradient);
  }

  private void moment(String key, double ln, boolean zero) throws IOException {
    // Not through ln: that would cost the digits that were rounded to.
    double x = Math.exp(ln);
    if (zero) {
      w.field(key, 0.0);
    } else if (x > 1e-300 && x < 1e300) {
      w.field(key, Digits.of(x));
    } else {
      LogNumbers.field(w, key, Digits.ofLn(ln));
    }
  }

  /// What the elements do, counted, with what theory expects.
  void activity(Reading r, Expected e, Optional<Shape> shape) throws IOException {
    Reading.Activity a = r.activity();
    if (!Double.isNaN(e.zeros())) {
      w.field("zeros_predicted", Digits.of(e.zeros()));
    }
    if (a.nonFinite() > 0) {
      w.field("non_finite", a.nonFinite());
    }
    if (shape.isPresent() && shape.get().rank() > 0 && !Double.isNaN(a.neverActive())) {
      Shape s = shape.get();
      long units = s.count() / Math.max(1, s.dim(0));
      w.object("never_active").field("units", Math.round(a.neverActive() * units));
      w.field("of", units);
      predicted(e.neverActive());
      w.endObject();
      long channels = s.rank() < 3 ? units : s.dim(1);
      w.object("never_active_channels");
      w.field("channels", Math.round(a.neverActiveChannels() * channels)).field("of", channels);
      w.endObject();
      if (!Double.isNaN(a.identicalRows())) {
        w.field("identical_samples", Math.round(a.identicalRows() * s.dim(0)));
      }
    }
    share("saturated", a.saturated(), r.errors().saturated(), e.saturated());
    share("entropy", a.entropy(), r.errors().entropy(), e.entropy());
  }

  private void share(String key, double share, double error, double expected) throws IOException {
    if (!Double.isNaN(share)) {
      w.object(key).field("share", Digits.of(share)).field("se", Digits.beside(error, 1));
      predicted(expected);
      w.endObject();
    }
  }

  private void predicted(double x) throws IOException {
    if (!Double.isNaN(x)) {
      w.field("predicted", Digits.of(x));
    }
  }

  private void ranges(Reading r, boolean noSignal, boolean noGradient) throws IOException {
    w.object("precision");
    if (!noSignal) {
      range("values", r.values());
    }
    if (r.hasGradient() && !noGradient) {
      range("gradients", r.gradients());
    }
    w.endObject();
  }

  private void range(String key, Reading.Range r) throws IOException {
    w.object(key);
    w.field("fp16", r.fp16Under(), r.fp16Over()).field("bf16", r.bf16Under(), r.bf16Over());
    w.field("e4m3", r.e4m3Under(), r.e4m3Over()).field("e5m2", r.e5m2Under(), r.e5m2Over());
    if (r.largest() != Integer.MIN_VALUE) {
      w.field("log2_largest", (long) r.largest()).field("log2_one_percent", (long) r.onePercent());
      w.field("counted", r.counted());
    }
    w.endObject();
  }

  void parameter(ParameterReading p, boolean noGradient) throws IOException {
    Reading r = p.reading();
    moment("gm2", r.lnGm2(), noGradient);
    w.field("update_to_weight", noGradient ? 0 : Digits.of(p.updateToWeight()));
    w.object("se").field("gm2", noGradient ? 0 : Digits.beside(r.errors().gm2(), r.gm2()));
    w.endObject();
    ranges(r, false, noGradient);
  }

  /// The whole network's.
  void precision(Precision p, Graph g) throws IOException {
    w.object("precision");
    for (Precision.Format f : p.formats()) {
      w.object(f.name());
      worst("values_under", f.valuesUnder(), g);
      worst("values_over", f.valuesOver(), g);
      worst("gradients_under", f.gradientsUnder(), g);
      worst("gradients_over", f.gradientsOver(), g);
      w.endObject();
    }
    Precision.LossScale s = p.lossScale();
    w.object("loss_scale").field("log2_needed", (long) s.needed());
    w.field("needed_at", name(s.neededAt(), g));
    if (s.roomAt() >= 0) {
      w.field("log2_largest", (long) s.room());
    }
    w.field("largest_at", name(s.roomAt(), g)).field("fits", s.fits()).endObject();
    w.endObject();
  }

  private void worst(String key, Precision.Worst x, Graph g) throws IOException {
    w.object(key).field("share", x.share()).field("at", name(x.value(), g));
    w.field("tensors", (long) x.tensors()).endObject();
  }

  private static String name(int value, Graph g) {
    return value < 0 ? null : g.value(value).name();
  }
}
