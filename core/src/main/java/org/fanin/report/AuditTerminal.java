package org.fanin.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.fanin.audit.AuditReport;
import org.fanin.audit.Effect;
import org.fanin.audit.Finding;
import org.fanin.audit.TensorAudit;
import org.fanin.audit.Verdict;

/// An audit for people: what is wrong first, then every kind of tensor in a line.
public final class AuditTerminal {
  private static final List<Table.Column> COLUMNS =
      List.of(
          new Table.Column("tensor", false, 9),
          new Table.Column("shape", false, 4),
          new Table.Column("role", false, 3),
          new Table.Column("drawn by", false, 8),
          new Table.Column("sure", true, 5),
          new Table.Column("std", true, 6),
          new Table.Column("w²·n_in", true, 7),
          new Table.Column("σmax/edge", true, 2),
          new Table.Column("expected", false, 3),
          new Table.Column("found", false, 8));
  private static final int MOST_NAMES = 3;

  private final AuditReport report;
  private final Style style;
  private final int top;
  private final List<String> lines = new ArrayList<>();

  private AuditTerminal(AuditReport report, Style style, int top) {
    this.report = report;
    this.style = style;
    this.top = top;
  }

  /// @param top most findings and most lines of the table that are shown
  public static List<String> render(AuditReport report, Style style, int top) {
    var t = new AuditTerminal(report, style, top);
    t.head();
    t.findings();
    t.effects();
    t.table();
    t.end();
    return t.lines;
  }

  private void text(String s, String indent) {
    int width = Math.max(10, style.width() - indent.length());
    Plain.wrap(s, width, style.unicode()).forEach(l -> lines.add(indent + l));
  }

  // ---- what it is ----

  private void head() {
    long weights = report.tensors().stream().mapToLong(t -> t.moments().count()).sum();
    String skipped =
        report.skipped().isEmpty()
            ? ""
            : ", " + report.skipped().size() + " without floats skipped";
    text(
        Text.clean(report.source(), style.unicode())
            + " ("
            + report.format()
            + "): "
            + report.tensors().size()
            + " tensors, "
            + count(weights)
            + " weights, "
            + count(report.bytes())
            + "B"
            + skipped,
        "");
    Map<String, Long> schemes =
        report.tensors().stream()
            .collect(
                Collectors.groupingBy(
                    t -> t.drawnBy().scheme().orElse("no scheme known"),
                    LinkedHashMap::new,
                    Collectors.counting()));
    String all =
        schemes.entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
            .limit(8)
            .map(e -> e.getKey() + " ×" + e.getValue())
            .collect(Collectors.joining(", "));
    text("drawn by: " + all + (schemes.size() > 8 ? ", …" : ""), "");
    report
        .recipe()
        .ifPresent(r -> text("expected by recipe: " + r + " (" + report.recipeBecause() + ")", ""));
    lines.add("");
  }

  private static String count(long n) {
    String[] units = {"", " k", " M", " G", " T"};
    double x = n;
    int u = 0;
    while (x >= 1000 && u < units.length - 1) {
      x /= 1000;
      u++;
    }
    return u == 0 ? Long.toString(n) + " " : String.format(Locale.ROOT, "%.1f%s", x, units[u]);
  }

  // ---- findings ----

  /// The same finding at several tensors.
  private record Issue(Finding finding, List<String> names) {}

  private static Issue issue(List<Map.Entry<String, Finding>> same) {
    return new Issue(
        Finding.together(same.stream().map(Map.Entry::getValue).toList()),
        same.stream().map(Map.Entry::getKey).toList());
  }

  private List<Issue> issues() {
    List<Issue> issues = new ArrayList<>();
    List<String> told = new ArrayList<>();
    for (Verdict v : report.verdicts()) {
      issues.add(new Issue(v.finding(), v.tensors()));
      told.add(v.finding().kind());
    }
    Map<String, List<Map.Entry<String, Finding>>> groups = new LinkedHashMap<>();
    for (TensorAudit t : report.tensors()) {
      for (Finding f : t.findings()) {
        boolean known =
            report.verdicts().stream()
                .anyMatch(v -> sameKind(v, f) && v.tensors().contains(t.name()));
        if (!known) {
          String key = f.kind() + f.level() + NameRange.stem(t.name() + f.says());
          groups.computeIfAbsent(key, _ -> new ArrayList<>()).add(Map.entry(t.name(), f));
        }
      }
    }
    groups.values().forEach(same -> issues.add(issue(same)));
    issues.sort(Comparator.comparing((Issue i) -> i.finding().level()).reversed());
    return issues;
  }

