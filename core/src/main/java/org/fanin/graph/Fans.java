package org.fanin.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.fanin.tensor.Shape;

/// Fan-in and fan-out from the operator that uses a weight, not from its shape alone: that is where
/// grouped, transposed and stacked weights go wrong elsewhere (PyTorch, Keras and others; see docs
/// on peers).
final class Fans {
  private Fans() {}

  /// Fans of a weight that is operand `slot` of a node. `blocks` counts independent blocks in the
  /// operand itself.
  static Optional<Fan> of(Node n, int slot, Links links) {
    return switch (n.op()) {
      case Op.Contract c when slot < 2 -> contract(c, n, slot, links);
      case Op.Conv c when slot == 1 -> shape(n, 1, links).map(w -> conv(c, w));
      case Op.ConvTranspose c when slot == 1 -> shape(n, 1, links).map(w -> transposed(c, w));
      case Op.Recurrent r when slot == 1 || slot == 2 ->
          shape(n, slot, links).map(w -> recurrent(r, slot, w));
      case Op.Gather g when slot == 0 -> shape(n, 0, links).map(w -> embedding(g, w));
      case Op _ -> Optional.empty();
    };
  }

  private static Optional<Shape> shape(Node n, int slot, Links links) {
    int id = n.input(slot);
    return id < 0 ? Optional.empty() : links.value(id).shape();
  }

  // ---- dense ----

  private static Optional<Fan> contract(Op.Contract c, Node n, int slot, Links links) {
    Optional<Shape> shape = shape(n, slot, links);
    if (shape.isEmpty() || shape(n, 1 - slot, links).isEmpty()) {
      return Optional.empty();
    }
    Shape w = shape.get();
    List<Integer> own = slot == 0 ? c.a() : c.b();
    List<Integer> other = slot == 0 ? c.b() : c.a();
    double in = 1;
    double out = 1;
    double blocks = 1;
    for (int i = 0; i < own.size(); i++) {
      int label = own.get(i);
      if (!c.out().contains(label)) {
        in *= w.dim(i);
      } else if (isBlock(n, i, own, other, label)) {
        blocks *= w.dim(i);
      } else {
        out *= w.dim(i);
      }
    }
    String what = blocks > 1 ? text(blocks) + " matrices of " : "dense ";
    return Optional.of(
        new Fan(in, out, (int) Math.min(blocks, 1 << 30), what + text(in) + " → " + text(out)));
  }

  /// Independent matrices in a weight of a contraction.
  static double blocks(Node n, int slot, Links links) {
    Shape w = shape(n, slot, links).orElse(null);
    if (w == null || !(n.op() instanceof Op.Contract c)) {
      return 1;
    }
    List<Integer> own = slot == 0 ? c.a() : c.b();
    List<Integer> other = slot == 0 ? c.b() : c.a();
    double blocks = 1;
    for (int i = 0; i < own.size(); i++) {
      int label = own.get(i);
      blocks *= c.out().contains(label) && isBlock(n, i, own, other, label) ? w.dim(i) : 1;
    }
    return blocks;
  }

  /// An axis that both operands walk together, or a leading axis of MatMul: separate matrices, not
  /// more columns.
  private static boolean isBlock(
      Node n, int axis, List<Integer> own, List<Integer> other, int label) {
    boolean leading = !n.onnxOp().equals("Einsum") && own.size() > 2 && axis < own.size() - 2;
    return leading || other.contains(label);
  }

  /// What one axis of a contraction's operand does.
  static AxisTrace.Kind axisOf(Op.Contract c, Node n, int slot, int axis) {
    List<Integer> own = slot == 0 ? c.a() : c.b();
    List<Integer> other = slot == 0 ? c.b() : c.a();
    int label = own.get(axis);
    return !c.out().contains(label)
        ? AxisTrace.Kind.COLUMN
        : isBlock(n, axis, own, other, label) ? AxisTrace.Kind.BATCH : AxisTrace.Kind.ROW;
  }

  // ---- convolution ----

