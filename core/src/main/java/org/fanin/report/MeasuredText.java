package org.fanin.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.fanin.compare.Comparison;
import org.fanin.compare.FirstSteps;
import org.fanin.compare.Measured;
import org.fanin.compare.Pair;
import org.fanin.compare.Pair.Finding;
import org.fanin.graph.Graph;
import org.fanin.graph.Opening;
import org.fanin.judge.Numbers;

/// A measurement in words and cells.
final class MeasuredText {
  /// Columns beside m2, then beside gm2. They go when the terminal is too narrow, those of the
  /// gradient first, both after the columns that the file itself tells.
  static final List<Table.Column> SIGNAL =
      List.of(new Table.Column("measured", true, 58), new Table.Column("z", true, 59));

  static final List<Table.Column> GRADIENT =
      List.of(new Table.Column("measured", true, 45), new Table.Column("z", true, 46));

  private static final int LISTED = 5;
  private static final String REPORT =
      "believe the measurement there; please report it with the model, or with the file of --json,"
          + " which holds every pair";
  private static final String OF_TRAINED =
      "believe the measurement there: rules speak of drawn weights, and these look trained";
  private static final String OF_APPROXIMATED =
      "believe the measurement there: the sums and products named above as approximated, and what"
          + " follows from them, are known to be predicted so";

  /// What may explain that a prediction is off.
  enum Ground {
    /// Nothing that is known: a rule is wrong.
    RULE,
    /// Values with ancestors in common were taken as independent.
    APPROXIMATED,
    /// The weights look trained.
    TRAINED;

    static Ground of(CheckReport report) {
      if (report.trained().trained()) {
        return TRAINED;
      }
      return report.forecast().coverage().approximated().isEmpty() ? RULE : APPROXIMATED;
    }

    private String text() {
      return switch (this) {
        case RULE -> REPORT;
        case APPROXIMATED -> OF_APPROXIMATED;
        case TRAINED -> OF_TRAINED;
      };
    }
  }

  private static final double LARGEST_Z = 99;

  private final Optional<Measured.Yes> measured;
  private final List<Row> rows;
  private final Graph graph;
  private final Ground ground;
  private final List<Opening> openings;
  private boolean explained;

  /// @param ground where weights look trained, nothing blames the draw or a rule
  MeasuredText(Measured m, List<Row> rows, Graph graph, Ground ground, List<Opening> openings) {
    this.openings = openings;
    this.ground = ground;
    this.explained = ground == Ground.TRAINED;
    this.graph = graph;
    this.measured = m.present();
    this.rows = rows;
  }

  boolean present() {
    return measured.isPresent();
  }

  /// Cells of [#SIGNAL].
  List<String> signal(int value) {
    return cells(measured.map(m -> m.comparison().signal().get(value)));
  }

  /// Cells of [#GRADIENT].
  List<String> gradient(int value) {
    return cells(measured.map(m -> m.comparison().gradient().get(value)));
  }

  private static List<String> cells(Optional<Pair> p) {
    return List.of(
        p.map(x -> Numbers.ofLn(x.lnMeasured())).orElse(""), p.map(MeasuredText::z).orElse(""));
  }

  /// Colour of the cells of a pair; empty when it is as predicted.
  Optional<Style.Ink> ink(int value, boolean gradient) {
    return measured
        .map(m -> gradient ? m.comparison().gradient() : m.comparison().signal())
        .map(pairs -> pairs.get(value))
        .flatMap(p -> ink(p.finding()));
  }

  private static Optional<Style.Ink> ink(Finding f) {
    return switch (f) {
      case UNLUCKY_SEED -> Optional.of(Style.Ink.YELLOW);
      case RULE_OFF -> Optional.of(Style.Ink.RED);
      case AS_PREDICTED, NOT_PREDICTED -> Optional.empty();
    };
  }