  private static boolean sameKind(Verdict v, Finding f) {
    return v.finding().kind().equals(f.kind())
        || v.finding().kind().equals("layers-identical") && f.kind().equals("identical-tensors");
  }

  private void findings() {
    List<Issue> issues = issues();
    for (Issue i : issues.subList(0, Math.min(top, issues.size()))) {
      issue(i);
    }
    if (issues.size() > top) {
      text("… and " + (issues.size() - top) + " more findings (--top " + issues.size() + ")", "");
    }
    if (!issues.isEmpty()) {
      lines.add("");
    }
  }

  private void issue(Issue i) {
    Finding f = i.finding();
    Style.Ink ink =
        switch (f.level()) {
          case FAIL -> Style.Ink.RED;
          case WARN -> Style.Ink.YELLOW;
          case NOTE -> Style.Ink.DIM;
        };
    String level = String.format(Locale.ROOT, "%-4s", f.level());
    lines.add(style.paint(ink, level) + "  " + style.paint(Style.Ink.BOLD, f.kind()));
    names(i.names()).forEach(n -> text(Text.clean(n, style.unicode()), "      "));
    text(f.says() + (f.effect().isEmpty() ? "" : ": " + f.effect()), "      ");
  }

  private static List<String> names(List<String> names) {
    Map<String, List<String>> stems =
        names.stream()
            .collect(
                Collectors.groupingBy(NameRange::stem, LinkedHashMap::new, Collectors.toList()));
    List<String> all =
        stems.values().stream()
            .map(n -> NameRange.of(n) + (n.size() > 1 ? "  (" + n.size() + ")" : ""))
            .toList();
    if (all.size() <= MOST_NAMES) {
      return all;
    }
    List<String> some = new ArrayList<>(all.subList(0, MOST_NAMES));
    some.add("… and " + (all.size() - MOST_NAMES) + " more kinds");
    return some;
  }

  // ---- effects ----

  private void effects() {
    Map<String, Effect> told = new LinkedHashMap<>();
    for (TensorAudit t : report.tensors()) {
      t.effect()
          .filter(e -> !e.activation().isEmpty() && e.layers() > 1)
          .ifPresent(e -> told.putIfAbsent(t.drawnBy().text() + e.activation(), e));
      if (t.effect().isPresent()
          && told.get(t.drawnBy().text() + t.effect().get().activation()) == t.effect().get()) {
        text("effect of " + t.drawnBy().text() + " " + t.effect().get().says(), "");
      }
    }
    if (!told.isEmpty()) {
      lines.add("");
    }
  }

  // ---- table ----

  private void table() {
    Map<String, List<TensorAudit>> groups = new LinkedHashMap<>();
    List<TensorAudit> plain = new ArrayList<>();
    for (TensorAudit t : report.tensors()) {
      if (style.fold() && isPlain(t)) {
        plain.add(t);
      } else {
        groups.computeIfAbsent(key(t), _ -> new ArrayList<>()).add(t);
      }
    }
    List<List<TensorAudit>> sorted = new ArrayList<>(groups.values());
    sorted.sort(
        Comparator.comparing(
                (List<TensorAudit> g) ->
                    g.getFirst().worst().map(Finding.Level::ordinal).orElse(-1))
            .reversed());
    List<List<TensorAudit>> shown = sorted.subList(0, Math.min(top, sorted.size()));
    List<List<String>> cells = shown.stream().map(this::cells).toList();
    Table table = new Table(COLUMNS, cells, style);
    lines.add(style.paint(Style.Ink.BOLD, table.header()));
    for (int i = 0; i < cells.size(); i++) {
      String line = table.line(cells.get(i));
      lines.add(
          shown
              .get(i)
              .getFirst()
              .worst()
              .map(l -> l == Finding.Level.FAIL ? style.paint(Style.Ink.RED, line) : line)
              .orElse(line));
    }
    if (sorted.size() > shown.size()) {
      text("… and " + (sorted.size() - shown.size()) + " more (--top " + sorted.size() + ")", "");
    }
    if (!plain.isEmpty()) {
      text("and " + plain(plain), "");
    }
    lines.add("");
  }

