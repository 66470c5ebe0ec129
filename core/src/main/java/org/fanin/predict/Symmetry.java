package org.fanin.predict;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.fanin.graph.Parameter;
import org.fanin.tensor.Tensor;

/// Finds weights that start identical: all elements, rows, or whole layers. Identical units stay
/// identical while training.
final class Symmetry {
  private static final long LARGEST = 4_000_000;
  private final Map<Long, String> seen = new HashMap<>();

  /// Of weights that are yet to be drawn.
  static String ofLaw(Parameter p, Sample.Stats s) {
    boolean constant = s.m2() > 0 && s.m2() <= s.mean() * s.mean();
    return constant && p.fan().isPresent() && p.data().shape().rank() >= 2
        ? "all elements are equal"
        : "";
  }

  String of(Parameter p, Sample.Stats s) {
    Tensor t = p.data();
    if (p.fan().isEmpty()
        || t.shape().rank() < 2
        || s.m2() == 0
        || t.count() > LARGEST
        || t.count() < 4) {
      return "";
    }
    if (Math.abs(s.mean()) > 0 && Math.abs(s.m2() / (s.mean() * s.mean()) - 1) < 1e-12) {
      return "all elements are equal";
    }
    long rows = t.shape().dim(0);
    int each = (int) (t.count() / rows);
    double[] row = new double[each];
    Set<Long> hashes = new HashSet<>();
    long whole = 17 + t.shape().hashCode();
    for (long r = 0; r < rows; r++) {
      long h = 17;
      t.read(r * each, row, each);
      for (double v : row) {
        h = h * 0x9E3779B97F4A7C15L + Double.doubleToLongBits(v);
        h ^= h >>> 29;
      }
      hashes.add(h);
      whole = whole * 0x9E3779B97F4A7C15L + h;
    }
    if (each > 1 && hashes.size() <= rows / 2) {
      return rows - hashes.size() + " of " + rows + " rows repeat another";
    }
    String first = seen.putIfAbsent(whole, p.name());
    return first == null ? "" : "identical to " + first;
  }
}
