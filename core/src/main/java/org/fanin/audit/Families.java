package org.fanin.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Tensors that stand at the same place of repeated layers: names that differ in numbers only, and
/// have one shape and role.
final class Families {
  private static final Pattern INDEX = Pattern.compile("(?<![^._/])[0-9]+(?![^._/])");

  private final Map<String, List<Integer>> members = new LinkedHashMap<>();

  Families(List<Examined> seen) {
    for (int i = 0; i < seen.size(); i++) {
      members.computeIfAbsent(key(seen.get(i)), _ -> new ArrayList<>()).add(i);
    }
  }

  static String key(Examined e) {
    return stem(e.name())
        + e.site().spec().shape()
        + e.site().spec().role()
        + e.site().spec().residualEnd();
  }

  /// `layers.3.attn.wq` → `layers.#.attn.wq`, `encoder_layer_3` → `encoder_layer_#`; numbers that
  /// are part of a word stay: conv1 and conv2 are no siblings.
  static String stem(String name) {
    return INDEX.matcher(name).replaceAll("#");
  }

  Iterable<List<Integer>> all() {
    return members.values();
  }
}
