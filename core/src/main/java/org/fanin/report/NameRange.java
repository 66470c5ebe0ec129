package org.fanin.report;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// One name for many that differ in numbers: `layers.{0..11}.attn.wq`.
final class NameRange {
  private static final int FEW = 3;

  private NameRange() {}

  /// @param names of one stem: alike but for runs of digits
  static String of(List<String> names) {
    List<List<String>> split = names.stream().map(NameRange::tokens).toList();
    StringBuilder b = new StringBuilder();
    for (int k = 0; k < split.getFirst().size(); k++) {
      int at = k;
      List<String> distinct = split.stream().map(t -> t.get(at)).distinct().toList();
      b.append(distinct.size() == 1 ? distinct.getFirst() : range(distinct));
    }
    return b.toString();
  }

  /// With every run of digits as `#`.
  static String stem(String name) {
    return name.replaceAll("[0-9]+", "#");
  }

  /// Runs of digits and what lies between.
  static List<String> tokens(String name) {
    List<String> tokens = new ArrayList<>();
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      if (i > 0 && isDigit(name.charAt(i)) != isDigit(name.charAt(i - 1))) {
        tokens.add(b.toString());
        b.setLength(0);
      }
      b.append(name.charAt(i));
    }
    tokens.add(b.toString());
    return tokens;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static String range(List<String> numbers) {
    TreeSet<java.math.BigInteger> sorted = new TreeSet<>();
    numbers.forEach(n -> sorted.add(new java.math.BigInteger(n)));
    var span = sorted.last().subtract(sorted.first());
    boolean dense = span.equals(java.math.BigInteger.valueOf(sorted.size() - 1L));
    if (dense) {
      return "{" + sorted.first() + ".." + sorted.last() + "}";
    }
    return sorted.size() <= FEW
        ? "{" + String.join(",", sorted.stream().map(Object::toString).toList()) + "}"
        : "{" + sorted.first() + "…" + sorted.last() + "}";
  }
}
