package org.fanin.plan;

import java.util.List;

/// What the elements of one tensor are, completely specified: numbers, no fans or gains left to
/// resolve. The fill stage turns a draw, a seed and a name into bytes.
public sealed interface Draw {
  record Constant(double value) implements Draw {}

  /// Uniform on [low, high].
  record Uniform(double low, double high) implements Draw {}

  /// N(mean, std²).
  record Normal(double mean, double std) implements Draw {}

  /// N(mean, std²) kept to mean ± cut·std; `std` is that of the uncut law.
  record Truncated(double mean, double std, double cut) implements Draw {}

  /// Haar-distributed orthonormal rows or columns (whichever are fewer), times gain; one matrix per
  /// index of the batch axes.
  record Orthogonal(double gain, Matrix matrix) implements Draw {}

  /// A Haar-distributed orthogonal matrix at the centre tap of a convolution, zeros at all others
  /// (Xiao et al. 2018, algorithm 1).
  record DeltaOrthogonal(double gain, Matrix matrix, List<Integer> taps) implements Draw {
    public DeltaOrthogonal {
      taps = List.copyOf(taps);
    }
  }

  /// `gain` on the diagonal of the matrix at the centre tap (no taps: a plain matrix), zeros
  /// elsewhere. Rows are dealt to `groups` equal groups, each with its own diagonal.
  record Identity(double gain, Matrix matrix, List<Integer> taps, int groups) implements Draw {
    public Identity {
      taps = List.copyOf(taps);
    }
  }

  /// Each output unit has `nonZero` inputs at random places with weights N(0, std²), and zeros
  /// (Martens 2010).
  record Sparse(long nonZero, double std, Matrix matrix) implements Draw {}

  /// Equal parts along an axis, in order, each with a draw of its own: fused query/key/value, gates
  /// of an LSTM.
  record Parts(int axis, List<Draw> parts) implements Draw {
    public Parts {
      parts = List.copyOf(parts);
    }
  }

  /// One slice along an axis is constant (an embedding's padding row); the rest is as `rest` says.
  record Slice(Draw rest, int axis, long index, double value) implements Draw {}

  /// softplus⁻¹ of exp(U(ln low, ln high)): the time-step bias of state-space models (Gu & Dao
  /// 2023, §3.6), so that softplus(bias) is log-uniform on [low, high].
  record SoftplusInverse(double low, double high) implements Draw {}

  /// ln(1 + index along the axis): log(1), log(2) … (S4D-real, Gu et al. 2022).
  record LogRange(int axis) implements Draw {}

  /// Partial identity where columns ≥ rows or equal; Hadamard-mixed where dimensions grow (ZerO,
  /// Zhao et al. 2022, algorithm 1).
  record Hadamard(Matrix matrix, List<Integer> taps) implements Draw {
    public Hadamard {
      taps = List.copyOf(taps);
    }
  }

  /// factor·Q + N(0, noiseStd²), where Q is the Haar-distributed matrix, before its gain, that
  /// [Orthogonal] draws for another tensor, or for another part of this one. It is drawn again from
  /// its address, so nothing has to be read: products of the two tensors are what they should be,
  /// whichever is written first.
  ///
  /// @param partner name of the tensor that holds Q, perhaps this tensor itself
  /// @param number of Q among the matrices of its tensor; matrix i of a batch goes with number + i
  /// @param turned whether it is Qᵀ
  record Aligned(
      double factor, String partner, long number, boolean turned, double noiseStd, Matrix matrix)
      implements Draw {
    public Aligned {
      PlanChecks.text(partner);
      boolean finite = Double.isFinite(factor) && noiseStd < Double.POSITIVE_INFINITY;
      if (!finite || !(noiseStd >= 0) || number < 0) {
        throw new IllegalArgumentException(
            "aligned with number " + number + ", factor " + factor + ", noise " + noiseStd);
      }
    }
  }

  /// Which axes of a tensor number rows (outputs), columns (inputs) and independent matrices. Every
  /// axis that is not a tap stands in one of them; each list is in the tensor's axis order.
  record Matrix(List<Integer> rows, List<Integer> columns, List<Integer> batch) {
    public Matrix {
      rows = List.copyOf(rows);
      columns = List.copyOf(columns);
      batch = List.copyOf(batch);
    }
  }
}
