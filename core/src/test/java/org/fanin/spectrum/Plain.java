package org.fanin.spectrum;

import java.util.List;
import org.fanin.math.Addressed;
import org.fanin.probe.Linearised;
import org.fanin.tensor.Shape;

/// A linearised network made of plain matrices: one Jacobian per sample, one matrix of parameter
/// gradients per sample (outputs × parameters).
final class Plain implements Linearised {
  private final double[][][] jacobians;
  private final double[][][] gradients;
  private final List<Part> weights;

  private Plain(double[][][] jacobians, double[][][] gradients, List<Part> weights) {
    this.jacobians = jacobians;
    this.gradients = gradients;
    this.weights = weights;
  }

  static Plain of(double[][]... jacobians) {
    return new Plain(jacobians, new double[0][][], List.of());
  }

  static Plain kernel(List<Part> weights, double[][]... gradients) {
    double[][][] none = new double[gradients.length][gradients[0].length][1];
    return new Plain(none, gradients, weights);
  }

  /// @param stream of the random elements, N(0, variance)
  static double[][] gaussian(int rows, int columns, double variance, long stream) {
    double[][] a = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        a[i][j] = Math.sqrt(variance) * Addressed.normal(7, stream, (long) i * columns + j);
      }
    }
    return a;
  }

  /// Rows (and, when square, columns) orthonormal: Gram–Schmidt, twice.
  static double[][] orthogonal(int n, long stream) {
    double[][] q = gaussian(n, n, 1, stream);
    for (int i = 0; i < n; i++) {
      for (int twice = 0; twice < 2; twice++) {
        for (int j = 0; j < i; j++) {
          Vectors.add(q[i], -Vectors.dot(q[i], q[j]), q[j]);
        }
      }
      Vectors.scale(q[i], 1 / Vectors.norm(q[i]));
    }
    return q;
  }

  static double[][] product(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        Vectors.add(c[i], a[i][k], b[k]);
      }
    }
    return c;
  }

  /// Q₁·diag(s)·Q₂ with rows ≤ columns.
  static double[][] with(double[] s, int columns, long stream) {
    double[][] d = new double[s.length][columns];
    for (int i = 0; i < s.length; i++) {
      d[i][i] = s[i];
    }
    return product(
        product(orthogonal(s.length, 2 * stream), d), orthogonal(columns, 2 * stream + 1));
  }

  static double[][] transposed(double[][] a) {
    double[][] t = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < t.length; j++) {
        t[j][i] = a[i][j];
      }
    }
    return t;
  }

  private int rows() {
    return jacobians[0].length;
  }

  private int columns() {
    return jacobians[0][0].length;
  }

  @Override
  public List<Part> from() {
    return List.of(new Part("x", Shape.of(jacobians.length, columns())));
  }

  @Override
  public List<Part> to() {
    return List.of(new Part("y", Shape.of(jacobians.length, rows())));
  }

  @Override
  public List<Part> weights() {
    return weights;
  }

  @Override
  public double[] value() {
    return new double[jacobians.length * rows()];
  }

  @Override
  public double[] pullBack(double[] u) {
    double[] r = new double[jacobians.length * columns()];
    for (int b = 0; b < jacobians.length; b++) {
      for (int i = 0; i < rows(); i++) {
        for (int j = 0; j < columns(); j++) {
          r[b * columns() + j] += jacobians[b][i][j] * u[b * rows() + i];
        }
      }
    }
    return r;
  }

  @Override
  public double[] pullBackToParameters(double[] u) {
    double[] r = new double[(int) parameters()];
    for (int b = 0; b < gradients.length; b++) {
      for (int i = 0; i < gradients[b].length; i++) {
        Vectors.add(r, u[b * gradients[b].length + i], gradients[b][i]);
      }
    }
    return r;
  }

  @Override
  public double[] pushForward(double[] v) {
    double[] r = new double[jacobians.length * rows()];
    for (int b = 0; b < jacobians.length; b++) {
      for (int i = 0; i < rows(); i++) {
        for (int j = 0; j < columns(); j++) {
          r[b * rows() + i] += jacobians[b][i][j] * v[b * columns() + j];
        }
      }
    }
    return r;
  }

  @Override
  public void close() {}
}
