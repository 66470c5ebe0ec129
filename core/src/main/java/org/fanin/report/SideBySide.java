package org.fanin.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.fanin.audit.AuditReport;
import org.fanin.audit.Finding;
import org.fanin.audit.Moments;
import org.fanin.audit.TensorAudit;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.plan.Draws;
import org.fanin.plan.InitPlan;
import org.fanin.plan.TensorPlan;
import org.fanin.tensor.Shape;

/// Two files, or a file and a plan, tensor by tensor in the order of the first; what only the
/// second has comes last.
public record SideBySide(Side a, Side b, List<Line> lines) {
  /// Standard errors within which two draws of one law lie; beyond them one pair in 16,000 does.
  private static final double SAMPLING = 4;

  /// Rounding of narrow types, relative.
  private static final double ROUNDING = 1e-3;

  public SideBySide {
    lines = List.copyOf(lines);
  }

  /// One of the two.
  ///
  /// @param source as the user named it
  /// @param tensors by name, in the order of the file
  /// @param answer of `check` on a network: trainable or not; empty for weights alone
  public record Side(String source, Map<String, Weights> tensors, Optional<CheckReport> answer) {
    public Side {
      tensors = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }
  }

  /// One tensor of one side.
  ///
  /// @param mean E w
  /// @param m2 E w²
  /// @param error standard error of m2 as an estimate of its law's; 0 for a plan, which is the law
  /// @param count elements
  /// @param fanIn terms in the sum of one output; empty for what multiplies element by element
  /// @param target variance that keeps the signal through this layer; empty where none is right
  /// @param scheme it was drawn by, or will be; empty when unknown
  /// @param finding the worst rule of the audit that fails or warns; empty without
  /// @param lnM2 ln second moment predicted behind the layer; NaN when there is no forecast
  /// @param lnG the same of the gradient
  public record Weights(
      Shape shape,
      double mean,
      double m2,
      double error,
      long count,
      OptionalDouble fanIn,
      OptionalDouble target,
      String scheme,
      String finding,
      double lnM2,
      double lnG) {
    /// Standard deviation.
    public double std() {
      return Math.sqrt(Math.max(0, m2 - mean * mean));
    }
  }

  /// What differs, the gravest alone.
  public enum Difference {
    NONE(""),
    SCALE("scale"),
    MEAN("mean"),
    SHAPE("shape"),
    ONLY_A("only in A"),
    ONLY_B("only in B");

    private final String words;

    Difference(String words) {
      this.words = words;
    }

    /// For a table.
    public String words() {
      return words;
    }

    /// For JSON: `only-in-a`.
    public String key() {
      return words.isEmpty() ? "none" : words.replace(' ', '-').toLowerCase(java.util.Locale.ROOT);
    }
  }

  /// @param z standard errors that the second moments lie apart; NaN where shapes differ or one is
  ///   missing
  public record Line(
      String name, Optional<Weights> a, Optional<Weights> b, Difference difference, double z) {}

  public static SideBySide of(Side a, Side b) {
    Set<String> names = new LinkedHashSet<>(a.tensors().keySet());
    names.addAll(b.tensors().keySet());
    List<Line> lines = new ArrayList<>();
    for (String name : names) {
      lines.add(
          line(
              name,
              Optional.ofNullable(a.tensors().get(name)),
              Optional.ofNullable(b.tensors().get(name))));
    }
    return new SideBySide(a, b, lines);
  }

  /// Lines that differ.
  public long different() {
    return lines.stream().filter(l -> l.difference() != Difference.NONE).count();
  }

  private static Line line(String name, Optional<Weights> a, Optional<Weights> b) {
    if (a.isEmpty() || b.isEmpty()) {
      Difference d = a.isEmpty() ? Difference.ONLY_B : Difference.ONLY_A;
      return new Line(name, a, b, d, Double.NaN);
    }
    if (!a.get().shape().equals(b.get().shape())) {
      return new Line(name, a, b, Difference.SHAPE, Double.NaN);
    }
    double apart = b.get().m2() - a.get().m2();
    double error = Math.hypot(a.get().error(), b.get().error());
    double room = ROUNDING * Math.max(a.get().m2(), b.get().m2());
    double z = Math.abs(apart) <= room ? 0 : error > 0 ? apart / error : apart / 0.0;
    boolean scale = Math.abs(z) > SAMPLING;
    Difference d = scale ? Difference.SCALE : meanDiffers(a, b) ? Difference.MEAN : Difference.NONE;
    return new Line(name, a, b, d, z);
  }

