package org.fanin.predict;

import java.util.List;
import org.fanin.tensor.Shape;

/// Gradients of broadcast operands: what was repeated is summed.
final class Broadcast {
  private Broadcast() {}

  /// Sums a gradient of the broadcast shape down to the operand's shape.
  static Field reduce(Field g, Shape to) {
    return summed(g, to, Interference.added(g, summed(g, to)));
  }

  private static Field summed(Field g, Shape to, double added) {
    Field f = g;
    while (f.rank() > to.rank()) {
      f = f.sumOver(0).dropAxis(0);
    }
    for (int i = 0; i < to.rank(); i++) {
      if (to.dim(i) == 1 && f.dim(i) != 1) {
        f = f.sumOver(i);
      }
    }
    return f.withBase(f.base + added);
  }

  /// The gradient of what every sample and position of a channel shares.
  static Field perChannel(Field g) {
    return perChannel(g, Interference.added(g, allBut(g, 1)));
  }

  /// The same of a factor of x, where the moments of their product are known.
  static Field perChannel(Field gradient, Field x, Field product) {
    return spreadAs(perChannel(gradient, x), perChannel(product, 0));
  }

  /// How much a sum over many scatters from draw to draw hardly depends on how its terms correlate
  /// with one another's sign.
  private static Field spreadAs(Field independent, Field sum) {
    return sum.withBase(Math.max(0, independent.spread() - sum.ownSpread()));
  }

  /// The same of a factor, from its product with x.
  static Field perChannel(Field gradient, Field x) {
    Field[] gx = Fields.aligned(gradient, x);
    double added = Interference.added(gx[0], gx[1], allBut(gx[0], 1));
    return perChannel(Fields.product(gradient, x), added);
  }

  private static int allBut(Field f, int axis) {
    return f.k.length - 1 & ~f.maskOf(axis);
  }

  private static Field perChannel(Field g, double added) {
    Field f = g;
    for (int i = f.rank() - 1; i >= 0; i--) {
      if (i != 1) {
        f = f.sumOver(i).dropAxis(i);
      }
    }
    return f.withBase(f.base + added);
  }

  /// [#reduce] of g·x, where its moments are known.
  static Field reduce(Field gradient, Field x, Field product, Shape to) {
    return spreadAs(reduce(gradient, x, to), summed(product, to, 0));
  }

  /// [#reduce] of g·x.
  static Field reduce(Field gradient, Field x, Shape to) {
    Field[] gx = Fields.aligned(gradient, x);
    double added = Interference.added(gx[0], gx[1], summed(gx[0], to));
    return summed(Fields.product(gradient, x), to, added);
  }

  private static int summed(Field g, Shape to) {
    int among = 0;
    for (int i = 0; i < g.rank(); i++) {
      int j = i - g.rank() + to.rank();
      among |= j < 0 || to.dim(j) == 1 ? g.maskOf(i) : 0;
    }
    return among;
  }

  /// A contraction's gradient has the labels `kept`; the operand's full label list may have more
  /// (summed alone: repeated) and extents of 1 (summed).
  static Field toLabels(Field g, List<Integer> kept, List<Integer> wanted, Shape shape) {
    Field f = g;
    for (int i = 0; i < wanted.size(); i++) {
      if (i >= f.rank() || !kept.contains(wanted.get(i))) {
        int[] runs = new int[f.rank() + 1];
        System.arraycopy(f.runs, 0, runs, 0, i);
        System.arraycopy(f.runs, i, runs, i + 1, f.rank() - i);
        f = new Field(f.atoms, runs, f.ln, f.mean, f.k, f.profiles, f.base, f.overlap, f.channels);
      }
      if (shape.dim(i) == 1 && f.dim(i) != 1) {
        f = f.sumOver(i);
      }
    }
    return f.expand(shape);
  }
}
