package org.fanin.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.fanin.compare.Comparison;
import org.fanin.compare.Expected;
import org.fanin.compare.Precision;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.judge.AttentionWeights;
import org.fanin.judge.Names;
import org.fanin.judge.Numbers;
import org.fanin.probe.ParameterReading;
import org.fanin.probe.Reading;
import org.fanin.tensor.Shape;

/// What elements do, and what low precision would do to them: only what matters, one sentence per
/// kind, the worst layer named and the others counted.
final class ElementsText {
  /// Units that are never active: so many more than expected, or so many at all.
  private static final double DEAD_EXCESS = 0.05;

  private static final double DEAD = 0.3;
  private static final double SATURATED = 0.05;

  /// Entropy below this share of ln n: few keys get all of the weight.
  private static final double ENTROPY = 0.5;

  /// Weights so far apart in gradient over weight are worth a line.
  private static final double APART = 1e4;

  private final Graph graph;
  private final Names names;
  private final Comparison comparison;
  private final List<Row> rows;
  private final List<String> out = new ArrayList<>();

  private ElementsText(Graph graph, Comparison comparison, List<Row> rows) {
    this.graph = graph;
    this.names = new Names(graph);
    this.comparison = comparison;
    this.rows = rows;
  }

  static List<String> sentences(Graph graph, Comparison c, List<Row> rows) {
    ElementsText t = new ElementsText(graph, c, rows);
    t.nonFinite();
    t.neverActive();
    t.saturated();
    t.entropy();
    t.identical();
    t.fp16Values();
    t.fp16Gradients();
    t.updates();
    return t.out;
  }

  /// A layer with something to say.
  ///
  /// @param rank the larger, the worse
  private record Case(Row row, Reading reading, Expected expected, double rank) {}

  /// Layers by falling rank; those with NaN or ≤ 0 have nothing to say.
  private List<Case> cases(Function<Case, Double> rank) {
    List<Case> all = new ArrayList<>();
    for (Row row : rows) {
      Reading r = comparison.readings().values().get(row.output());
      if (r != null) {
        Case c = new Case(row, r, comparison.expectedOf(row.output()), 0);
        double x = rank.apply(c);
        if (x > 0) {
          all.add(new Case(row, r, c.expected(), x));
        }
      }
    }
    all.sort(Comparator.comparingDouble(c -> -c.rank()));
    return all;
  }

  private static String others(List<Case> cases) {
    return switch (cases.size()) {
      case 1 -> "";
      case 2 -> "; one more layer";
      default -> "; " + (cases.size() - 1) + " more layers";
    };
  }

  private static String percent(double share) {
    double p = 100 * share;
    String digits = p >= 9.95 || p == 0 ? "%.0f%%" : p >= 0.95 ? "%.1f%%" : "%.2g%%";
    return share > 0.995 && share < 1
        ? String.format(Locale.ROOT, "%.2f%%", Math.min(p, 99.99))
        : String.format(Locale.ROOT, digits, p);
  }

  private static String predicted(double expected) {
    return Double.isNaN(expected) ? "" : " (" + percent(expected) + " predicted)";
  }

  private void nonFinite() {
    List<Case> found = new ArrayList<>();
    for (Row row : rows) {
      Reading r = comparison.readings().values().get(row.output());
      if (r != null && r.activity().nonFinite() > 0) {
        found.add(new Case(row, r, null, 0));
      }
    }
    if (!found.isEmpty()) {
      Case first = found.getFirst();
      out.add(
          String.format(
              Locale.ROOT,
              "not finite: %s of the elements of %s are NaN or infinite, first there%s",
              percent(first.reading().activity().nonFinite()),
              first.row().name(),
              others(found)));
    }
  }