  private static Fan conv(Op.Conv c, Shape w) {
    double taps = product(c.kernel());
    double stride = product(c.strides());
    double in = taps * w.dim(1);
    double perGroup = (double) w.dim(0) / c.group();
    double out = taps * perGroup / stride;
    String k = kernel(c.kernel());
    String groups = groups(c.group(), w.dim(1) == 1 && c.group() > 1);
    String strided = stride > 1 ? " / stride " + kernel(c.strides()) : "";
    String because =
        "conv "
            + k
            + groups
            + ": in "
            + text(taps)
            + "·"
            + w.dim(1)
            + " = "
            + text(in)
            + ", out "
            + text(taps)
            + "·"
            + text(perGroup)
            + strided
            + " = "
            + text(out);
    return new Fan(in, out, 1, because);
  }

  /// An output pixel hears only the taps of its phase: on average 1/stride² of them (theory.md §2).
  private static Fan transposed(Op.ConvTranspose c, Shape w) {
    double taps = product(c.kernel());
    double stride = product(c.strides());
    double perGroup = (double) w.dim(0) / c.group();
    double in = taps * perGroup / stride;
    double out = taps * w.dim(1);
    String strided = stride > 1 ? " / stride " + kernel(c.strides()) + " (mean of phases)" : "";
    String because =
        "transposed conv "
            + kernel(c.kernel())
            + groups(c.group(), false)
            + ": in "
            + text(taps)
            + "·"
            + text(perGroup)
            + strided
            + " = "
            + text(in)
            + ", out "
            + text(taps)
            + "·"
            + w.dim(1)
            + " = "
            + text(out);
    return new Fan(in, out, 1, because);
  }

  private static String groups(int group, boolean depthwise) {
    return depthwise ? ", depthwise" : group > 1 ? ", " + group + " groups" : "";
  }

  private static String kernel(List<Integer> k) {
    List<String> s = new ArrayList<>();
    k.forEach(i -> s.add(Integer.toString(i)));
    return String.join("×", s);
  }

  private static double product(List<Integer> v) {
    double p = 1;
    for (int i : v) {
      p *= i;
    }
    return p;
  }

  // ---- others ----

  private static Fan recurrent(Op.Recurrent r, int slot, Shape w) {
    int gates = RecurrentOps.gates(r.kind());
    String what = slot == 1 ? "input" : "recurrent";
    String because =
        r.kind()
            + " "
            + what
            + ", per gate: "
            + w.dim(2)
            + " → "
            + r.hidden()
            + ", "
            + gates
            + " gates"
            + (r.directions() > 1 ? " × 2 directions" : "");
    return new Fan(w.dim(2), r.hidden(), gates * r.directions(), because);
  }

  private static Fan embedding(Op.Gather g, Shape w) {
    double out = w.dim(g.axis()) == 0 ? 0 : (double) w.count() / w.dim(g.axis());
    return new Fan(1, out, 1, "embedding: one row is picked, so one term per output");
  }

  /// The operand is `parts` equal blocks of output columns (fused query, key, value).
  static Fan fused(Fan f, int parts) {
    return new Fan(
        f.in(),
        f.out() / parts,
        f.blocks() * parts,
        parts + " fused blocks of " + text(f.in()) + " → " + text(f.out() / parts));
  }

  /// The parameter is `parts` times its operand (the graph slices the weight).
  static Fan repeated(Fan f, int parts) {
    return new Fan(f.in(), f.out(), f.blocks() * parts, f.because() + ", " + parts + " blocks");
  }

  /// The operand is joined from several stored weights, of which this is one.
  ///
  /// @param rows its share of the output units
  /// @param blocks its share of the independent matrices
  static Fan shared(Fan f, double rows, double blocks) {
    if (rows == 1 && blocks == 1) {
      return f;
    }
    double out = Math.max(1, f.out() * rows);
    int own = (int) Math.max(1, Math.rint(f.blocks() * blocks));
    String because = f.because() + "; of that " + text(f.in()) + " → " + text(out);
    return new Fan(f.in(), out, own, own > 1 ? because + ", " + own + " blocks" : because);
  }

  static Fan tied(Fan f) {
    return new Fan(
        f.in(), f.out(), f.blocks(), f.because() + "; also an embedding, whose fan-in is 1");
  }

  private static String text(double v) {
    return v == Math.rint(v) && Math.abs(v) < 1e15
        ? Long.toString((long) v)
        : String.format(Locale.ROOT, "%.4g", v);
  }
}
