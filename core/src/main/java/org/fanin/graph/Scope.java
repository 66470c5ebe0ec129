package org.fanin.graph;

import java.util.HashMap;
import java.util.Map;

/// Tensor names of one graph body; an inner body sees the names around it.
final class Scope {
  private final Scope outer;
  private final Map<String, Integer> ids = new HashMap<>();

  Scope(Scope outer) {
    this.outer = outer;
  }

  /// @return value id, or -1
  int find(String name) {
    for (Scope s = this; s != null; s = s.outer) {
      Integer id = s.ids.get(name);
      if (id != null) {
        return id;
      }
    }
    return -1;
  }

  boolean declares(String name) {
    return ids.containsKey(name);
  }

  void put(String name, int id) {
    ids.put(name, id);
  }
}
