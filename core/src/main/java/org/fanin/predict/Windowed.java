package org.fanin.predict;

import java.util.List;
import org.fanin.tensor.Shape;

/// A window with equal, fixed weights along one axis (average pooling, nearest and linear resizing,
/// and their gradients): outputs average inputs, so pairs of inputs count, not only equal ones.
///
/// @param same Σ over taps of weight²: factor of the input's own second moment
/// @param cross Σ over pairs of different taps of weight·weight: factor of the moment of two
///   positions
/// @param sum mean of Σ weight: factor of the mean
/// @param shared chance that taps of two different outputs read the same input, weighted
/// @param outputs extent of the result
/// @param profile where more or fewer inputs are heard; null when flat
record Windowed(
    double same, double cross, double sum, double shared, int outputs, double[] profile) {

  static Windowed of(AxisMap m, boolean countPadding) {
    double[][] w = new double[m.outputs()][m.inputs()];
    for (int o = 0; o < m.outputs(); o++) {
      int valid = 0;
      for (int t = 0; t < m.taps(); t++) {
        valid += m.source()[t][o] >= 0 ? 1 : 0;
      }
      for (int t = 0; t < m.taps(); t++) {
        int i = m.source()[t][o];
        if (i >= 0) {
          w[o][i] += 1.0 / (countPadding ? m.taps() : valid);
        }
      }
    }
    return of(w, m.inputs());
  }

  static Windowed transposed(AxisMap m, boolean countPadding) {
    double[][] w = new double[m.inputs()][m.outputs()];
    for (int o = 0; o < m.outputs(); o++) {
      int valid = 0;
      for (int t = 0; t < m.taps(); t++) {
        valid += m.source()[t][o] >= 0 ? 1 : 0;
      }
      for (int t = 0; t < m.taps(); t++) {
        int i = m.source()[t][o];
        if (i >= 0) {
          w[i][o] += 1.0 / (countPadding ? m.taps() : valid);
        }
      }
    }
    return of(w, m.outputs());
  }

  /// @param w `w[output][input]`
  static Windowed of(double[][] w, int inputs) {
    int n = w.length;
    double same = 0;
    double cross = 0;
    double sum = 0;
    double[] heard = new double[inputs];
    double[] heard2 = new double[inputs];
    double[] p = new double[n];
    for (int o = 0; o < n; o++) {
      double s = 0;
      double s2 = 0;
      for (int i = 0; i < inputs; i++) {
        s += w[o][i];
        s2 += w[o][i] * w[o][i];
        heard[i] += w[o][i];
        heard2[i] += w[o][i] * w[o][i];
      }
      same += s2 / n;
      cross += (s * s - s2) / n;
      sum += s / n;
      p[o] = s2;
    }
    double sharing = 0;
    for (int i = 0; i < inputs; i++) {
      sharing += heard[i] * heard[i] - heard2[i];
    }
    double shared = n > 1 ? Math.max(0, sharing) / ((double) n * (n - 1)) : 0;
    boolean flat = true;
    for (int o = 0; o < n; o++) {
      p[o] = same > 0 ? p[o] / same : 1;
      flat &= Math.abs(p[o] - 1) < 1e-9;
    }
    return new Windowed(same, cross, sum, shared, n, flat ? null : p);
  }

  static Field apply(Field x, List<Windowed> axes, Shape out) {
    Field f = x;
    for (int i = 0; i < axes.size(); i++) {
      f = axes.get(i).along(f, i + 2, out.dim(i + 2));
    }
    return f;
  }

  Field along(Field x, int axis, long extent) {
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
              : shared * f.k[eq] + Math.max(0, sum * sum - shared) * f.k[ne];
    }
    long[] atoms = f.atoms.clone();
    atoms[a] = Math.max(2, extent);
    Field r =
        new Field(atoms, f.runs, f.ln, f.mean, f.k, f.profiles, f.base, f.overlap, f.channels)
            .withProfile(a, profile)
            .rescaled(raw, f.mean * sum, f.ln);
    return extent == 1 ? r.withProfile(a, null).collapsed(a, 1, 0, 1) : r;
  }
}
