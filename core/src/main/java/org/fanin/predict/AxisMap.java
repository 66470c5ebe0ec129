package org.fanin.predict;

/// Which input position each tap of a window reads for each output position, along one spatial
/// axis; −1 where it reads padding. Convolution, transposed convolution and pooling are this map
/// with different sources; the gradient runs it backwards.
///
/// @param inputs extent of the input
/// @param source `source[tap][output]` = input position or −1
record AxisMap(int inputs, int[][] source) {

  static AxisMap window(int in, int out, int kernel, int stride, int pad, int dilation) {
    int[][] s = new int[kernel][out];
    for (int t = 0; t < kernel; t++) {
      for (int o = 0; o < out; o++) {
        long i = (long) o * stride + (long) t * dilation - pad;
        s[t][o] = i >= 0 && i < in ? (int) i : -1;
      }
    }
    return new AxisMap(in, s);
  }

  /// Output o of a transposed convolution hears input i through tap t when o = i·stride +
  /// t·dilation − pad.
  static AxisMap transposed(int in, int out, int kernel, int stride, int pad, int dilation) {
    int[][] s = new int[kernel][out];
    for (int t = 0; t < kernel; t++) {
      for (int o = 0; o < out; o++) {
        long n = (long) o + pad - (long) t * dilation;
        s[t][o] = n >= 0 && n % stride == 0 && n / stride < in ? (int) (n / stride) : -1;
      }
    }
    return new AxisMap(in, s);
  }

  int taps() {
    return source.length;
  }

  int outputs() {
    return source.length == 0 ? 0 : source[0].length;
  }

  /// The same connections seen from the input: what the gradient's map needs.
  Moments forward(double[] profile) {
    double[][] v = new double[taps()][outputs()];
    for (int t = 0; t < taps(); t++) {
      for (int o = 0; o < outputs(); o++) {
        int i = source[t][o];
        v[t][o] = i < 0 ? 0 : profile == null ? 1 : profile[i];
      }
    }
    return Moments.of(v, profile);
  }

  Moments backward(double[] profile) {
    double[][] v = new double[taps()][inputs];
    for (int t = 0; t < taps(); t++) {
      for (int o = 0; o < outputs(); o++) {
        int i = source[t][o];
        if (i >= 0) {
          v[t][i] += profile == null ? 1 : profile[o];
        }
      }
    }
    return Moments.of(v, profile);
  }

  /// Sums over taps of the second moment that arrives at each position.
  ///
  /// @param same mean over positions of Σ_t p: factor of m2
  /// @param differ mean over two different positions of Σ_t √(p p′): factor of the moment of two
  ///   positions, tap for tap
  /// @param any as `differ`, for two different taps at one position (needed where weights are
  ///   correlated, as in pooling); relative to taps·(taps−1)
  /// @param profile arriving second moment by position, mean 1; null when flat
  record Moments(double same, double differ, double any, double[] profile) {

    static Moments of(double[][] v, double[] source) {
      int taps = v.length;
      int n = taps == 0 ? 0 : v[0].length;
      double[] p = new double[n];
      double same = 0;
      double differ = 0;
      double any = 0;
      for (int o = 0; o < n; o++) {
        double roots = 0;
        for (double[] row : v) {
          p[o] += row[o];
          roots += Math.sqrt(row[o]);
        }
        same += p[o] / n;
        any += (roots * roots - p[o]) / n;
      }
      for (double[] row : v) {
        double s = 0;
        double s2 = 0;
        for (double x : row) {
          s += Math.sqrt(x);
          s2 += x;
        }
        differ += n > 1 ? Math.max(0, s * s - s2) / ((double) n * (n - 1)) : 0;
      }
      double pm = source == null ? 1 : PairProfile.pairMean(source);
      differ = pm > 0 ? differ / pm : 0;
      any = pm > 0 ? any / pm : 0;
      return new Moments(same, differ, any, flattened(p, same));
    }

    private static double[] flattened(double[] p, double mean) {
      boolean flat = true;
      for (int i = 0; i < p.length; i++) {
        p[i] = mean > 0 ? p[i] / mean : 1;
        flat &= Math.abs(p[i] - 1) < 1e-12;
      }
      return flat ? null : p;
    }
  }
}
