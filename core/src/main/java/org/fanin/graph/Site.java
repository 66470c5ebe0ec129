package org.fanin.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Lowered.Out;
import org.fanin.graph.Rule.Unknowable;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawNode;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// One node of the file while it is translated: its attributes, and what is known of its inputs.
final class Site {
  /// No real tensor has more axes; a file that asks for more is refused before anything of that
  /// size is made.
  static final int MAX_RANK = 32;

  final RawNode raw;
  final String name;
  final long opset;
  final Assembly assembly;
  final List<Integer> inputs;

  Site(RawNode raw, String name, long opset, Assembly assembly, List<Integer> inputs) {
    this.raw = raw;
    this.name = name;
    this.opset = opset;
    this.assembly = assembly;
    this.inputs = inputs;
  }

  // ---- inputs ----

  boolean has(int i) {
    return i < inputs.size() && inputs.get(i) >= 0;
  }

  int id(int i) {
    return i < inputs.size() ? inputs.get(i) : -1;
  }

  Value value(int i) throws ModelFormatException {
    if (!has(i)) {
      throw fault(inputs.size() + " inputs", "an input number " + (i + 1));
    }
    return assembly.value(inputs.get(i));
  }

  Shape shape(int i) throws ModelFormatException {
    Value v = value(i);
    return v.shape().orElseThrow(() -> new Unknowable(assembly.whyOpen(v.id())));
  }

  int rank(int i) throws ModelFormatException {
    return shape(i).rank();
  }

  DType dtype(int i) throws ModelFormatException {
    return value(i).dtype();
  }

  /// The values of an input, if they are known before running.
  Optional<Tensor> constant(int i) {
    return has(i) ? assembly.value(inputs.get(i)).constant() : Optional.empty();
  }

  /// A short list of integers (axes, sizes, pads).
  ///
  /// @throws Unknowable when it is computed from data
  long[] longs(int i, String what) throws ModelFormatException {
    Value v = value(i);
    Tensor t = known(v, what);
    if (t.count() > 1 << 16) {
      throw fault(t.count() + " values for " + what, "a short list");
    }
    return t.toLongs();
  }

  double[] doubles(int i, String what) throws ModelFormatException {
    Tensor t = known(value(i), what);
    if (t.count() > 1 << 16) {
      throw fault(t.count() + " values for " + what, "a short list");
    }
    return t.toDoubles();
  }

  private static Tensor known(Value v, String what) {
    return v.constant()
        .orElseThrow(
            () -> new Unknowable("its input '" + what + "' is computed from data: " + v.name()));
  }

  double scalar(int i, String what) throws ModelFormatException {
    double[] v = doubles(i, what);
    if (v.length != 1) {
      throw fault(v.length + " values for " + what, "one");
    }
    return v[0];
  }

  // ---- attributes ----

  boolean hasAttr(String a) {
    return raw.attributes().containsKey(a);
  }

  long integer(String a, long orElse) throws ModelFormatException {
    return switch (raw.attributes().get(a)) {
      case null -> orElse;
      case Attr.Int(long v) -> v;
      case Attr other -> throw wrongKind(a, other, "an integer");
    };
  }

  boolean flag(String a, boolean orElse) throws ModelFormatException {
    return integer(a, orElse ? 1 : 0) != 0;
  }

  double real(String a, double orElse) throws ModelFormatException {
    return switch (raw.attributes().get(a)) {
      case null -> orElse;
      case Attr.Real(double v) -> v;
      case Attr.Int(long v) -> v;
      case Attr other -> throw wrongKind(a, other, "a number");
    };
  }

  String text(String a, String orElse) throws ModelFormatException {
    return switch (raw.attributes().get(a)) {
      case null -> orElse;
      case Attr.Text(String v) -> v;
      case Attr other -> throw wrongKind(a, other, "a string");
    };
  }

  /// @return null when the attribute is missing
  long[] longs(String a) throws ModelFormatException {
    return switch (raw.attributes().get(a)) {
      case null -> null;
      case Attr.Ints(List<Long> v) -> array(v);
      case Attr.Int(long v) -> new long[] {v};
      // Empty lists carry no kind in some writers.
      case Attr.Reals(List<Double> v) when v.isEmpty() -> new long[0];
      case Attr.Texts(List<String> v) when v.isEmpty() -> new long[0];
      case Attr other -> throw wrongKind(a, other, "integers");
    };
  }

