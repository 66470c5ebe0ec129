package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Equal parts of a tensor.
final class Twin {
  private Twin() {}

  /// @param hashes of rows, the parts one after another
  static List<TensorFacts.Twins> parts(long[] hashes, int parts) {
    int each = hashes.length / parts;
    Map<Long, Integer> seen = new HashMap<>();
    List<TensorFacts.Twins> twins = new ArrayList<>();
    for (int p = 0; p < parts; p++) {
      long h = 0;
      boolean alive = false;
      for (int i = 0; i < each; i++) {
        long row = hashes[p * each + i];
        h += Hash.placed(row, i);
        alive |= row != 0;
      }
      Integer earlier = alive ? seen.putIfAbsent(h, p) : null;
      if (earlier != null) {
        twins.add(new TensorFacts.Twins(earlier, p));
      }
    }
    return twins;
  }
}