  private void neverActive() {
    List<Case> found = cases(this::deadRank);
    if (found.isEmpty()) {
      return;
    }
    Case c = found.getFirst();
    Shape s = graph.value(c.row().output()).shape().orElseThrow();
    long units = s.count() / s.dim(0);
    Reading.Activity a = c.reading().activity();
    String units0 =
        String.format(Locale.ROOT, "%d of %d units", Math.round(a.neverActive() * units), units);
    String channels =
        s.rank() < 3
            ? ""
            : String.format(
                Locale.ROOT,
                " and %d of %d channels",
                Math.round(a.neverActiveChannels() * s.dim(1)),
                s.dim(1));
    out.add(
        String.format(
            Locale.ROOT,
            "never active: %s%s of %s, on none of %d samples%s%s",
            units0,
            channels,
            c.row().name(),
            s.dim(0),
            predicted(c.expected().neverActive()),
            others(found)));
  }

  /// Zeros of a mask or a sparse input are no dead units.
  private double deadRank(Case c) {
    int producer = graph.value(c.row().output()).producer();
    if (producer < 0 || !(graph.nodes().get(producer).op() instanceof Op.Pointwise)) {
      return 0;
    }
    Reading.Activity a = c.reading().activity();
    double expected = Double.isNaN(c.expected().neverActive()) ? 0 : c.expected().neverActive();
    boolean channels = c.row().shape().chars().filter(x -> x == ',').count() >= 2;
    boolean matters =
        a.neverActive() > expected + DEAD_EXCESS
            || a.neverActive() > DEAD
            || channels && a.neverActiveChannels() > 0;
    return matters ? a.neverActive() : 0;
  }

  private void saturated() {
    List<Case> found =
        cases(
            c -> {
              double s = saturated(c);
              return s > SATURATED ? s : 0;
            });
    if (!found.isEmpty()) {
      Case c = found.getFirst();
      out.add(
          String.format(
              Locale.ROOT,
              "saturated: %s%s of %s, where the slope is under 1%% of its largest%s%s",
              percent(c.rank()),
              error(c.reading().errors().saturated()),
              c.row().name(),
              predicted(c.expected().saturated() - lower(c, c.expected().zeros())),
              others(found)));
    }
  }

  /// Of a function that is 0 below 0 (ReLU6) only the upper bound counts.
  private double saturated(Case c) {
    return c.reading().activity().saturated() - lower(c, c.reading().zeros());
  }

  private double lower(Case c, double zeros) {
    int producer = graph.value(c.row().output()).producer();
    boolean rectifies =
        producer >= 0
            && graph.nodes().get(producer).op() instanceof Op.Pointwise p
            && Expected.rectifies(p.fn());
    return rectifies ? zeros : 0;
  }

  private static String error(double se) {
    return Double.isNaN(se) || se < 5e-4 ? "" : " ± " + percent(se);
  }

  private void entropy() {
    AttentionWeights attention = new AttentionWeights(graph);
    List<Case> found =
        cases(
            c -> {
              double h = c.reading().activity().entropy();
              return h < ENTROPY && attention.isAttention(producer(c)) ? 1 - h : 0;
            });
    if (!found.isEmpty()) {
      Case c = found.getFirst();
      double expected = c.expected().entropy();
      out.add(
          String.format(
              Locale.ROOT,
              "attention entropy: %.3g of ln n at %s%s: few keys get all of the weight%s",
              c.reading().activity().entropy(),
              c.row().name(),
              Double.isNaN(expected)
                  ? ""
                  : String.format(Locale.ROOT, " (%.3g predicted)", expected),
              others(found)));
    }
  }

  private void identical() {
    List<Case> found = cases(c -> looksUp(c) ? 0 : c.reading().activity().identicalRows());
    if (found.isEmpty()) {
      return;
    }
    Row first =
        rows.stream()
            .filter(r -> found.stream().anyMatch(c -> c.row() == r))
            .findFirst()
            .orElseThrow();
    Case c = found.stream().filter(x -> x.row() == first).findFirst().orElseThrow();
    long n = graph.value(first.output()).shape().orElseThrow().dim(0);
    out.add(
        String.format(
            Locale.ROOT,
            "identical: %d of %d samples equal an earlier one to the last bit at %s%s",
            Math.round(c.reading().activity().identicalRows() * n),
            n,
            first.name(),
            others(found)));
  }