  private static long[] array(List<Long> v) {
    long[] r = new long[v.size()];
    for (int i = 0; i < r.length; i++) {
      r[i] = v.get(i);
    }
    return r;
  }

  double[] doubles(String a) throws ModelFormatException {
    return switch (raw.attributes().get(a)) {
      case null -> null;
      case Attr.Reals(List<Double> v) -> v.stream().mapToDouble(x -> x).toArray();
      case Attr.Ints(List<Long> v) -> v.stream().mapToDouble(x -> x).toArray();
      case Attr other -> throw wrongKind(a, other, "numbers");
    };
  }

  /// A list that is an attribute in older opsets and an input in newer ones.
  ///
  /// @return null when neither is there
  long[] longsOf(String attribute, int input) throws ModelFormatException {
    return has(input) ? longs(input, attribute) : longs(attribute);
  }

  private ModelFormatException wrongKind(String a, Attr found, String wanted) {
    if (found instanceof Attr.Ignored(String because)) {
      throw new Unknowable("its attribute " + a + " cannot be read: " + because);
    }
    return fault("attribute " + a + " as " + found.getClass().getSimpleName(), wanted);
  }

  // ---- axes and shapes ----

  /// @return `axis` counted from the front
  int axis(long axis, int rank) throws ModelFormatException {
    if (axis < -rank || axis >= rank) {
      throw fault("axis " + axis, "an axis of a tensor of rank " + rank);
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /// @return sorted, counted from the front
  List<Integer> axes(long[] axes, int rank) throws ModelFormatException {
    var set = new java.util.TreeSet<Integer>();
    for (long a : axes) {
      if (!set.add(axis(a, rank))) {
        throw fault("axis " + a + " twice", "different axes");
      }
    }
    return List.copyOf(set);
  }

  Shape shapeOf(long... dims) throws ModelFormatException {
    if (dims.length > MAX_RANK) {
      throw fault("a tensor of rank " + dims.length, "rank " + MAX_RANK + " at most");
    }
    try {
      return Shape.of(dims);
    } catch (IllegalArgumentException e) {
      throw fault(e.getMessage(), "a shape that can exist");
    }
  }

  Shape broadcast(Shape a, Shape b) throws ModelFormatException {
    Shape s = Shapes.broadcast(a, b);
    if (s == null) {
      throw fault("shapes " + a + " and " + b, "shapes that broadcast");
    }
    return shapeOf(s.toArray());
  }

  ModelFormatException fault(String found, String wanted) {
    return new ModelFormatException(where(), found, wanted + assembly.assumptions());
  }

  String where() {
    return assembly.source() + ", node " + name + " (" + raw.op() + ")";
  }

  // ---- results ----

  Lowered to(Op op, Shape shape) throws ModelFormatException {
    return to(op, dtype(0), shape);
  }

  Lowered to(Op op, DType type, Shape shape) {
    return new Lowered(op, inputs, List.of(Out.of(type, shape)));
  }

  Lowered to(Op op, Out... outs) {
    return new Lowered(op, inputs, List.of(outs));
  }

  Lowered foreign(String because) {
    throw new Unknowable(because);
  }

  /// Foreign, but the shapes of its outputs are known.
  Lowered foreign(String because, Out... outs) {
    return to(new Op.Foreign(raw.op(), because), outs);
  }

  /// Adds a node before this one, for an ONNX operator that is two of ours.
  ///
  /// @return id of its output
  int before(String step, Op op, List<Integer> ins, DType type, Shape shape) {
    return assembly.insert(name + "/" + step, raw.op(), op, ins, type, shape);
  }

  int outputs() {
    return raw.outputs().size();
  }

  boolean hasOutput(int i) {
    return i < raw.outputs().size() && !raw.outputs().get(i).isEmpty();
  }

  static List<Integer> ints(long[] v) {
    List<Integer> r = new ArrayList<>(v.length);
    for (long x : v) {
      r.add((int) x);
    }
    return r;
  }
}
