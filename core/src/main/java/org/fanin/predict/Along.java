package org.fanin.predict;

import java.util.BitSet;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;

/// Moments of g·x̂, x̂ a standardised value and g the gradient there: what the gradient of a scale
/// sums. A gradient that came back through φ is c·φ′(x̂), and φ′(x̂)·x̂ does not average out over
/// positions that share c (global pooling behind the activation). Where a sum with another tensor
/// lies between, only the part of x̂ that lies along the sum knows of φ′.
final class Along {
  /// A mean beside a deviation that is not felt.
  private static final double CENTRED = 1e-6;

  private Along() {}

  /// Values whose g·x̂ is asked for: results of normalisations, products with a parameter, and sums
  /// that have one of these for a term.
  static BitSet wanted(Graph graph) {
    BitSet wanted = new BitSet();
    for (Node n : graph.nodes()) {
      boolean here =
          switch (n.op()) {
            case Op.BatchNorm _, Op.Norm _ -> true;
            case Op.Arithmetic(Op.Arithmetic.Kind kind) ->
                switch (kind) {
                  case MUL -> n.inputs().stream().anyMatch(i -> isParameter(graph, i));
                  case ADD, SUB -> n.inputs().stream().anyMatch(i -> i >= 0 && wanted.get(i));
                  case DIV, POW, MIN, MAX, MEAN -> false;
                };
            case Op _ -> false;
          };
      if (here && !n.outputs().isEmpty() && n.outputs().getFirst() >= 0) {
        wanted.set(n.outputs().getFirst());
      }
    }
    return wanted;
  }

  private static boolean isParameter(Graph graph, int value) {
    return value >= 0 && graph.value(value).kind() == Value.Kind.PARAMETER;
  }

  /// Σ g·x over what a scale γ of y = γ·x shares.
  ///
  /// @param y the product; x the other factor
  /// @return moments of g·x on the atoms of y; empty where g and x are taken as independent
  static Optional<Field> product(Context c, int y, Field x) {
    boolean centred = x.mean * x.mean < CENTRED && !x.isZero();
    return centred
        ? c.along(y).filter(f -> !f.isZero()).map(f -> f.scaled(x.ln))
        : Optional.empty();
  }

  /// A term x of the sum s gets the gradient of s. With ρ the correlation of x and s, x̂ = ρ·ŝ +
  /// √(1 − ρ²)·w, w independent of what the gradient came through.
  ///
  /// @param passed the gradient as the term got it
  static void addend(Context c, int sum, int term, Field passed) {
    Optional<Field> along = c.along(sum);
    boolean same = c.isKnown(term) && c.isKnown(sum) && c.shape(term).equals(c.shape(sum));
    if (along.isEmpty() || along.get().isZero() || !same || !c.wantsAlong(term)) {
      return;
    }
    Field x = c.field(term);
    Field s = c.field(sum);
    if (x.isZero() || s.isZero() || x.centred() < CENTRED || s.centred() < CENTRED) {
      return;
    }
    double ln = x.ln + Math.log(x.centred()) - s.ln - Math.log(s.centred());
    mixed(Math.min(1, Math.exp(ln)), along.get(), passed, x, s)
        .ifPresent(f -> c.setAside(passed, f));
  }

  private static Optional<Field> mixed(double rho2, Field along, Field gradient, Field x, Field s) {
    Field g = Fields.aligned(gradient, s)[0];
    Field a = Fields.aligned(along, g)[0];
    g = Fields.aligned(g, a)[0];
    double[] rx = correlations(Fields.aligned(x, g)[0]);
    double[] rs = correlations(Fields.aligned(s, g)[0]);
    if (a.k.length != g.k.length || rx.length != g.k.length || rs.length != g.k.length) {
      return Optional.empty(); // their axes are cut differently
    }
    double unit = Math.exp(a.ln - g.ln);
    double[] raw = new double[g.k.length];
    for (int m = 0; m < raw.length; m++) {
      double rest = m == 0 ? 1 - rho2 : (1 - 2 * rho2) * rx[m] + rho2 * rs[m];
      raw[m] = rho2 * unit * a.k[m] + g.k[m] * rest;
    }
    return Optional.of(g.rescaled(raw, 0, g.ln));
  }

  /// E x̂_i·x̂_j where the gradient lands.
  static double[] standardised(Field root, Optional<Source.Landing> landing) {
    double[] r = correlations(root);
    if (landing.isPresent()) {
      double sd = Math.sqrt(root.centred());
      double mean = (landing.get().mean() - root.mean) / sd;
      double own = landing.get().sd() / sd;
      for (int m = 0; m < r.length; m++) {
        r[m] = mean * mean + own * own * r[m];
      }
    }
    return r;
  }

  /// Of every pair of elements.
  static double[] correlations(Field f) {
    double m2 = f.mean * f.mean;
    double[] r = new double[f.k.length];
    r[0] = 1;
    for (int m = 1; m < r.length; m++) {
      r[m] = Math.clamp((f.k[m] - m2) / f.centred(), -1.0, 1.0);
    }
    return r;
  }
}