  private static boolean meanDiffers(Optional<Weights> a, Optional<Weights> b) {
    Weights x = a.orElseThrow();
    Weights y = b.orElseThrow();
    double error =
        Math.sqrt(
            x.std() * x.std() / Math.max(1, x.count())
                + y.std() * y.std() / Math.max(1, y.count()));
    double room = ROUNDING * Math.sqrt(Math.max(x.m2(), y.m2()));
    return Math.abs(x.mean() - y.mean()) > SAMPLING * error + room;
  }

  /// Weights as an audit saw them, and what the network they are of does with them.
  public static Side side(AuditReport audit, Optional<CheckReport> check) {
    Forecasts f = Forecasts.of(check);
    Map<String, Weights> all = new LinkedHashMap<>();
    for (TensorAudit t : audit.tensors()) {
      Moments m = t.moments();
      double error =
          m.finite() == 0 ? 0 : Math.sqrt(Math.max(0, m.m4() - m.m2() * m.m2()) / m.finite());
      all.put(
          t.name(),
          f.at(
              t.name(),
              new Weights(
                  t.spec().shape(),
                  m.mean(),
                  m.m2(),
                  error,
                  m.count(),
                  fanIn(t.spec().fan()),
                  OptionalDouble.empty(),
                  t.drawnBy().scheme().orElse(""),
                  finding(t),
                  Double.NaN,
                  Double.NaN)));
    }
    return new Side(audit.source(), all, check);
  }

  private static OptionalDouble fanIn(Optional<Fan> fan) {
    return fan.map(f -> OptionalDouble.of(f.in())).orElse(OptionalDouble.empty());
  }

  private static String finding(TensorAudit t) {
    return t.findings().stream()
        .filter(x -> x.level() == Finding.Level.FAIL || x.level() == Finding.Level.WARN)
        .map(Finding::kind)
        .findFirst()
        .orElse("");
  }

  /// What a plan will draw; kept tensors have no law and are left out.
  ///
  /// @param check of the network with these laws
  public static Side side(String source, InitPlan plan, Optional<CheckReport> check) {
    Forecasts f = Forecasts.of(check);
    Map<String, Weights> all = new LinkedHashMap<>();
    for (TensorPlan t : plan.tensors()) {
      double mean = Draws.mean(t.draw(), t.shape());
      all.put(
          t.name(),
          f.at(
              t.name(),
              new Weights(
                  t.shape(),
                  mean,
                  Draws.secondMoment(t.draw(), t.shape()),
                  0,
                  t.shape().count(),
                  fanIn(t.spec().fan()),
                  OptionalDouble.empty(),
                  t.scheme(),
                  "",
                  Double.NaN,
                  Double.NaN)));
    }
    return new Side(source, all, check);
  }

  /// Forecast and target by the name of a weight.
  private record Forecasts(Map<String, Row> rows, Map<String, Double> targets) {
    static Forecasts of(Optional<CheckReport> check) {
      Map<String, Row> rows = new LinkedHashMap<>();
      Map<String, Double> targets = new LinkedHashMap<>();
      if (check.isPresent()) {
        Graph g = check.get().forecast().graph();
        for (Row r : Rows.of(check.get().forecast())) {
          if (r.parameter() >= 0) {
            rows.putIfAbsent(g.parameters().get(r.parameter()).name(), r);
          }
        }
        Recommender recommender = new Recommender(g);
        g.parameters().stream()
            .filter(p -> p.isTrained() && p.fan().isPresent())
            .forEach(p -> recommender.of(p).ifPresent(r -> targets.put(p.name(), r.variance())));
      }
      return new Forecasts(rows, targets);
    }

    Weights at(String name, Weights w) {
      Row r = rows.get(name);
      Double target = targets.get(name);
      return new Weights(
          w.shape(),
          w.mean(),
          w.m2(),
          w.error(),
          w.count(),
          w.fanIn(),
          target == null ? OptionalDouble.empty() : OptionalDouble.of(target),
          w.scheme(),
          w.finding(),
          r == null ? Double.NaN : r.lnM2(),
          r == null ? Double.NaN : r.lnG());
    }
  }
}
