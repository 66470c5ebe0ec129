package org.fanin.fill;

import java.util.List;
import java.util.function.LongFunction;
import org.fanin.fill.matrix.AlignedMatrix;
import org.fanin.fill.matrix.Dense;
import org.fanin.fill.matrix.Entries;
import org.fanin.fill.matrix.Formula;
import org.fanin.fill.matrix.HaarMatrix;
import org.fanin.fill.matrix.MatrixCache;
import org.fanin.fill.matrix.MatrixKernel;
import org.fanin.fill.matrix.MatrixLayout;
import org.fanin.fill.matrix.NormalSource;
import org.fanin.fill.matrix.SparseMatrix;
import org.fanin.fill.simd.MatrixKernels;
import org.fanin.plan.Draw;
import org.fanin.tensor.Shape;

/// Draws whose elements depend on one another: orthogonal, delta-orthogonal, aligned, identity,
/// sparse, Hadamard. Orthogonal, aligned and sparse matrices are made when first read and held
/// until the tensor is closed, or until enough others of its batch have been read after them.
final class MatrixFills {
  /// Most bytes that one matrix, or all matrices that are interleaved, may need.
  static final long MAX_BYTES = 4L << 30;

  /// Matrices of a batch are kept up to this many bytes together, and always the last two.
  private static final long KEPT_BYTES = 256L << 20;

  /// How matrices are computed; nothing of it changes a bit.
  record Engine(MatrixKernel kernel, int threads) {}

  private MatrixFills() {}

  /// The one that goes with the kernel of this process.
  static MatrixKernel kernel() {
    return MatrixKernels.named(Kernels.forMatrices());
  }

  /// As below, by the kernel of this process and as many threads as there are processors.
  static Values values(StreamKey key, Draw draw, Shape shape, long number, boolean wide) {
    var engine = new Engine(kernel(), Runtime.getRuntime().availableProcessors());
    return values(key, draw, shape, number, wide, engine);
  }

  /// Matrix numbers that a draw uses up: the next part of the same tensor begins after them.
  static long numbers(Draw draw, Shape shape) {
    return switch (draw) {
      case Draw.Orthogonal d -> extent(shape, d.matrix().batch());
      case Draw.Aligned d -> extent(shape, d.matrix().batch());
      case Draw.DeltaOrthogonal d -> extent(shape, d.matrix().batch());
      case Draw.Sparse d -> extent(shape, d.matrix().batch());
      case Draw.Constant _,
          Draw.Uniform _,
          Draw.Normal _,
          Draw.Truncated _,
          Draw.Identity _,
          Draw.Hadamard _,
          Draw.Parts _,
          Draw.Slice _,
          Draw.SoftplusInverse _,
          Draw.LogRange _ ->
          0;
    };
  }

  private static long extent(Shape shape, List<Integer> axes) {
    long n = 1;
    for (int a : axes) {
      n *= shape.dim(a);
    }
    return n;
  }

  /// @param shape of the tensor, or of the part that the draw is for
  /// @param number of the first matrix, so that the parts of a tensor differ
  /// @param wide for tensors of doubles
  /// @throws IllegalArgumentException for a draw that does not fit the shape, or a matrix that is
  ///   too large to be held
  static Values values(
      StreamKey key, Draw draw, Shape shape, long number, boolean wide, Engine engine) {
    return switch (draw) {
      case Draw.Orthogonal d ->
          orthogonal(
              key,
              d.gain(),
              new MatrixLayout(shape, d.matrix(), List.of(), false),
              number,
              wide,
              engine);
      case Draw.DeltaOrthogonal d ->
          orthogonal(
              key,
              d.gain(),
              new MatrixLayout(shape, d.matrix(), d.taps(), false),
              number,
              wide,
              engine);
      case Draw.Aligned d -> aligned(key, d, shape, number, wide, engine);
      case Draw.Sparse d -> sparse(key, d, shape, number, wide);
      case Draw.Identity d -> identity(d, shape);
      case Draw.Hadamard d -> {
        var layout = new MatrixLayout(shape, d.matrix(), d.taps(), true);
        yield new MatrixValues(layout, Formula.hadamard(layout.rows(), layout.columns()));
      }
      case Draw.Constant _,
          Draw.Uniform _,
          Draw.Normal _,
          Draw.Truncated _,
          Draw.Parts _,
          Draw.Slice _,
          Draw.SoftplusInverse _,
          Draw.LogRange _ ->
          throw new IllegalArgumentException("not a matrix draw: " + draw);
    };
  }

  private static Values orthogonal(
      StreamKey key, double gain, MatrixLayout layout, long number, boolean wide, Engine engine) {
    long rows = layout.rows();
    long columns = layout.columns();
    if (layout.count() == 0) {
      return new MatrixValues(layout, Formula.identity(0, 1));
    }
    checkSides(rows, columns);
    return held(
        layout,
        number,
        HaarMatrix.bytes(rows, columns, wide),
        i ->
            new HaarMatrix(
                source(key),
                (int) (number + i),
                rows,
                columns,
                wide,
                engine.kernel(),
                engine.threads()),
        gain);
  }

