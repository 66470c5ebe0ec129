package org.fanin.app;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.fanin.compare.Pair;
import org.fanin.compare.WholeNetwork;
import org.fanin.formats.JsonWriter;
import org.fanin.spectrum.Estimate;
import org.fanin.spectrum.Found;
import org.fanin.spectrum.JacobianSpectrum;
import org.fanin.spectrum.JacobianSpectrum.Extremes;
import org.fanin.spectrum.LogDensity;
import org.fanin.spectrum.TangentKernel;

/// The keys `jacobian` and `ntk` of `fanin.check/1`; six significant digits, fewer where rounding
/// leaves fewer.
final class SpectrumJson {
  private static final int DIGITS = 6;
  private final JsonWriter w;

  private SpectrumJson(JsonWriter w) {
    this.w = w;
  }

  static void write(WholeNetwork n, JsonWriter w) throws IOException {
    SpectrumJson s = new SpectrumJson(w);
    switch (n) {
      case WholeNetwork.Skipped(String because) -> {
        w.object("jacobian").field("skipped", because).endObject();
        w.object("ntk").field("skipped", because).endObject();
      }
      case WholeNetwork.Yes y -> {
        w.object("jacobian");
        s.jacobian(y);
        w.endObject().object("ntk");
        s.kernel(y);
        w.endObject();
      }
    }
  }

  private static double round(double x, int digits) {
    return x == 0 || !Double.isFinite(x)
        ? x
        : new BigDecimal(x).round(new MathContext(digits)).doubleValue();
  }

  private static double round(double x) {
    return round(x, DIGITS);
  }

  /// ln, rounded so that its exponential keeps six digits.
  private static double roundLn(double ln) {
    return Double.isFinite(ln)
        ? new BigDecimal(ln).setScale(DIGITS, java.math.RoundingMode.HALF_EVEN).doubleValue()
        : ln;
  }

  private void jacobian(WholeNetwork.Yes y) throws IOException {
    switch (y.jacobian()) {
      case Found.Unknown<JacobianSpectrum>(String because) -> w.field("unknown", because);
      case Found.Known<JacobianSpectrum>(JacobianSpectrum s) -> {
        w.field("engine", y.engine());
        w.field("method", s.method().name().toLowerCase(Locale.ROOT));
        w.field(
            "unit",
            switch (s.unit()) {
              case SAMPLE -> "sample";
              case BATCH_COUPLED -> "batch";
              case WHOLE -> "whole";
            });
        w.field("rows", (long) s.rows()).field("columns", (long) s.columns());
        names("from", s.from());
        w.field("passes", (long) s.passes());
        moments(s, y.growth());
        extremes(s, s.worst());
        w.array("matrices");
        for (Extremes e : s.matrices()) {
          w.object();
          extremes(s, e);
          w.endObject();
        }
        w.endArray();
        density(s);
        names("notes", y.notes());
      }
    }
  }

  private void names(String key, List<String> names) throws IOException {
    w.array(key);
    for (String n : names) {
      w.value(n);
    }
    w.endArray();
  }

  private void moments(JacobianSpectrum s, Optional<Pair> predicted) throws IOException {
    estimate("mean_square", s.lnMeanSquare(), predicted);
    w.field("relative_variance", round(s.relativeVariance().value()));
    w.object("relative_variance_se");
    errors(s.relativeVariance());
  }

  /// The value, its relative errors, and what was predicted.
  private void estimate(String key, Estimate e, Optional<Pair> predicted) throws IOException {
    LogNumbers.field(w, key, roundLn(e.value()));
    w.object(key + "_relative_se");
    errors(e);
    if (predicted.isPresent() && !Double.isNaN(predicted.get().lnPredicted())) {
      Pair p = predicted.get();
      w.object("predicted");
      LogNumbers.field(w, key, p.lnPredicted());
      w.field("ln_spread", p.spread()).field("z", round(p.z()));
      w.field("finding", p.finding().name().toLowerCase(Locale.ROOT)).endObject();
    }
  }

