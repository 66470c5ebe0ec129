package org.fanin.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fanin.plan.InitPlan;
import org.fanin.plan.PlanHash;
import org.fanin.plan.TensorPlan;

/// A plan for review: one line per tensor, tensors of repeated blocks on one line when they get the
/// same.
public final class PlanTable {
  private static final List<Table.Column> COLUMNS =
      List.of(
          new Table.Column("tensor", false, 100),
          new Table.Column("shape", false, 60),
          new Table.Column("role", false, 40),
          new Table.Column("scheme", false, 90),
          new Table.Column("std", true, 80),
          new Table.Column("w²·n_in", true, 70),
          new Table.Column("because", false, 10));

  private static final Pattern NUMBER = Pattern.compile("(?<=^|[._/])\\d{1,6}(?=[._/]|$)");

  private static final Pattern LONG_NUMBER = Pattern.compile("\\d+\\.\\d{5,}");

  private PlanTable() {}

  /// Tensors that share a line.
  private record Group(List<String> cells, List<List<Long>> numbers, int[] count) {}

  /// @return lines without line ends, none wider than the style
  public static List<String> render(InitPlan plan, Style style) {
    List<List<String>> rows = rows(plan, style);
    Table table = new Table(columns(style), rows, style);
    List<String> lines = new ArrayList<>();
    lines.add(style.paint(Style.Ink.BOLD, table.header()));
    rows.forEach(r -> lines.add(table.line(r)));
    long elements = plan.tensors().stream().mapToLong(t -> t.shape().count()).sum();
    String foot =
        String.format(
            Locale.ROOT,
            "%d tensors drawn (%,d elements), %d kept; recipe %s, seed %d, plan %s",
            plan.tensors().size(),
            elements,
            plan.kept().size(),
            plan.recipe(),
            plan.seed(),
            PlanHash.of(plan).substring(0, 12));
    lines.addAll(Plain.wrap(foot, style.width(), style.unicode()));
    return lines;
  }

  private static List<List<String>> rows(InitPlan plan, Style style) {
    Map<List<String>, Group> groups = new LinkedHashMap<>();
    for (TensorPlan t : plan.tensors()) {
      add(
          groups,
          style.fold(),
          t.name(),
          List.of(
              t.shape().toString(),
              t.spec().role().name().toLowerCase(Locale.ROOT).replace('_', ' '),
              style.fold() ? shortened(t.scheme()) : t.scheme(),
              number(Math.sqrt(t.variance()), style),
              t.spec().fan().map(f -> number(t.variance() * f.in(), style)).orElse(""),
              t.because()));
    }
    for (InitPlan.Kept k : plan.kept()) {
      add(
          groups,
          style.fold(),
          k.name(),
          List.of(k.shape().toString(), "", "keep", "", "", k.because()));
    }
    List<List<String>> rows = new ArrayList<>();
    for (Map.Entry<List<String>, Group> e : groups.entrySet()) {
      List<String> row = new ArrayList<>();
      row.add(name(e.getKey().getFirst(), e.getValue()));
      row.addAll(e.getValue().cells());
      rows.add(row.stream().map(c -> Plain.text(c, style.unicode())).toList());
    }
    return rows;
  }

  private static List<Table.Column> columns(Style style) {
    return COLUMNS.stream()
        .map(c -> new Table.Column(Plain.text(c.title(), style.unicode()), c.right(), c.weight()))
        .toList();
  }

  private static String number(double x, Style style) {
    return x == 0 ? "0" : String.format(Locale.ROOT, style.fold() ? "%.3g" : "%.5g", x);
  }

  /// `uniform(±0.3118363107622106)` as `uniform(±0.312)`: the plan's text has all digits.
  private static String shortened(String scheme) {
    return LONG_NUMBER
        .matcher(scheme)
        .replaceAll(m -> String.format(Locale.ROOT, "%.3g", Double.parseDouble(m.group())));
  }

  /// Like tensors are those whose names differ in numbers only and whose draws and shapes agree.
  private static void add(
      Map<List<String>, Group> groups, boolean fold, String name, List<String> cells) {
    List<Long> numbers = new ArrayList<>();
    Matcher m = NUMBER.matcher(name);
    while (m.find()) {
      numbers.add(Long.parseLong(m.group()));
    }
    String pattern = fold ? m.replaceAll("\u0001") : name;
    List<String> key = new ArrayList<>(List.of(pattern));
    key.addAll(cells.subList(0, 5));
    Group g = groups.computeIfAbsent(key, _ -> new Group(cells, new ArrayList<>(), new int[1]));
    g.numbers().add(numbers);
    g.count()[0]++;
  }

  /// `h.{0-11}.attn.c_proj.weight ×12`.
  private static String name(String pattern, Group g) {
    StringBuilder b = new StringBuilder();
    int place = 0;
    for (char c : pattern.toCharArray()) {
      if (c == '\u0001') {
        b.append(range(g.numbers(), place++));
      } else {
        b.append(c);
      }
    }
    return g.count()[0] > 1 ? b + " ×" + g.count()[0] : b.toString();
  }

  private static String range(List<List<Long>> numbers, int place) {
    TreeSet<Long> all = new TreeSet<>();
    numbers.forEach(n -> all.add(n.get(place)));
    if (all.size() == 1) {
      return all.first().toString();
    }
    boolean gapless = all.last() - all.first() + 1 == all.size();
    if (gapless) {
      return "{" + all.first() + "-" + all.last() + "}";
    }
    String few = String.join(",", all.stream().limit(4).map(String::valueOf).toList());
    return "{" + few + (all.size() > 4 ? ",…" + all.last() : "") + "}";
  }
}
