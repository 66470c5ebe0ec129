package org.fanin.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.fanin.math.NumberText;

/// [TorchInit] as Python: parameters that differ in numbers share a loop.
public final class TorchCode {
  private static final String INDENT = "    ";
  private static final String[] VARIABLES = {"i", "j", "k", "m", "n"};
  private static final int FEW = 3;

  /// Loops around the same statements.
  private final Map<List<String>, List<String>> blocks = new LinkedHashMap<>();

  private final int width;

  private TorchCode(int width) {
    this.width = width;
  }

  /// Statements to paste behind `model = …`.
  ///
  /// @param width columns that lines keep to where Python lets them
  public static List<String> lines(TorchInit init, int width) {
    TorchCode c = new TorchCode(width);
    Map<List<Object>, List<String>> groups = new LinkedHashMap<>();
    for (TorchInit.Assignment a : init.assignments()) {
      groups
          .computeIfAbsent(List.of(a.call(), NameRange.stem(a.parameter())), _ -> new ArrayList<>())
          .add(a.parameter());
    }
    groups.forEach((key, names) -> c.group((TorchCall) key.getFirst(), names));
    List<String> all = new ArrayList<>();
    all.add("from torch import nn");
    all.add("p = dict(model.named_parameters())");
    c.blocks.forEach(
        (loops, body) -> {
          all.addAll(loops);
          all.addAll(body);
        });
    return all;
  }

  /// Every digit that a Python number needs to be the one meant, to seven digits.
  static String number(double x) {
    return NumberText.significant(x, 7);
  }

  /// Names of one stem: a loop for every number that varies, where all combinations are there.
  private void group(TorchCall call, List<String> names) {
    List<List<String>> split = names.stream().map(NameRange::tokens).toList();
    List<Integer> varying = new ArrayList<>();
    List<Set<String>> values = new ArrayList<>();
    long combinations = 1;
    for (int k = 0; k < split.getFirst().size(); k++) {
      int at = k;
      Set<String> seen = split.stream().map(t -> t.get(at)).collect(Collectors.toSet());
      if (seen.size() > 1) {
        varying.add(k);
        values.add(seen);
        combinations = Math.min(combinations * seen.size(), Integer.MAX_VALUE);
      }
    }
    if (combinations == names.size() && varying.size() <= VARIABLES.length) {
      loop(call, split.getFirst(), varying, values);
      return;
    }
    int first = varying.getFirst();
    Map<String, List<String>> parts = new LinkedHashMap<>();
    for (int n = 0; n < names.size(); n++) {
      parts.computeIfAbsent(split.get(n).get(first), _ -> new ArrayList<>()).add(names.get(n));
    }
    parts.values().forEach(part -> group(call, part));
  }

  private void loop(
      TorchCall call, List<String> tokens, List<Integer> varying, List<Set<String>> values) {
    List<String> name = new ArrayList<>(tokens);
    List<String> loops = new ArrayList<>();
    for (int v = 0; v < varying.size(); v++) {
      name.set(varying.get(v), "{" + VARIABLES[v] + "}");
      loops.add(INDENT.repeat(v) + "for " + VARIABLES[v] + " in " + iterable(values.get(v)) + ":");
    }
    String key = (varying.isEmpty() ? "\"" : "f\"") + String.join("", name) + "\"";
    blocks
        .computeIfAbsent(loops, _ -> new ArrayList<>())
        .addAll(call(call, "p[" + key + "]", INDENT.repeat(varying.size())));
  }

  private List<String> call(TorchCall call, String tensor, String indent) {
    String head = indent + "nn.init." + call.function() + "(";
    String tail = call.arguments().isEmpty() ? ")" : ", " + call.arguments() + ")";
    return Text.width(head + tensor + tail) <= width
        ? List.of(head + tensor + tail)
        : List.of(head, indent + INDENT + tensor + tail);
  }

  private static String iterable(Set<String> values) {
    boolean plain = values.stream().allMatch(v -> v.matches("0|[1-9][0-9]{0,8}"));
    if (!plain) {
      return values.stream()
          .sorted()
          .map(v -> "\"" + v + "\"")
          .collect(Collectors.joining(", ", "(", ")"));
    }
    TreeSet<Integer> sorted = new TreeSet<>();
    values.forEach(v -> sorted.add(Integer.valueOf(v)));
    int step = sorted.higher(sorted.first()) - sorted.first();
    boolean even = sorted.last() - sorted.first() == (long) step * (sorted.size() - 1);
    for (int v : sorted) {
      even &= (v - sorted.first()) % step == 0;
    }
    boolean fromZero = sorted.first() == 0 && step == 1;
    if (!even || sorted.size() < FEW && !fromZero) {
      return sorted.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
    }
    int end = sorted.last() + 1;
    String from = fromZero ? "" : sorted.first() + ", ";
    return "range(" + from + end + (step == 1 ? "" : ", " + step) + ")";
  }
}