  private void errors(Estimate e) throws IOException {
    w.field("probes", round(e.probeError(), 3)).field("samples", round(e.sampleError(), 3));
    w.endObject();
  }

  private void extremes(JacobianSpectrum s, Extremes e) throws IOException {
    w.field("largest", round(e.largest())).field("largest_error", round(e.largestError(), 3));
    int digits = digits(s, e);
    w.field("smallest", round(e.smallest(), digits)).field("smallest_is_bound", e.bound());
    w.field("zeros", round(e.zeros()));
    double condition = e.condition();
    w.field("condition", round(condition, digits));
    if (!Double.isFinite(condition)) {
      w.field(
          "condition_because",
          e.largest() == 0
              ? "the Jacobian is exactly 0"
              : "infinite: some singular values are 0 within rounding");
      w.field("condition_of_rest", round(e.conditionOfRest(), digits));
    }
  }

  /// Digits of the smallest singular value above the rounding of the largest.
  private static int digits(JacobianSpectrum s, Extremes e) {
    double floor = Extremes.ROUNDING * e.largest() * Math.sqrt((double) s.rows() * s.columns());
    double d = Math.floor(Math.log10(e.smallest() / floor));
    return Double.isFinite(d) ? (int) Math.clamp(d, 1, DIGITS) : DIGITS;
  }

  private void density(JacobianSpectrum s) throws IOException {
    LogDensity d = s.density();
    w.object("density").field("log10_width", d.width());
    w.field("resolved_above", round(s.resolution(), 3));
    w.array("bins");
    for (int i = 0; i < d.shares().size(); i++) {
      w.object().field("log10", round(d.centre(i)));
      w.field("share", round(d.shares().get(i))).field("se", round(d.errors().get(i), 3));
      w.endObject();
    }
    w.endArray();
    w.field("zeros", round(d.zeros())).field("zeros_se", round(d.zerosError(), 3)).endObject();
  }

  private void kernel(WholeNetwork.Yes y) throws IOException {
    switch (y.kernel()) {
      case Found.Unknown<TangentKernel>(String because) -> w.field("unknown", because);
      case Found.Known<TangentKernel>(TangentKernel k) -> {
        w.field("method", k.exact() ? "exact" : "hutchinson");
        w.field("samples", (long) k.samples()).field("outputs", (long) k.outputs());
        w.field("passes", (long) k.passes());
        estimate("mean_diagonal", k.lnMeanDiagonal(), y.diagonal());
        double ln = k.lnMeanDiagonal().value();
        double all = Math.log((double) k.samples() * k.outputs());
        LogNumbers.field(w, "trace", roundLn(ln + all));
        eigenvalue("largest_eigenvalue", k.eigenvalues().getFirst(), ln);
        eigenvalue("smallest_eigenvalue", k.eigenvalues().getLast(), ln);
        condition(k);
        matrix(k);
        shares(k);
      }
    }
  }

  private void eigenvalue(String key, double relative, double ln) throws IOException {
    double value = relative <= 0 ? Double.NEGATIVE_INFINITY : Math.log(relative) + ln;
    LogNumbers.field(w, key, roundLn(value));
  }

  private void condition(TangentKernel k) throws IOException {
    double ln = k.lnCondition().value();
    w.field("condition", round(Math.exp(ln)));
    w.field("condition_relative_se", round(k.lnCondition().probeError(), 3));
    if (!Double.isFinite(ln)) {
      w.field(
          "condition_because",
          k.zero() ? "the kernel is exactly 0" : "infinite: the smallest eigenvalue is rounding");
    }
  }

  private void matrix(TangentKernel k) throws IOException {
    w.array("kernel");
    for (List<Double> row : k.matrix()) {
      w.array();
      for (double x : row) {
        w.value(round(x));
      }
      w.endArray();
    }
    w.endArray();
  }

  private void shares(TangentKernel k) throws IOException {
    w.array("shares");
    for (TangentKernel.Share s : k.shares()) {
      w.object().field("parameter", s.parameter()).field("share", round(s.share()));
      w.field("se", round(s.error(), 3)).endObject();
    }
    w.endArray();
  }
}
