package org.fanin.predict;

import java.util.HashMap;
import java.util.Map;
import org.fanin.tensor.Tensor;

/// How often two token ids agree.
final class TokenLaw {
  private TokenLaw() {}

  /// Share of ordered pairs of different positions that hold the same id.
  static double collisions(Tensor ids) {
    Map<Long, Long> counts = new HashMap<>();
    long n = ids.count();
    for (long i = 0; i < n; i++) {
      counts.merge(ids.longAt(i), 1L, Long::sum);
    }
    double pairs = 0;
    for (long k : counts.values()) {
      pairs += (double) k * (k - 1);
    }
    return n < 2 ? 0 : pairs / ((double) n * (n - 1));
  }
}
