package org.fanin.graph;

import java.util.List;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// Transforms of signals.
final class SignalOps {
  private SignalOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return op.equals("DFT") ? SignalOps::dft : null;
  }

  private static Lowered dft(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    int last = in.rank() - 1;
    if (last < 1 || in.dim(last) != 1 && in.dim(last) != 2) {
      throw s.fault("shape " + in, "a last axis of real and imaginary part");
    }
    // Opset 17 to 19 have the axis as an attribute, with another default.
    long[] given = s.has(2) ? s.longs(2, "axis") : null;
    if (given != null && given.length != 1) {
      throw s.fault(given.length + " axes", "one");
    }
    long wanted = given != null ? given[0] : s.opset < 20 ? s.integer("axis", 1) : -2;
    int axis = s.axis(wanted, in.rank());
    long n = s.has(1) ? (long) s.scalar(1, "dft_length") : in.dim(axis);
    boolean oneSided = s.flag("onesided", false);
    boolean inverse = s.flag("inverse", false);
    if (axis == last || n < 1) {
      throw s.fault("length " + n + " on axis " + axis, "a length of an axis before the last");
    }
    Shape out = Shapes.with(Shapes.with(in, last, 2), axis, oneSided ? n / 2 + 1 : n);
    if (oneSided && (inverse || in.dim(last) == 2)) {
      return s.foreign("no rule for a one-sided DFT of complex numbers");
    }
    return s.to(new Op.Dft(axis, n, inverse, oneSided), s.shapeOf(out.toArray()))
        .withInputs(List.of(s.id(0)));
  }
}
