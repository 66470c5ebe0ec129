package org.fanin.predict;

/// Pair moments of one sample and channel by the distance of the two positions: windows that
/// overlap (pooling, upsampling) make near positions alike and leave far ones as they were. A
/// [Field] alone knows the average over all distances.
///
/// @param k `k[e][f]`: moment of two positions e rows and f columns apart, relative to m2; the last
///   index stands for [#REACH] and beyond; without a column axis f is 0
record Nearby(double[][] k) {
  /// Distances below this are told apart: two 3-wide windows, pooled or upsampled twice.
  static final int REACH = 4;

  private static final int CLASSES = REACH + 1;

  /// Smaller differences between distances are not carried.
  private static final double ALIKE = 1e-9;

  /// Whether distances along the spatial axes can be told: one or two axes of one atom at most.
  static boolean possible(Field f) {
    if (f.rank() < 3 || f.rank() > 4 || f.runs[0] > 1 || f.isZero()) {
      return false;
    }
    for (int i = 2; i < f.rank(); i++) {
      if (f.runs[i] > 1) {
        return false;
      }
    }
    return true;
  }

  /// What is known of a field, every distance alike where nothing is.
  static Nearby of(Field f) {
    return f.near != null ? f.near : filled((e, g) -> f.k[mask(f, e, g)]);
  }

  /// Bits of positions e rows and g columns apart.
  static int mask(Field f, int e, int g) {
    return (e > 0 ? f.maskOf(2) : 0) | (g > 0 && f.rank() > 3 ? f.maskOf(3) : 0);
  }

  interface At {
    double of(int e, int g);
  }

  static Nearby filled(At at) {
    double[][] k = new double[CLASSES][CLASSES];
    for (int e = 0; e < CLASSES; e++) {
      for (int g = 0; g < CLASSES; g++) {
        k[e][g] = at.of(e, g);
      }
    }
    return new Nearby(k);
  }

  /// The field with these moments by distance in units of that of distance 0.
  static Field put(Field f, Nearby raw) {
    double one = raw.k[0][0];
    if (!possible(f) || !(one > 0)) {
      return f;
    }
    Nearby n = filled((e, g) -> Math.clamp(raw.k[e][g] / one, -1, 1));
    double[] rows = shares(f, 2);
    double[] columns = shares(f, 3);
    double[] k = f.k.clone();
    boolean alike = true;
    for (int m = 1; m < 4; m++) {
      int mask = mask(f, m & 1, m & 2);
      if (mask != 0 && ((m & 1) == 0 || rows != null) && ((m & 2) == 0 || columns != null)) {
        k[mask] = average(n, (m & 1) == 0 ? null : rows, (m & 2) == 0 ? null : columns);
      }
    }
    for (int e = 0; e < CLASSES; e++) {
      for (int g = 0; g < CLASSES; g++) {
        alike &= Math.abs(n.k[e][g] - k[mask(f, e, g)]) < ALIKE;
      }
    }
    return alike ? f : f.withNearby(n, k);
  }

  /// The field with these moments by distance, and its own over all distances.
  static Field beside(Field f, Nearby raw) {
    double one = raw.k[0][0];
    return possible(f) && one > 0
        ? f.withNearby(filled((e, g) -> Math.clamp(raw.k[e][g] / one, -1, 1)), f.k)
        : f;
  }

  private static double average(Nearby n, double[] rows, double[] columns) {
    double sum = 0;
    for (int e = rows == null ? 0 : 1; e < (rows == null ? 1 : CLASSES); e++) {
      for (int g = columns == null ? 0 : 1; g < (columns == null ? 1 : CLASSES); g++) {
        sum += (rows == null ? 1 : rows[e]) * (columns == null ? 1 : columns[g]) * n.k[e][g];
      }
    }
    return sum;
  }

