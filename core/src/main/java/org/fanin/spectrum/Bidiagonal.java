package org.fanin.spectrum;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fanin.math.Addressed;

/// Golub–Kahan–Lanczos bidiagonalisation with full reorthogonalisation (Golub & Kahan 1965), all
/// blocks in step: A·V = U·L + β·u·eᵀ and Aᵀ·U = V·Lᵀ with a lower bidiagonal L. Started at a
/// random direction u₁ of the rows' space, L·Lᵀ is the Gauss quadrature of u₁'s spectral measure of
/// A·Aᵀ (Golub & Meurant 2010).
final class Bidiagonal {
  /// What is this much smaller than the largest coefficient so far is rounding.
  private static final double INVARIANT = 1e-13;

  private final BlockMap map;
  private final int steps;
  private final Chain[] chains;

  /// The coefficients and vectors of one block.
  private static final class Chain {
    final List<double[]> left = new ArrayList<>();
    final List<double[]> right = new ArrayList<>();
    final List<Double> alpha = new ArrayList<>();
    final List<Double> beta = new ArrayList<>();
    double top;
    boolean done;
  }

  /// One probe's view of a block.
  ///
  /// @param values singular values of L, largest first
  /// @param weights share of the starting direction in each: they add up to 1
  /// @param errors a singular value of A lies within this of each
  /// @param scale a power of two near the largest value
  /// @param moment2 uᵀAAᵀu of the starting direction, over scale²
  /// @param moment4 uᵀ(AAᵀ)²u, over scale⁴
  /// @param complete the starting direction's invariant space is exhausted: with probability 1 the
  ///   values are all distinct singular values that A has
  record Ritz(
      double[] values,
      double[] weights,
      double[] errors,
      double scale,
      double moment2,
      double moment4,
      boolean complete) {}

  private Bidiagonal(BlockMap map, int steps) {
    this.map = map;
    this.steps = Math.min(steps, map.rows());
    chains = new Chain[map.blocks()];
  }

  /// @param map no more rows than columns, for `complete` to mean what it says
  /// @param stream of the random starting directions, addressed by (seed, stream, element)
  static List<Ritz> run(BlockMap map, int steps, long seed, long stream) {
    Bidiagonal b = new Bidiagonal(map, steps);
    for (int i = 0; i < b.chains.length; i++) {
      b.chains[i] = new Chain();
      b.chains[i].left.add(start(map.rows(), seed, stream * b.chains.length + i));
    }
    for (int k = 0; k < b.steps; k++) {
      b.rightwards(k);
      b.leftwards(k);
    }
    return Arrays.stream(b.chains).map(c -> b.ritz(c)).toList();
  }

  /// A direction, uniform on the sphere.
  private static double[] start(int n, long seed, long stream) {
    double[] u = new double[n];
    for (int i = 0; i < n; i++) {
      u[i] = Addressed.normal(seed, stream, i);
    }
    Vectors.scale(u, 1 / Vectors.norm(u));
    return u;
  }

  private double[][] last(boolean left) {
    double[][] v = new double[chains.length][];
    boolean any = false;
    for (int i = 0; i < v.length; i++) {
      v[i] = chains[i].done ? null : (left ? chains[i].left : chains[i].right).getLast();
      any |= v[i] != null;
    }
    return any ? v : null;
  }

  private void rightwards(int k) {
    double[][] u = last(true);
    if (u == null) {
      return;
    }
    double[][] w = map.transposed(u);
    for (int i = 0; i < chains.length; i++) {
      Chain c = chains[i];
      if (c.done) {
        continue;
      }
      double[] v = w[i];
      if (k > 0) {
        Vectors.add(v, -c.beta.getLast(), c.right.getLast());
      }
      double alpha = orthogonal(v, c.right);
      if (negligible(alpha, c)) {
        c.alpha.add(0.0);
        c.beta.add(0.0);
        c.done = true;
      } else {
        c.alpha.add(alpha);
        c.right.add(v);
      }
    }
  }

  private void leftwards(int k) {
    double[][] v = last(false);
    if (v == null) {
      return;
    }
    double[][] w = map.times(v);
    for (int i = 0; i < chains.length; i++) {
      Chain c = chains[i];
      if (c.done) {
        continue;
      }
      double[] u = w[i];
      Vectors.add(u, -c.alpha.getLast(), c.left.getLast());
      double beta = orthogonal(u, c.left);
      boolean end = k + 1 == map.rows() || negligible(beta, c);
      c.beta.add(end ? 0 : beta);
      c.done = end;
      if (!end) {
        c.left.add(u);
      }
    }
  }

  private static boolean negligible(double x, Chain c) {
    boolean tiny = x <= INVARIANT * c.top;
    c.top = Math.max(c.top, x);
    return tiny;
  }

  /// Takes out of x what lies along `basis` (twice is enough: Giraud, Langou & Rozložník 2005) and
  /// makes it a unit vector; returns the norm it had.
  private static double orthogonal(double[] x, List<double[]> basis) {
    double size = Vectors.norm(x);
    if (!Double.isFinite(size)) {
      throw new NotFiniteException();
    }
    if (size == 0) {
      return 0;
    }
    double scale = Vectors.power(size);
    divide(x, scale);
    for (int twice = 0; twice < 2; twice++) {
      for (double[] b : basis) {
        Vectors.add(x, -Vectors.dot(x, b), b);
      }
    }
    double rest = Vectors.norm(x);
    if (rest > 0) {
      divide(x, rest);
    }
    return rest * scale;
  }

  private static void divide(double[] x, double by) {
    for (int i = 0; i < x.length; i++) {
      x[i] /= by;
    }
  }

  private Ritz ritz(Chain c) {
    int k = c.alpha.size();
    double scale = c.top == 0 ? 1 : Vectors.power(c.top);
    double[][] columns = new double[k][k];
    double[][] first = new double[k][1];
    first[0][0] = 1;
    for (int i = 0; i < k; i++) {
      columns[i][i] = c.alpha.get(i) / scale;
      if (i > 0) {
        columns[i][i - 1] = c.beta.get(i - 1) / scale;
      }
    }
    double a = columns[0][0];
    double b = k > 1 ? columns[1][0] : c.beta.getLast() / scale;
    JacobiSvd.rotate(columns, first);
    return sorted(columns, first, c.beta.getLast(), scale, new double[] {a, b}, c.done);
  }

  private static Ritz sorted(
      double[][] columns,
      double[][] first,
      double rest,
      double scale,
      double[] head,
      boolean complete) {
    int k = columns.length;
    double[] norms = new double[k];
    for (int i = 0; i < k; i++) {
      norms[i] = Vectors.norm(columns[i]);
    }
    Integer[] order = new Integer[k];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (x, y) -> Double.compare(norms[y], norms[x]));
    double[] values = new double[k];
    double[] weights = new double[k];
    double[] errors = new double[k];
    for (int i = 0; i < k; i++) {
      int j = order[i];
      values[i] = norms[j] * scale;
      weights[i] = first[j][0] * first[j][0];
      errors[i] = norms[j] == 0 ? 0 : rest * Math.abs(columns[j][k - 1]) / norms[j];
    }
    double a2 = head[0] * head[0];
    double m4 = a2 * (a2 + head[1] * head[1]);
    return new Ritz(values, weights, errors, scale, a2, m4, complete);
  }
}
