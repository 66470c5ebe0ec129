package org.fanin.predict;

import java.util.HashMap;
import java.util.Map;
import org.fanin.graph.Parameter;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Whether weights hand on what they read: a square matrix (or the centre of a kernel) close to a
/// multiple of the identity. A random matrix of n rows does so to the share 1/√n.
final class WeightShapes {
  /// Correlation of Wx with x from which on it is not taken for that of random weights.
  private static final double NOTABLE = .5;

  private static final int FEW = 4;

  private final Context c;
  private final Map<Integer, Parameter> byValue = new HashMap<>();
  private final Map<Integer, Boolean> known = new HashMap<>();

  WeightShapes(Context c) {
    this.c = c;
    c.graph.parameters().forEach(p -> byValue.put(p.value(), p));
  }

  boolean likeIdentity(int value) {
    return known.computeIfAbsent(value, v -> byValue.containsKey(v) && test(byValue.get(v)));
  }

  private boolean test(Parameter p) {
    if (c.settings.weights().isPresent() || c.laws.isPlanned(p)) {
      return false;
    }
    Tensor t = p.data();
    Shape s = t.shape();
    if (s.rank() < 2) {
      return false;
    }
    boolean stacked = s.rank() == 3 && s.dim(1) % s.dim(2) == 0; // [directions, gates·h, h]
    long n = stacked ? s.dim(2) : s.dim(1);
    boolean square = stacked || s.dim(0) == n;
    if (!square || n < FEW) {
      return false;
    }
    long within = stacked ? 1 : t.count() / (n * n);
    long centre = within / 2;
    double sum = 0;
    for (long i = 0; i < n; i++) {
      sum += t.at((i * n + i) * within + centre);
    }
    double rms = Math.sqrt(c.laws.statsOf(p).m2() * n * within);
    return Math.abs(sum / n) > NOTABLE * rms;
  }
}
