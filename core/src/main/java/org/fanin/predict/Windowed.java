package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import org.fanin.tensor.Shape;

/// A window with equal, fixed weights along one axis (average pooling, nearest and linear resizing,
/// and their gradients): outputs average inputs, so pairs of inputs count, not only equal ones.
///
/// @param same Σ over taps of weight²: factor of the input's own second moment
/// @param cross Σ over pairs of different taps of weight·weight: factor of the moment of two
///   positions
/// @param sum mean of Σ weight: factor of the mean
/// @param apart mean over pairs of different outputs of Σ weight·Σ weight: less than `sum`² where
///   the border hears less, and what a gradient of sum 0 leaves there
/// @param shared chance that taps of two different outputs read the same input, weighted
/// @param outputs extent of the result
/// @param profile where more or fewer inputs are heard; null when flat
/// @param byDistance see [Nearby#weighted]; null when there are too many outputs
record Windowed(
    double same,
    double cross,
    double sum,
    double apart,
    double shared,
    int outputs,
    double[] profile,
    double[][] byDistance) {
  /// Outputs whose pairs are looked at one by one, and pairs of taps of all of them.
  private static final int MOST = 4096;

  private static final long MOST_PAIRS = 2_000_000;

  static Windowed of(AxisMap m, boolean countPadding) {
    return entries(m, countPadding, false);
  }

  static Windowed transposed(AxisMap m, boolean countPadding) {
    return entries(m, countPadding, true);
  }

  private static Windowed entries(AxisMap m, boolean countPadding, boolean transposed) {
    Sums sums = transposed ? new Sums(m.inputs(), m.outputs()) : new Sums(m.outputs(), m.inputs());
    for (int o = 0; o < m.outputs(); o++) {
      int valid = 0;
      for (int t = 0; t < m.taps(); t++) {
        valid += m.source()[t][o] >= 0 ? 1 : 0;
      }
      double w = 1.0 / (countPadding ? m.taps() : Math.max(1, valid));
      for (int t = 0; t < m.taps(); t++) {
        int i = m.source()[t][o];
        if (i >= 0) {
          sums.add(transposed ? i : o, transposed ? o : i, w);
        }
      }
    }
    return sums.result();
  }

  /// Collects the weights of a sparse map entry by entry; each (output, input) pair comes once.
  static final class Sums {
    private final double[] sum;
    private final double[] squares;
    private final double[] heard;
    private double heardSquares;
    private final List<List<Tap>> taps = new ArrayList<>();
    private long pairs;

    private record Tap(int input, double weight) {}

    Sums(int outputs, int inputs) {
      for (int o = 0; o < outputs && outputs <= MOST; o++) {
        taps.add(new ArrayList<>());
      }
      this.sum = new double[outputs];
      this.squares = new double[outputs];
      this.heard = new double[inputs];
    }

    void add(int output, int input, double w) {
      sum[output] += w;
      squares[output] += w * w;
      heard[input] += w;
      heardSquares += w * w;
      if (!taps.isEmpty()) {
        pairs += 2L * taps.get(output).size() + 1;
        taps.get(output).add(new Tap(input, w));
      }
      if (pairs > MOST_PAIRS) {
        taps.clear();
      }
    }

    private double[][] byDistance(double total) {
      int n = taps.size();
      int[][] inputs = new int[n][];
      double[][] weights = new double[n][];
      for (int o = 0; o < n; o++) {
        inputs[o] = taps.get(o).stream().mapToInt(Tap::input).toArray();
        weights[o] = taps.get(o).stream().mapToDouble(Tap::weight).toArray();
      }
      return n == 0 ? null : Nearby.weighted(inputs, weights, total * total);
    }

    Windowed result() {
      int n = sum.length;
      double same = 0;
      double cross = 0;
      double total = 0;
      double sums = 0;
      for (int o = 0; o < n; o++) {
        same += squares[o] / n;
        cross += (sum[o] * sum[o] - squares[o]) / n;
        total += sum[o] / n;
        sums += sum[o] * sum[o];
      }
      double sharing = -heardSquares;
      for (double h : heard) {
        sharing += h * h;
      }
      double shared = n > 1 ? Math.max(0, sharing) / ((double) n * (n - 1)) : 0;
      double apart = n > 1 ? ((total * n) * (total * n) - sums) / ((double) n * (n - 1)) : 0;
      return new Windowed(same, cross, total, apart, shared, n, profile(same), byDistance(total));
    }

    private double[] profile(double same) {
      boolean flat = true;
      double[] p = new double[squares.length];
      for (int o = 0; o < p.length; o++) {
        p[o] = same > 0 ? squares[o] / same : 1;
        flat &= Math.abs(p[o] - 1) < 1e-9;
      }
      return flat ? null : p;
    }
  }

  static Field apply(Field x, List<Windowed> axes, Shape out) {
    Field f = x;
    for (int i = 0; i < axes.size(); i++) {
      f = axes.get(i).along(f, i + 2, out.dim(i + 2));
    }
    return f;
  }

  /// The same of a gradient. What a normalisation behind left sums to 0, and what a border makes of
  /// that is in the average over all pairs alone: it is kept to the last digit.
  static Field applyBack(Field x, List<Windowed> axes, Shape out) {
    Field f = x;
    for (int i = 0; i < axes.size(); i++) {
      f = axes.get(i).along(f, i + 2, out.dim(i + 2), true);
    }
    return f;
  }

  Field along(Field x, int axis, long extent) {
    return along(x, axis, extent, false);
  }

  private Field along(Field x, int axis, long extent, boolean exact) {
    boolean single = x.runs[axis] == 0;
    Field f = single ? x.inserted(x.first(axis), axis, 2, true) : x;
    int a = f.first(axis);
    double[] raw = new double[f.k.length];
    for (int m = 0; m < raw.length; m++) {
      int eq = m & ~(1 << a);
      int ne = eq | 1 << a;
      raw[m] =
          (m >> a & 1) == 0
              ? same * f.k[eq] + cross * f.k[ne]
              : shared * f.k[eq] + Math.max(0, apart - shared) * f.k[ne];
    }
    // Neighbours first of all decide what an average is, and overlapping averages are alike.
    boolean told = !single && axis >= 2 && byDistance != null && Nearby.possible(f);
    Nearby near = told ? Nearby.of(f).along(axis, byDistance) : null;
    raw[0] = near == null || exact ? raw[0] : near.k()[0][0];
    long[] atoms = f.atoms.clone();
    atoms[a] = Math.max(2, extent);
    Field r =
        new Field(atoms, f.runs, f.ln, f.mean, f.k, f.profiles, f.base, f.overlap, f.channels)
            .withProfile(a, profile)
            .rescaled(raw, f.mean * sum, f.ln);
    if (near != null && extent != 1) {
      r = exact ? Nearby.beside(r, near) : Nearby.put(r, near);
    }
    return extent == 1 ? r.withProfile(a, null).collapsed(a, 1, 0, 1) : r;
  }
}
