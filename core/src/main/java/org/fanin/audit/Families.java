package org.fanin.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Tensors that stand at the same place of repeated layers: names that differ in numbers only, and
/// have one shape and role.
final class Families {
  private final Map<String, List<Integer>> members = new LinkedHashMap<>();

  Families(List<Examined> seen) {
    for (int i = 0; i < seen.size(); i++) {
      members.computeIfAbsent(key(seen.get(i)), _ -> new ArrayList<>()).add(i);
    }
  }

  static String key(Examined e) {
    return stem(e.name()) + e.site().spec().shape() + e.site().spec().role();
  }

  /// `layers.3.attn.wq` → `layers.#.attn.wq`.
  static String stem(String name) {
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c < '0' || c > '9') {
        b.append(c);
      } else if (b.isEmpty() || b.charAt(b.length() - 1) != '#') {
        b.append('#');
      }
    }
    return b.toString();
  }

  Iterable<List<Integer>> all() {
    return members.values();
  }
}
