package org.fanin.fill;

import java.util.ArrayList;
import java.util.List;
import org.fanin.plan.Draw;
import org.fanin.tensor.Shape;

/// Takes a draw apart into layers of a tensor. Parts of parts and slices of parts are boxes of
/// boxes; what is drawn element by element keeps its address in the whole tensor, so that cutting a
/// tensor into equal parts changes nothing, and matrices are numbered through all parts, so that no
/// two are the same.
final class Assembly {
  private final StreamKey key;
  private final boolean wide;
  private final List<Layers.Layer> layers = new ArrayList<>();
  private long matrices;

  private Assembly(StreamKey key, boolean wide) {
    this.key = key;
    this.wide = wide;
  }

  /// @param wide whether doubles will be read
  /// @throws IllegalArgumentException for a draw that does not fit its shape
  static Values of(StreamKey key, Draw draw, Shape shape, boolean wide) {
    var assembly = new Assembly(key, wide);
    assembly.put(draw, Box.whole(shape));
    Layers.Layer only = assembly.layers.getFirst();
    return assembly.layers.size() == 1 && only.box().isWhole()
        ? only.values()
        : new Layers(assembly.layers);
  }

  private void put(Draw draw, Box box) {
    switch (draw) {
      case Draw.Constant(double value) -> {
        if (Double.isNaN(value)) {
          throw new IllegalArgumentException("a constant that is not a number");
        }
        global(box, new PlainValues.Constant(value));
      }
      case Draw.Uniform(double low, double high) ->
          global(box, RandomValues.uniform(key, UniformLaw.of(low, high)));
      case Draw.Normal(double mean, double std) -> normal(box, NormalLaw.of(mean, std));
      case Draw.Truncated(double mean, double std, double cut) ->
          normal(box, NormalLaw.truncated(mean, std, cut));
      case Draw.SoftplusInverse d -> global(box, TimeSteps.of(key, d));
      case Draw.LogRange(int axis) -> {
        checkAxis(draw, box, axis);
        global(box, new PlainValues.Function(i -> Elementary.log(1 + box.index(i, axis))));
      }
      case Draw.Parts p -> parts(p, box);
      case Draw.Slice s -> slice(s, box);
      case Draw.Orthogonal _,
          Draw.Aligned _,
          Draw.DeltaOrthogonal _,
          Draw.Identity _,
          Draw.Sparse _,
          Draw.Hadamard _ ->
          matrix(draw, box);
    }
  }

  private void global(Box box, Values values) {
    layers.add(new Layers.Layer(box, values, true));
  }

  private void normal(Box box, NormalLaw law) {
    global(box, RandomValues.normal(key, StreamKey.ELEMENTS, 0, law));
  }

  private void matrix(Draw draw, Box box) {
    Shape shape = box.shape();
    Values values = MatrixFills.values(key, draw, shape, matrices, wide);
    matrices += MatrixFills.numbers(draw, shape);
    layers.add(new Layers.Layer(box, values, false));
  }

  private void parts(Draw.Parts p, Box box) {
    checkAxis(p, box, p.axis());
    long extent = box.shape().dim(p.axis());
    int n = p.parts().size();
    if (n == 0 || extent % n != 0) {
      throw new IllegalArgumentException(
          n + " equal parts along axis " + p.axis() + " of " + box.shape());
    }
    for (int i = 0; i < n; i++) {
      put(p.parts().get(i), box.cut(p.axis(), i * (extent / n), extent / n));
    }
  }

  private void slice(Draw.Slice s, Box box) {
    checkAxis(s, box, s.axis());
    if (s.index() < 0 || s.index() >= box.shape().dim(s.axis())) {
      throw new IllegalArgumentException(
          "index " + s.index() + " along axis " + s.axis() + " of " + box.shape());
    }
    put(s.rest(), box);
    put(new Draw.Constant(s.value()), box.cut(s.axis(), s.index(), 1));
  }

  private static void checkAxis(Draw draw, Box box, int axis) {
    if (axis < 0 || axis >= box.shape().rank()) {
      throw new IllegalArgumentException(
          draw.getClass().getSimpleName() + " along axis " + axis + " of shape " + box.shape());
    }
  }
}
