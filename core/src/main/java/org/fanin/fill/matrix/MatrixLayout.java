package org.fanin.fill.matrix;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fanin.plan.Draw;
import org.fanin.tensor.Shape;

/// Which element of which matrix stands where in a tensor.
public final class MatrixLayout {
  private enum Kind {
    ROW,
    COLUMN,
    BATCH,
    TAP
  }

  /// Neighbouring axes of one kind, taken as one.
  ///
  /// @param step by which the kind's index grows with this axis's
  /// @param centre index of the centre tap
  private record Axis(Kind kind, long size, long step, long centre) {}

  /// Where a run of elements lies.
  public interface Visitor {
    /// @param dRow by which the row grows from element to element, and so on
    /// @param offset of the first element in what was asked for
    void run(long matrix, long row, long column, int dRow, int dColumn, int offset, int count);
  }

  private final long count;
  private final List<Axis> axes;
  private final long rows;
  private final long columns;
  private final long matrices;
  private final boolean batchOutside;

  /// @param upper whether even kernels have their centre at k/2 (torch's `dirac_`) instead of (k −
  ///   1)/2 (JAX, TensorFlow)
  /// @throws IllegalArgumentException if an axis is missing, named twice or out of order
  public MatrixLayout(Shape shape, Draw.Matrix matrix, List<Integer> taps, boolean upper) {
    Kind[] kinds = kinds(shape, matrix, taps);
    this.count = shape.count();
    this.rows = extent(shape, matrix.rows());
    this.columns = extent(shape, matrix.columns());
    this.matrices = extent(shape, matrix.batch());
    this.batchOutside = outside(kinds);
    this.axes = merged(shape, kinds, upper);
  }

  private static Kind[] kinds(Shape shape, Draw.Matrix matrix, List<Integer> taps) {
    var kinds = new Kind[shape.rank()];
    mark(shape, kinds, matrix.rows(), Kind.ROW);
    mark(shape, kinds, matrix.columns(), Kind.COLUMN);
    mark(shape, kinds, matrix.batch(), Kind.BATCH);
    mark(shape, kinds, taps, Kind.TAP);
    for (int a = 0; a < kinds.length; a++) {
      if (kinds[a] == null) {
        throw new IllegalArgumentException(
            "axis " + a + " of " + shape + " is neither row, column, batch nor tap");
      }
    }
    return kinds;
  }

  private static void mark(Shape shape, Kind[] kinds, List<Integer> axes, Kind kind) {
    int previous = -1;
    for (int a : axes) {
      if (a <= previous || a >= shape.rank() || kinds[a] != null) {
        throw new IllegalArgumentException(
            kind + " axes " + axes + " of " + shape + ": wanted ascending axes, each in one list");
      }
      kinds[a] = kind;
      previous = a;
    }
  }

  private static long extent(Shape shape, List<Integer> axes) {
    long n = 1;
    for (int a : axes) {
      n *= shape.dim(a);
    }
    return n;
  }

  private static boolean outside(Kind[] kinds) {
    int a = 0;
    while (a < kinds.length && kinds[a] == Kind.BATCH) {
      a++;
    }
    return !Arrays.asList(kinds).subList(a, kinds.length).contains(Kind.BATCH);
  }

  private static List<Axis> merged(Shape shape, Kind[] kinds, boolean upper) {
    var axes = new ArrayList<Axis>();
    var steps = new long[Kind.values().length];
    Arrays.fill(steps, 1);
    for (int a = kinds.length - 1; a >= 0; a--) {
      Kind kind = kinds[a];
      long size = shape.dim(a);
      long centre = upper ? size / 2 : (size - 1) / 2;
      if (!axes.isEmpty() && axes.getFirst().kind() == kind) {
        Axis inner = axes.removeFirst();
        centre = centre * inner.size() + inner.centre();
        axes.addFirst(new Axis(kind, size * inner.size(), inner.step(), centre));
      } else {
        axes.addFirst(new Axis(kind, size, steps[kind.ordinal()], centre));
      }
      steps[kind.ordinal()] *= size;
    }
    if (axes.isEmpty()) {
      axes.add(new Axis(Kind.COLUMN, 1, 1, 0));
    }
    return List.copyOf(axes);
  }

  public long count() {
    return count;
  }

  public long rows() {
    return rows;
  }

  public long columns() {
    return columns;
  }

  public long matrices() {
    return matrices;
  }

  /// Whether the matrices follow one another instead of being interleaved.
  public boolean batchOutside() {
    return batchOutside;
  }

  /// Shows the runs of elements `first` … `first + count − 1` that are of a matrix; what is not
  /// shown lies beside the centre tap.
  public void visit(long first, int count, Visitor visitor) {
    if (first < 0 || count < 0 || first > this.count - count) {
      throw new IllegalArgumentException(
          count + " elements from " + first + " on, of " + this.count);
    }
    Axis last = axes.getLast();
    for (int done = 0; done < count; ) {
      long inner = (first + done) % last.size();
      int run = (int) Math.min(last.size() - inner, count - done);
      place(first + done, run, done, visitor);
      done += run;
    }
  }

  private void place(long index, int run, int offset, Visitor visitor) {
    var at = new long[Kind.values().length];
    Axis last = axes.getLast();
    long inner = index % last.size();
    long rest = index / last.size();
    for (int a = axes.size() - 2; a >= 0; a--) {
      Axis axis = axes.get(a);
      long digit = rest % axis.size();
      rest /= axis.size();
      if (axis.kind() == Kind.TAP) {
        if (digit != axis.centre()) {
          return;
        }
      } else {
        at[axis.kind().ordinal()] += digit * axis.step();
      }
    }
    emit(last, inner, at, run, offset, visitor);
  }

  private static void emit(Axis last, long inner, long[] at, int run, int offset, Visitor visitor) {
    if (last.kind() != Kind.TAP) {
      at[last.kind().ordinal()] += inner * last.step();
    }
    long row = at[Kind.ROW.ordinal()];
    long column = at[Kind.COLUMN.ordinal()];
    long matrix = at[Kind.BATCH.ordinal()];
    switch (last.kind()) {
      case ROW -> visitor.run(matrix, row, column, 1, 0, offset, run);
      case COLUMN -> visitor.run(matrix, row, column, 0, 1, offset, run);
      case BATCH -> {
        for (int i = 0; i < run; i++) {
          visitor.run(matrix + i, row, column, 0, 0, offset + i, 1);
        }
      }
      case TAP -> {
        long i = last.centre() - inner;
        if (i >= 0 && i < run) {
          visitor.run(matrix, row, column, 0, 0, offset + (int) i, 1);
        }
      }
    }
  }
}