  /// What folded rows hide; empty when all of them are as predicted.
  String hidden(List<Row> folded) {
    if (measured.isEmpty()) {
      return "";
    }
    Comparison c = measured.get().comparison();
    long off = folded.stream().filter(r -> c.finding(r.output()) == Finding.RULE_OFF).count();
    long seed = folded.stream().filter(r -> c.finding(r.output()) == Finding.UNLUCKY_SEED).count();
    return off > 0
        ? "rule off in " + off + " (--all)"
        : seed > 0 ? "unlucky seed in " + seed + " (--all)" : "";
  }

  private static String z(Pair p) {
    if (Double.isNaN(p.z())) {
      return "";
    }
    String size = Math.abs(p.z()) > LARGEST_Z ? ">99" : null;
    return size == null
        ? String.format(Locale.ROOT, "%+.1f", p.z() + 0.0).replace("-0.0", "+0.0")
        : (p.z() < 0 ? "-" : "+") + size.substring(1);
  }

  /// What to say under a verdict about a row; empty when nothing was measured there.
  Optional<String> beside(String at) {
    Optional<Row> row = rows.stream().filter(r -> r.name().equals(at)).findFirst();
    if (row.isEmpty() || measured.isEmpty()) {
      return Optional.empty();
    }
    Comparison c = measured.get().comparison();
    int value = row.get().output();
    List<String> parts = new ArrayList<>();
    Optional.ofNullable(c.signal().get(value)).ifPresent(p -> parts.add("m2 " + both(p)));
    Optional.ofNullable(c.gradient().get(value)).ifPresent(p -> parts.add("gm2 " + both(p)));
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    String words =
        switch (c.finding(value)) {
          case AS_PREDICTED -> asPredicted();
          case UNLUCKY_SEED ->
              "farther off than most seeds at this width: unlucky, another seed would be nearer to"
                  + " what was predicted";
          case RULE_OFF ->
              "no seed explains that: Fanin's rule is off here, so believe the measurement and not"
                  + " this verdict";
          case NOT_PREDICTED -> "measured only";
        };
    return Optional.of(String.join(", ", parts) + "; " + words);
  }

  /// What follows from it, once.
  private String asPredicted() {
    String why = explained ? "" : ": it is the initialisation, another seed would not help";
    explained = true;
    return "as predicted" + why;
  }

  private static String both(Pair p) {
    String measured = Numbers.ofLn(p.lnMeasured());
    return Double.isNaN(p.lnPredicted())
        ? measured
        : measured + " (predicted " + Numbers.ofLn(p.lnPredicted()) + ")";
  }

  /// Sentences under the table.
  List<String> sentences() {
    if (measured.isEmpty()) {
      return List.of();
    }
    Measured.Yes m = measured.get();
    List<String> out = new ArrayList<>();
    Comparison c = m.comparison();
    m.steps().ifPresent(s -> contradicted(s, out));
    out.add(
        "measured by "
            + c.readings().engine()
            + " in "
            + c.readings().arithmetic().words()
            + " precision:");
    m.steps().ifPresent(s -> out.add(steps(s)));
    out.add("second moments: " + count(c.counts()));
    if (!c.parameters().isEmpty()) {
      out.add("gradients of parameters: " + count(c.parameterCounts()));
    }
    unmeasured(c.readings().unmeasured()).ifPresent(out::add);
    out.addAll(m.notes());
    out.addAll(off(m.comparison()));
    return out;
  }

  /// When a parameter opens, predicted and seen; empty where no step was taken.
  String opens(int parameter) {
    return measured
        .flatMap(Measured.Yes::steps)
        .filter(s -> s.asked().contains(parameter))
        .map(
            s ->
                ", measured "
                    + (s.of(parameter).isPresent()
                        ? s.of(parameter).getAsInt()
                        : "none in " + s.steps()))
        .orElse("");
  }

  private void contradicted(FirstSteps s, List<String> out) {
    List<Integer> wrong =
        s.asked().stream().sorted().filter(i -> s.contradicts(i, openings.get(i))).toList();
    for (int i : wrong.subList(0, Math.min(LISTED, wrong.size()))) {
      out.add(
          "predicted otherwise: "
              + graph.parameters().get(i).name()
              + (openings.get(i).first().isPresent()
                  ? " opens at step " + openings.get(i).first().getAsInt()
                  : " never opens")
              + opens(i));
    }
    if (wrong.size() > LISTED) {
      out.add("and " + (wrong.size() - LISTED) + " more parameters open otherwise than predicted");
    }
  }

