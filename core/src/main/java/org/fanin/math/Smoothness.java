package org.fanin.math;

/// What happens to φ at its listed kinks.
final class Smoothness {
  private Smoothness() {}

  /// Whether φ itself (not only φ′) jumps at a kink within `range` deviations of the mean.
  static boolean jumps(Fn f, double mean, double sd) {
    double gap = gap(f);
    for (double k : f.kinks()) {
      if (Math.abs(k - mean) < Panels.RANGE * sd && jumpsAt(f, k, gap)) {
        return true;
      }
    }
    return false;
  }

  private static double gap(Fn f) {
    double gap = 1;
    for (int i = 1; i < f.kinks().size(); i++) {
      gap = Math.min(gap, f.kinks().get(i) - f.kinks().get(i - 1));
    }
    for (int i = 1; i < f.scales().size(); i++) {
      double d = f.scales().get(i) - f.scales().get(i - 1);
      gap = d > 0 ? Math.min(gap, d) : gap;
    }
    return gap * 1e-3;
  }

  /// A step stays as high when looked at from a thousand times nearer; a kink shrinks.
  private static boolean jumpsAt(Fn f, double k, double step) {
    double near = step / 1024;
    double wide = Math.abs(f.at(k + step) - f.at(k - step));
    double small = Math.abs(f.at(k + near) - f.at(k - near));
    double noise = 1e-12 * (Math.abs(f.at(k + near)) + Math.abs(f.at(k - near)));
    return !(small <= 0.25 * wide || small <= noise);
  }

  /// Whether E φ² diverges because φ has a pole that the law reaches with a density above 1e-9:
  /// |φ|²·ε does not shrink with ε.
  static boolean hasPole(Fn f, double mean, double sd) {
    for (double k : f.kinks()) {
      if (Math.abs(k - mean) < 6 * sd && (pole(f, k, 1) || pole(f, k, -1))) {
        return true;
      }
    }
    return false;
  }

  private static boolean pole(Fn f, double k, int side) {
    double far = Math.max(1, Math.abs(k)) * 1e-6;
    double near = far / 1024;
    double a = f.at(k + side * far);
    double b = f.at(k + side * near);
    return Double.isFinite(a) && Math.abs(b) > 1e2 && b * b * near > 0.9 * a * a * far;
  }
}
