package org.fanin.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Holds aligned draws to the matrices they follow: what is drawn again from its address must be
/// what was drawn there.
final class Partners {
  /// @param number of the first matrix of this part in its tensor
  private record Part(Draw draw, Shape shape, long number) {}

  private Partners() {}

  /// @throws IllegalArgumentException naming the tensor whose partner is missing or another matrix
  static void check(List<TensorPlan> tensors) {
    if (tensors.stream().noneMatch(t -> follows(t.draw()))) {
      return;
    }
    Map<String, TensorPlan> byName = new HashMap<>();
    tensors.forEach(t -> byName.put(t.name(), t));
    for (TensorPlan t : tensors) {
      for (Part p : parts(t)) {
        if (p.draw() instanceof Draw.Aligned a) {
          check(t, p, a, byName.get(a.partner()));
        }
      }
    }
  }

  private static boolean follows(Draw draw) {
    return draw instanceof Draw.Aligned
        || draw instanceof Draw.Parts p && p.parts().stream().anyMatch(Partners::follows)
        || draw instanceof Draw.Slice s && follows(s.rest());
  }

  private static void check(TensorPlan t, Part own, Draw.Aligned a, TensorPlan partner) {
    String why;
    if (partner == null) {
      why = "which is not drawn in this plan";
    } else if ((partner.dtype() == DType.F64) != (t.dtype() == DType.F64)) {
      why = "which is drawn in another precision";
    } else if (parts(partner).stream().noneMatch(p -> holds(p, own, a))) {
      why = "which is no orthogonal matrix of that shape here";
    } else {
      return;
    }
    throw new IllegalArgumentException(
        t.name()
            + " follows matrix "
            + a.number()
            + " of "
            + a.partner()
            + ", "
            + why
            + ": give both a draw of their own, or neither");
  }

  private static boolean holds(Part p, Part own, Draw.Aligned a) {
    if (!(p.draw() instanceof Draw.Orthogonal q)) {
      return false;
    }
    long first = a.number() - p.number();
    double rows = SchemeDraws.extent(p.shape(), q.matrix().rows());
    double columns = SchemeDraws.extent(p.shape(), q.matrix().columns());
    double wantedRows = SchemeDraws.extent(own.shape(), a.matrix().rows());
    double wantedColumns = SchemeDraws.extent(own.shape(), a.matrix().columns());
    return first >= 0
        && first + count(own) <= count(p)
        && rows == (a.turned() ? wantedColumns : wantedRows)
        && columns == (a.turned() ? wantedRows : wantedColumns);
  }

  /// Matrices that are numbered in a part that is not taken apart further.
  private static long count(Part p) {
    return switch (p.draw()) {
      case Draw.Orthogonal d -> (long) SchemeDraws.extent(p.shape(), d.matrix().batch());
      case Draw.DeltaOrthogonal d -> (long) SchemeDraws.extent(p.shape(), d.matrix().batch());
      case Draw.Sparse d -> (long) SchemeDraws.extent(p.shape(), d.matrix().batch());
      case Draw.Aligned d -> (long) SchemeDraws.extent(p.shape(), d.matrix().batch());
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

  private static List<Part> parts(TensorPlan t) {
    List<Part> found = new ArrayList<>();
    take(t.draw(), t.shape(), 0, found);
    return found;
  }

  /// @return number of the next matrix
  private static long take(Draw draw, Shape shape, long number, List<Part> found) {
    if (draw instanceof Draw.Parts p && cuts(p, shape)) {
      long next = number;
      Shape each = cut(shape, p.axis(), p.parts().size());
      for (Draw d : p.parts()) {
        next = take(d, each, next, found);
      }
      return next;
    }
    if (draw instanceof Draw.Slice s) {
      return take(s.rest(), shape, number, found);
    }
    Part part = new Part(draw, shape, number);
    found.add(part);
    return number + count(part);
  }

  /// Whether the parts fit is the fill's to say.
  private static boolean cuts(Draw.Parts p, Shape shape) {
    return p.axis() >= 0
        && p.axis() < shape.rank()
        && !p.parts().isEmpty()
        && shape.dim(p.axis()) % p.parts().size() == 0;
  }

  private static Shape cut(Shape shape, int axis, int parts) {
    long[] dims = new long[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i) / (i == axis ? parts : 1);
    }
    return Shape.of(dims);
  }
}