  /// The same ids give the same rows.
  private Node producer(Case c) {
    return graph.nodes().get(graph.value(c.row().output()).producer());
  }

  private boolean looksUp(Case c) {
    int producer = graph.value(c.row().output()).producer();
    return producer >= 0 && graph.nodes().get(producer).op() instanceof Op.Gather;
  }

  // ---- low precision ----

  private Precision.Format format(String name) {
    return comparison.precision().formats().stream()
        .filter(f -> f.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private String name(int value) {
    Value v = graph.value(value);
    return v.producer() < 0 ? v.name() : names.of(graph.nodes().get(v.producer()));
  }

  private static String tensors(Precision.Worst w) {
    return w.tensors() < 2
        ? ""
        : String.format(Locale.ROOT, ", more than 1%% in %d tensors", w.tensors());
  }

  private void fp16Values() {
    Precision.Worst w = format("fp16").valuesOver();
    if (w.value() >= 0) {
      Precision.Worst b = format("bf16").valuesOver();
      out.add(
          String.format(
              Locale.ROOT,
              "fp16: %s of the values of %s overflow%s; bf16: %s",
              percent(w.share()),
              name(w.value()),
              tensors(w),
              b.value() < 0 ? "none" : percent(b.share()) + " of " + name(b.value())));
    }
  }

  private void fp16Gradients() {
    Precision.LossScale s = comparison.precision().lossScale();
    Precision.Worst under = format("fp16").gradientsUnder();
    if (s.needed() == 0 && s.fits()) {
      return;
    }
    String what =
        s.needed() == 0
            ? "gradients overflow at " + name(s.roomAt())
            : String.format(
                Locale.ROOT,
                "%s of the gradients of %s underflow%s",
                percent(under.share()),
                name(under.value()),
                tensors(under));
    out.add("fp16: " + what + "; " + scale(s) + "; " + bf16());
  }

  private String scale(Precision.LossScale s) {
    if (s.fits()) {
      return String.format(
          Locale.ROOT, "a loss scale of 2^%d (to 2^%d) leaves at most 1%%", s.needed(), s.room());
    }
    if (s.needed() == 0) {
      return String.format(Locale.ROOT, "a loss scale of 2^%d would be needed", s.room());
    }
    return String.format(
        Locale.ROOT,
        "no loss scale serves all: %s wants 2^%d, %s overflows beyond 2^%d",
        name(s.neededAt()),
        s.needed(),
        name(s.roomAt()),
        s.room());
  }

  private String bf16() {
    Precision.Worst b = format("bf16").gradientsUnder();
    return b.share() <= Precision.SHARE
        ? "bf16 needs none"
        : String.format(
            Locale.ROOT, "bf16: %s of those of %s too", percent(b.share()), name(b.value()));
  }

  // ---- updates ----

  private void updates() {
    List<ParameterReading> weights =
        comparison.readings().parameters().stream()
            .filter(p -> graph.parameters().get(p.index()).fan().isPresent())
            .filter(p -> p.updateToWeight() > 0 && Double.isFinite(p.updateToWeight()))
            .sorted(Comparator.comparingDouble(ParameterReading::updateToWeight))
            .collect(Collectors.toList());
    if (weights.size() < 2) {
      return;
    }
    ParameterReading least = weights.getFirst();
    ParameterReading most = weights.getLast();
    if (most.updateToWeight() > APART * least.updateToWeight()) {
      out.add(
          String.format(
              Locale.ROOT,
              "gradient over weight: %s at %s to %s at %s: one learning rate cannot serve both",
              Numbers.of(least.updateToWeight()),
              least.name(),
              Numbers.of(most.updateToWeight()),
              most.name()));
    }
  }
}
