package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// What the elements of a network's own weights show that a forecast, which goes by laws and
/// moments, does not: single units that are dead or alike, and signs of training.
///
/// @param units by kind: `dead-rows`, `identical-rows`, `constant-rows`, `identical-blocks`
public record Look(TrainedEvidence trained, List<Verdict> units) {
  private static final Set<String> KINDS =
      Set.of("dead-rows", "identical-rows", "constant-rows", "identical-blocks");

  public Look {
    units = List.copyOf(units);
  }

  static Look of(List<Examined> seen, List<Recognition> drawn) {
    Map<String, Examined> byName = new HashMap<>();
    seen.forEach(e -> byName.put(e.name(), e));
    Map<String, List<Finding>> found = new TreeMap<>();
    Map<String, List<String>> names = new HashMap<>();
    for (int i = 0; i < seen.size(); i++) {
      Examined e = seen.get(i);
      for (Finding f : UnitFindings.of(e, drawn.get(i), byName)) {
        if (f.level() != Finding.Level.NOTE && KINDS.contains(f.kind())) {
          String key = f.level() + f.kind();
          found.computeIfAbsent(key, _ -> new ArrayList<>()).add(f);
          names.computeIfAbsent(key, _ -> new ArrayList<>()).add(e.name());
        }
      }
    }
    List<Verdict> units = new ArrayList<>();
    found.forEach((key, same) -> units.add(new Verdict(Finding.together(same), names.get(key))));
    return new Look(TrainedEvidence.of(seen, drawn), units);
  }
}