  private static void checkSides(long rows, long columns) {
    if (Math.max(rows, columns) > HaarMatrix.MAX_SIDE) {
      throw new IllegalArgumentException(
          "an orthogonal matrix of "
              + rows
              + "×"
              + columns
              + ": sides end at "
              + HaarMatrix.MAX_SIDE
              + "; draw it normal with std 1/√(longer side), which is nearly orthogonal");
    }
  }

  private static Values aligned(
      StreamKey key, Draw.Aligned d, Shape shape, long number, boolean wide, Engine engine) {
    var layout = new MatrixLayout(shape, d.matrix(), List.of(), false);
    long rows = layout.rows();
    long columns = layout.columns();
    if (layout.count() == 0) {
      return new MatrixValues(layout, Formula.identity(0, 1));
    }
    checkSides(rows, columns);
    if (d.number() > (1L << 32) - layout.matrices()) {
      throw new IllegalArgumentException(
          d.partner() + " has no " + layout.matrices() + " matrices from number " + d.number());
    }
    StreamKey partner = key.of(d.partner());
    return held(
        layout,
        number,
        AlignedMatrix.bytes(rows, columns, wide),
        i -> {
          try (var q =
              new HaarMatrix(
                  source(partner),
                  (int) (d.number() + i),
                  d.turned() ? columns : rows,
                  d.turned() ? rows : columns,
                  wide,
                  engine.kernel(),
                  engine.threads())) {
            return new AlignedMatrix(
                q,
                d.turned(),
                d.factor(),
                source(key),
                (int) (number + i),
                d.noiseStd(),
                rows,
                columns,
                wide);
          }
        },
        1);
  }

  private static Values sparse(
      StreamKey key, Draw.Sparse d, Shape shape, long number, boolean wide) {
    var layout = new MatrixLayout(shape, d.matrix(), List.of(), false);
    long columns = layout.columns();
    if (layout.count() == 0) {
      return new MatrixValues(layout, Formula.identity(0, 1));
    }
    if (d.nonZero() < 0 || d.nonZero() > columns || columns > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          d.nonZero() + " elements that are not zero, in rows of " + columns);
    }
    return held(
        layout,
        number,
        SparseMatrix.bytes(layout.rows(), d.nonZero(), wide),
        i ->
            new SparseMatrix(
                source(key),
                (int) (number + i),
                layout.rows(),
                (int) columns,
                (int) d.nonZero(),
                d.std(),
                wide),
        1);
  }

  private static Values held(
      MatrixLayout layout, long number, long bytes, LongFunction<Dense> maker, double gain) {
    long together = layout.batchOutside() ? 1 : layout.matrices();
    if (bytes > MAX_BYTES / together) {
      throw new IllegalArgumentException(
          (together == 1 ? "a matrix of " : together + " interleaved matrices of ")
              + layout.rows()
              + "×"
              + layout.columns()
              + " would hold "
              + bytes
              + " bytes each; at most "
              + MAX_BYTES
              + " are held: split it into blocks (Parts), or draw it elementwise");
    }
    if (number > (1L << 32) - layout.matrices()) {
      throw new IllegalArgumentException(
          "more than 2³² matrices in one tensor: " + layout.matrices() + " after " + number);
    }
    long kept = Math.max(2, KEPT_BYTES / Math.max(1, bytes));
    Entries entries = new MatrixCache(maker, together == 1 ? kept : layout.matrices(), gain);
    return new MatrixValues(layout, entries);
  }

  private static Values identity(Draw.Identity d, Shape shape) {
    var layout = new MatrixLayout(shape, d.matrix(), d.taps(), true);
    if (d.groups() < 1 || layout.rows() % d.groups() != 0) {
      throw new IllegalArgumentException(
          layout.rows() + " rows cannot be dealt to " + d.groups() + " groups");
    }
    long perGroup = Math.max(1, layout.rows() / d.groups());
    return new MatrixValues(layout, Formula.identity(d.gain(), perGroup));
  }

  private static NormalSource source(StreamKey key) {
    return new NormalSource() {
      @Override
      public void normals(int number, long first, float[] out, int offset, int count) {
        Normals.fill(key, StreamKey.MATRIX_NORMALS, number, first, out, offset, count);
      }

      @Override
      public void normals(int number, long first, double[] out, int offset, int count) {
        Normals.fill(key, StreamKey.MATRIX_NORMALS, number, first, out, offset, count);
      }

      @Override
      public void choices(int number, long first, long[] out, int count) {
        var words = new int[Words.GROUP];
        long group = -1;
        for (int i = 0; i < count; i++) {
          long at = first + i;
          if (at >> 7 != group) {
            group = at >> 7;
            Words.fill(key, StreamKey.CHOICES, number, group, words, 1);
          }
          out[i] = Words.wide(words, (int) (at & 127));
        }
      }
    };
  }
}
