package org.fanin.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Short names for files, no two alike: the last part of each path, and as many parts before it as
/// tell it from the others.
final class Labels {
  private Labels() {}

  /// @return one per path, in its order; the same path given again gets ` (2)`
  static List<String> distinct(List<String> paths) {
    List<String> all = new ArrayList<>(Collections.nCopies(paths.size(), ""));
    Map<String, List<Integer>> open = Map.of("", indices(paths.size()));
    for (int parts = 1; !open.isEmpty(); parts++) {
      Map<String, List<Integer>> byLabel = new HashMap<>();
      for (List<Integer> group : open.values()) {
        for (int i : group) {
          all.set(i, tail(paths.get(i), parts));
          byLabel.computeIfAbsent(all.get(i), _ -> new ArrayList<>()).add(i);
        }
      }
      byLabel.values().removeIf(g -> g.size() == 1 || same(paths, g));
      open = byLabel;
    }
    return numbered(all);
  }

  private static List<Integer> indices(int n) {
    return java.util.stream.IntStream.range(0, n).boxed().toList();
  }

  private static boolean same(List<String> paths, List<Integer> group) {
    return group.stream().map(paths::get).distinct().count() == 1;
  }

  private static String tail(String path, int parts) {
    int from = path.length();
    for (int k = 0; k < parts; k++) {
      if (from <= 0) {
        return path;
      }
      from = Math.max(path.lastIndexOf('/', from - 1), path.lastIndexOf('\\', from - 1));
    }
    return path.substring(from + 1);
  }

  /// The same with ` (2)`, ` (3)` behind what was there before.
  static List<String> numbered(List<String> labels) {
    Map<String, Integer> seen = new HashMap<>();
    List<String> all = new ArrayList<>();
    for (String l : labels) {
      int n = seen.merge(l, 1, Integer::sum);
      all.add(n == 1 ? l : l + " (" + n + ")");
    }
    return all;
  }
}
