package org.fanin.predict;

import java.util.function.DoubleBinaryOperator;

/// Two fields together: aligned, added, multiplied.
final class Fields {
  private Fields() {}

  /// Both fields with equal atoms on every axis (equal shapes required).
  static Field[] aligned(Field x, Field y) {
    Field a = x;
    Field b = y;
    for (int axis = 0; axis < a.rank(); axis++) {
      Field[] ab = alignAxis(a, axis, b, axis);
      a = ab[0];
      b = ab[1];
    }
    return new Field[] {a, b};
  }

  /// The same atoms on axis `i` of x and axis `j` of y, which have equal extents.
  static Field[] alignAxis(Field x, int i, Field y, int j) {
    Field a = x;
    Field b = y;
    int at = 0;
    while (at < a.runs[i] || at < b.runs[j]) {
      int pa = a.first(i) + at;
      int pb = b.first(j) + at;
      long na = a.atoms[pa];
      long nb = b.atoms[pb];
      if (na == nb) {
        at++;
      } else if (na % nb == 0 && a.size() < Field.MAX_ATOMS) {
        a = a.split(pa, na / nb);
      } else if (nb % na == 0 && b.size() < Field.MAX_ATOMS) {
        b = b.split(pb, nb / na);
      } else {
        return new Field[] {a.mergedAxis(i), b.mergedAxis(j)};
      }
    }
    return new Field[] {a, b};
  }

  /// x + sign·y for fields of one shape that share nothing but their means: every pair moment adds,
  /// with twice the product of the means.
  static Field sum(Field x, Field y, double sign) {
    if (y.isZero()) {
      return x;
    }
    if (x.isZero()) {
      return sign < 0 ? y.negated() : y;
    }
    Field[] ab = aligned(x, y);
    Field a = ab[0];
    Field b = ab[1];
    double unit = Math.max(a.ln, b.ln);
    double wa = Math.exp(a.ln - unit);
    double wb = Math.exp(b.ln - unit);
    double cross = 2 * sign * a.mean * b.mean * Math.sqrt(wa) * Math.sqrt(wb);
    double[] raw = new double[a.k.length];
    for (int m = 0; m < raw.length; m++) {
      raw[m] = wa * a.k[m] + wb * b.k[m] + cross;
    }
    double[][] p = new double[a.size()][];
    for (int i = 0; i < p.length; i++) {
      p[i] =
          mixed(
              a.profiles[i], wa, b.profiles[i], wb, (int) Math.min(a.atoms[i], Integer.MAX_VALUE));
    }
    double share = wa / (wa + wb);
    double root = share * Math.sqrt(a.spread()) + (1 - share) * Math.sqrt(b.spread());
    double lost = Math.min(wa, wb) < 1e-10 ? Math.min(a.ln, b.ln) : Double.NEGATIVE_INFINITY;
    Field r =
        a.withProfiles(p)
            .rescaled(raw, a.mean * Math.sqrt(wa) + sign * b.mean * Math.sqrt(wb), unit)
            .withDust(Math.max(lost, Math.max(a.dust, b.dust)));
    if (a.near != null || b.near != null) {
      r = nearby(r, a, b, (p1, p2) -> wa * p1 + wb * p2 + cross);
    }
    int ch = a.channels | b.channels;
    double own = r.withSpread(0, Overlap.mixed(share, a.overlap, b.overlap), ch).ownSpread();
    return r.withSpread(
        Math.max(0, root * root - own), Overlap.mixed(share, a.overlap, b.overlap), ch);
  }

  /// The moments by distance of two aligned fields, joined like their pair moments.
  private static Field nearby(Field r, Field a, Field b, DoubleBinaryOperator join) {
    if (!Nearby.possible(a) || !Nearby.possible(b)) {
      return r;
    }
    Nearby x = Nearby.of(a);
    Nearby y = Nearby.of(b);
    return Nearby.put(r, Nearby.filled((d, g) -> join.applyAsDouble(x.k()[d][g], y.k()[d][g])));
  }

  /// With m2 at index i of an atom multiplied by weights[i].
  static Field weighted(Field f, int atom, double[] weights) {
    double[] p = weights.clone();
    double mean = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] *= f.profiles[atom] == null ? 1 : f.profiles[atom][i];
      mean += p[i] / p.length;
    }
    if (!(mean > 0)) {
      return f.scaled(Double.NEGATIVE_INFINITY);
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= mean;
    }
    return f.withProfile(atom, p).scaled(Math.log(mean));
  }

  private static double[] mixed(double[] p, double wp, double[] q, double wq, int n) {
    if (p == null && q == null) {
      return null;
    }
    double[] r = new double[n];
    for (int i = 0; i < n; i++) {
      r[i] = (wp * (p == null ? 1 : p[i]) + wq * (q == null ? 1 : q[i])) / (wp + wq);
    }
    return r;
  }

  /// x·y element by element, x and y independent, of one shape: pair moments multiply.
  static Field product(Field x, Field y) {
    Field[] ab = aligned(x, y);
    Field a = ab[0];
    Field b = ab[1];
    if (a.isZero() || b.isZero()) {
      return a.with(a.k, 0, Double.NEGATIVE_INFINITY);
    }
    double[] raw = new double[a.k.length];
    for (int m = 0; m < raw.length; m++) {
      raw[m] = a.k[m] * b.k[m];
    }
    double[][] p = new double[a.size()][];
    for (int i = 0; i < p.length; i++) {
      if (a.profiles[i] == null || b.profiles[i] == null) {
        p[i] = a.profiles[i] == null ? b.profiles[i] : a.profiles[i];
        continue;
      }
      PairProfile pp = PairProfile.of(a.profiles[i], b.profiles[i]);
      p[i] = pp.product();
      for (int m = 0; m < raw.length; m++) {
        raw[m] *= (m >> i & 1) == 0 ? pp.same() : pp.differ();
      }
    }
    double spread = a.spread() + b.spread();
    Field r =
        a.withProfiles(p)
            .rescaled(raw, a.mean * b.mean, a.ln + b.ln)
            .withSpread(spread, ofProduct(a, b), a.channels | b.channels);
    if (a.near != null || b.near != null) {
      r = nearby(r, a, b, (p1, p2) -> p1 * p2);
    }
    // Times one number the elements scatter as before; times another tensor they scatter more.
    boolean one = a.centred() < 1e-12 || b.centred() < 1e-12;
    return one ? r.withBase(Math.max(0, spread - r.ownSpread())) : r;
  }

  /// Two samples' products are alike as far as both factors are.
  private static Overlap ofProduct(Field a, Field b) {
    double cosine = a.overlap.cosine() * agreement(b, a) + b.overlap.cosine() * agreement(a, b);
    return Overlap.most(a.overlap, b.overlap).withCosine(Math.min(1, cosine));
  }

  /// What is left of the squared cosine of two samples' vectors when each is multiplied, element by
  /// element, by a factor of its own: the mean squared pair moment of the factor.
  static double agreement(Field factor, Field vectors) {
    Field[] fv = aligned(factor, vectors);
    int among = fv[1].k.length - 1 & ~fv[1].channels;
    double[] squares = new double[fv[0].k.length];
    for (int m = 0; m < squares.length; m++) {
      squares[m] = fv[0].k[m] * fv[0].k[m];
    }
    double same = fv[0].weight(0, among);
    return same >= 1 ? 1 : (fv[0].average(squares, among, 0) - same) / (1 - same);
  }
}
