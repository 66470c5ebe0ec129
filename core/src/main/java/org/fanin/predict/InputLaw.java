package org.fanin.predict;

import java.util.Locale;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// The law of a graph input (or cotangent) from a sample of it. A sample that cannot be told from
/// N(0,1) noise is taken as exactly that: the ensemble is then known better than any one draw of
/// it.
///
/// @param words for the report
record InputLaw(Field field, String words) {
  /// Standard errors within which mean and second moment count as those of N(0,1); false-alarm rate
  /// 5e-4 each.
  private static final double NEAR = 3.5;

  static InputLaw of(Tensor t, Shape shape) {
    Elements.Sums sums = Elements.of(t);
    Sample.Stats s = sums.stats();
    Field f = Sample.field(t, sums, s.m2());
    double n = s.count();
    boolean iid = f.mean == 0 && isFlat(f);
    boolean unit =
        Math.abs(s.mean()) < NEAR / Math.sqrt(n) && Math.abs(s.m2() - 1) < NEAR * Math.sqrt(2 / n);
    if (iid && unit && Math.abs(s.m4() - 3) < NEAR * Math.sqrt(96 / n)) {
      return new InputLaw(Field.iid(shape, 0), "N(0,1)");
    }
    for (int i = 0; i < shape.rank(); i++) {
      f = ShapeRule.resized(f, i, shape.dim(i));
    }
    String words = String.format(Locale.ROOT, "measured: mean %.4g, m2 %.4g", s.mean(), s.m2());
    return new InputLaw(f, words);
  }

  private static boolean isFlat(Field f) {
    for (int m = 1; m < f.k.length; m++) {
      if (f.k[m] != 0) {
        return false;
      }
    }
    for (double[] p : f.profiles) {
      if (p != null) {
        return false;
      }
    }
    return true;
  }
}