  /// Norms and biases at 0 or 1, as they should be: not worth a line each.
  private static boolean isPlain(TensorAudit t) {
    boolean start =
        switch (t.spec().role()) {
          case BIAS, NORM_SHIFT, RUNNING_MEAN -> t.drawnBy().scheme().equals(Optional.of("zeros"));
          case NORM_SCALE, RUNNING_VARIANCE -> t.drawnBy().scheme().equals(Optional.of("ones"));
          case WEIGHT,
              EMBEDDING,
              POSITION,
              CLASS_TOKEN,
              GATE,
              LAYER_SCALE,
              HEAD,
              TIED,
              STACKED,
              FUSED_QKV,
              LSTM_INPUT,
              LSTM_RECURRENT,
              LSTM_BIAS,
              PRELU_SLOPE,
              LOGIT_SCALE,
              TABLE,
              OTHER ->
              false;
        };
    return start && t.findings().isEmpty();
  }

  private static String plain(List<TensorAudit> tensors) {
    Map<String, Long> counts =
        tensors.stream()
            .collect(
                Collectors.groupingBy(
                    t ->
                        t.spec().role().name().toLowerCase(Locale.ROOT).replace('_', ' ')
                            + " "
                            + t.drawnBy().scheme().orElse(""),
                    LinkedHashMap::new,
                    Collectors.counting()));
    return counts.entrySet().stream()
        .map(e -> e.getValue() + " × " + e.getKey())
        .collect(Collectors.joining(", "));
  }

  private String key(TensorAudit t) {
    if (!style.fold()) {
      return t.name();
    }
    return NameRange.stem(t.name())
        + t.spec().shape()
        + t.spec().role()
        + t.drawnBy().scheme().orElse(t.drawnBy().law().kind().name())
        + t.findings().stream().map(Finding::kind).toList();
  }

  private List<String> cells(List<TensorAudit> group) {
    TensorAudit t = group.getFirst();
    String name =
        NameRange.of(group.stream().map(TensorAudit::name).toList())
            + (group.size() > 1 ? " ×" + group.size() : "");
    String sure =
        t.drawnBy().scheme().isEmpty() ? "" : span(group, g -> g.drawnBy().confidence(), "%.2f");
    String found =
        t.findings().stream().map(Finding::kind).distinct().collect(Collectors.joining(", "));
    List<String> raw =
        List.of(
            name,
            t.spec().shape().toString(),
            t.spec().role().name().toLowerCase(Locale.ROOT),
            drawn(t),
            sure,
            span(group, g -> Math.sqrt(g.moments().m2()), "%.3g"),
            t.spec().fan().isEmpty()
                ? ""
                : span(group, g -> g.moments().m2() * g.spec().fan().get().in(), "%.3g"),
            t.spectrum().isEmpty() || t.moments().m2() == 0
                ? ""
                : span(group, g -> g.spectrum().map(s -> s.ratio()).orElse(0.0), "%.2f"),
            t.expected().map(e -> e.scheme()).orElse(""),
            found);
    return raw.stream().map(s -> Text.clean(s, style.unicode())).toList();
  }

  private static String drawn(TensorAudit t) {
    return t.drawnBy().scheme().orElseGet(() -> "? " + t.drawnBy().law().text())
        + (t.drawnBy().alternatives().isEmpty() ? "" : " or …");
  }

  /// The median of the group.
  private static String span(
      List<TensorAudit> group, java.util.function.ToDoubleFunction<TensorAudit> f, String format) {
    double[] v = group.stream().mapToDouble(f).sorted().toArray();
    return String.format(Locale.ROOT, format, v[v.length / 2]);
  }

  private void end() {
    long fails =
        report.tensors().stream()
            .flatMap(t -> t.findings().stream())
            .filter(f -> f.level() == Finding.Level.FAIL)
            .count();
    boolean lost =
        report.tensors().stream().anyMatch(t -> t.effect().filter(Effect::loses).isPresent());
    if (report.healthy() && lost) {
      text(
          "no defect in the weights, but the network loses its signal with them: see the effect"
              + " above, and fanin check; fanin init mends it",
          "");
    } else if (report.healthy()) {
      text(style.paint(Style.Ink.GREEN, "healthy") + ": nothing found that is wrong", "");
    } else {
      text(style.paint(Style.Ink.RED, "UNHEALTHY") + ": " + fails + " tensors with defects", "");
    }
  }
}