  /// One line on steps of gradient descent.
  private String steps(FirstSteps s) {
    TreeMap<Integer, Integer> count = new TreeMap<>();
    s.first().values().forEach(k -> count.merge(k, 1, Integer::sum));
    List<String> parts = new ArrayList<>();
    count.forEach((k, n) -> parts.add(n + " got their first gradient at step " + k));
    int none = s.asked().size() - s.first().size();
    if (none > 0) {
      parts.add(none + " none");
    }
    long off = s.asked().stream().filter(i -> s.contradicts(i, openings.get(i))).count();
    parts.add(off == 0 ? "as predicted" : off + " otherwise than predicted");
    return s.steps()
        + (s.steps() == 1 ? " step taken, of " : " steps taken, of ")
        + s.asked().size()
        + " parameters "
        + String.join(", ", parts);
  }

  /// What could not be run, but for outputs that nobody reads.
  private Optional<String> unmeasured(Map<Integer, String> because) {
    Set<Integer> read = new HashSet<>(graph.outputs());
    graph.nodes().forEach(n -> read.addAll(n.inputs()));
    List<Integer> all = because.keySet().stream().filter(read::contains).sorted().toList();
    return all.isEmpty()
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "not measured: %s%s: %s",
                graph.value(all.getFirst()).name(),
                all.size() == 1 ? "" : " and " + (all.size() - 1) + " more",
                because.get(all.getFirst())));
  }

  private static String count(Map<Finding, Integer> n) {
    String unknown =
        n.get(Finding.NOT_PREDICTED) == 0
            ? ""
            : ", " + n.get(Finding.NOT_PREDICTED) + " measured only";
    return String.format(
        Locale.ROOT,
        "%d as predicted, %d unlucky seed (finite width), %d where Fanin's rule is off%s",
        n.get(Finding.AS_PREDICTED),
        n.get(Finding.UNLUCKY_SEED),
        n.get(Finding.RULE_OFF),
        unknown);
  }

  private record At(String name, String what, Pair pair) {}

  /// All tensors, not only the table's rows: where the forecast is wrong is never folded away.
  private List<String> off(Comparison c) {
    List<At> all = new ArrayList<>();
    c.signal().forEach((id, p) -> all.add(new At(graph.value(id).name(), "m2", p)));
    c.gradient().forEach((id, p) -> all.add(new At(graph.value(id).name(), "gm2", p)));
    c.parameters().forEach((i, p) -> all.add(new At(graph.parameters().get(i).name(), "gm2", p)));
    all.removeIf(a -> a.pair().finding() != Finding.RULE_OFF);
    all.sort(
        Comparator.<At>comparingDouble(a -> -Math.abs(a.pair().z()))
            .thenComparing(At::name)
            .thenComparing(At::what));
    List<String> lines = new ArrayList<>();
    all.stream()
        .limit(LISTED)
        .forEach(
            a ->
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "Fanin's rule is off at %s: %s measured %s, predicted %s, z %s",
                        a.name(),
                        a.what(),
                        Numbers.ofLn(a.pair().lnMeasured()),
                        Numbers.ofLn(a.pair().lnPredicted()),
                        z(a.pair()))));
    if (!all.isEmpty()) {
      String more = all.size() > LISTED ? "and at " + (all.size() - LISTED) + " more; " : "";
      lines.add(more + ground.text());
    }
    return lines;
  }

  /// What elements do and low precision would do; empty when nothing is worth saying.
  List<String> elements() {
    return measured.map(m -> ElementsText.sentences(graph, m.comparison(), rows)).orElse(List.of());
  }

  /// The table of draws as lines; empty without draws.
  ///
  /// @param fixed whether all draws had the same inputs or cotangents
  List<String> draws(boolean fixed, Style style) {
    return measured
        .flatMap(Measured.Yes::draws)
        .map(d -> new DrawsTable(d, measured.get().comparison(), rows, fixed, style).lines())
        .orElse(List.of());
  }
}