  /// Share of the pairs of different positions along an axis at each distance; null without an
  /// axis.
  private static double[] shares(Field f, int axis) {
    if (axis >= f.rank() || f.runs[axis] == 0) {
      return null;
    }
    double n = f.dim(axis);
    double[] s = new double[CLASSES];
    double rest = 1;
    for (int e = 1; e < REACH; e++) {
      s[e] = Math.max(0, 2 * (n - e) / (n * (n - 1)));
      rest -= s[e];
    }
    s[REACH] = Math.max(0, rest);
    return s;
  }

  // ---- linear maps along one axis ----

  /// Along the rows (axis 2) or columns (axis 3): distance d of the result is Σ_e by[d][e]·k at
  /// distance e.
  Nearby along(int axis, double[][] by) {
    return filled(
        (d, g) -> {
          double s = 0;
          for (int e = 0; e < CLASSES; e++) {
            s += axis == 2 ? by[d][e] * k[e][g] : by[g][e] * k[d][e];
          }
          return s;
        });
  }

  static int step(int distance) {
    return Math.min(Math.abs(distance), REACH);
  }

  /// Every tap with itself, as with independent weights: which distances of inputs a distance of
  /// outputs comes from.
  static double[][] tapwise(AxisMap m) {
    double[][] by = new double[CLASSES][CLASSES];
    int n = m.outputs();
    for (int d = 0; d < CLASSES; d++) {
      double pairs = 0;
      for (int delta : distances(d, n)) {
        for (int[] tap : m.source()) {
          for (int o = 0; o + delta < n; o++) {
            if (tap[o] >= 0 && tap[o + delta] >= 0) {
              by[d][step(tap[o] - tap[o + delta])]++;
              pairs++;
            }
          }
        }
      }
      scale(by[d], pairs);
    }
    return by;
  }

  /// Every input of an output with every input of the other, by their weights.
  ///
  /// @param inputs of each output, with `weights`
  /// @param total of the weights of two different outputs: less is heard at borders, which is not a
  ///   matter of distance
  static double[][] weighted(int[][] inputs, double[][] weights, double total) {
    double[][] by = new double[CLASSES][CLASSES];
    int n = inputs.length;
    for (int d = 0; d < CLASSES; d++) {
      double pairs = 0;
      for (int delta : distances(d, n)) {
        pairs += n - delta;
        for (int o = 0; o + delta < n; o++) {
          for (int i = 0; i < inputs[o].length; i++) {
            for (int j = 0; j < inputs[o + delta].length; j++) {
              by[d][step(inputs[o][i] - inputs[o + delta][j])] +=
                  weights[o][i] * weights[o + delta][j];
            }
          }
        }
      }
      scale(by[d], d == 0 ? pairs : java.util.Arrays.stream(by[d]).sum() / total);
    }
    return by;
  }

  private static void scale(double[] row, double pairs) {
    for (int e = 0; e < row.length; e++) {
      row[e] = pairs > 0 ? row[e] / pairs : 0;
    }
  }

  /// Distances that a class stands for; of many far ones some.
  private static int[] distances(int d, int n) {
    if (d < REACH) {
      return d < n ? new int[] {d} : new int[0];
    }
    int count = Math.clamp(n - REACH, 0, 16);
    int[] all = new int[count];
    for (int i = 0; i < count; i++) {
      all[i] = REACH + (int) ((long) i * (n - REACH) / count);
    }
    return all;
  }

  // ---- windows of a maximum ----

  /// Mean moment of the pairs of different elements of two windows, `down` rows and `right` columns
  /// apart.
  ///
  /// @param rows, columns extents of a window
  double between(int rows, int columns, int down, int right) {
    double sum = 0;
    long pairs = 0;
    for (int e = 1 - rows + down; e < rows + down; e++) {
      for (int g = 1 - columns + right; g < columns + right; g++) {
        long ways = (long) (rows - Math.abs(e - down)) * (columns - Math.abs(g - right));
        if (e != 0 || g != 0) {
          pairs += ways;
          sum += ways * k[step(e)][step(g)];
        }
      }
    }
    return pairs > 0 ? sum / pairs : 1;
  }
}
