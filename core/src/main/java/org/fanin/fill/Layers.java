package org.fanin.fill;

import java.util.List;

/// Values put together from boxes, each with values of its own; later ones lie over earlier ones.
final class Layers implements Values {
  /// @param global whether the values go by the element's place in the whole tensor, as what is
  ///   drawn element by element does, or in the box
  record Layer(Box box, Values values, boolean global) {}

  /// Runs shorter than this are cut out of what is computed for their whole surroundings.
  private static final int SHORT = 512;

  private final List<Layer> layers;

  Layers(List<Layer> layers) {
    this.layers = List.copyOf(layers);
  }

  @Override
  public void read(long first, float[] out, int offset, int count) {
    float[] around = null;
    for (Layer l : layers) {
      Values v = l.values;
      if (l.global && l.box.runLength() < SHORT) {
        around = around == null ? new float[count] : around;
        float[] source = around;
        v.read(first, source, 0, count);
        l.box.visit(
            first,
            count,
            (flat, _, n) -> {
              int at = (int) (flat - first);
              System.arraycopy(source, at, out, offset + at, n);
            });
      } else {
        l.box.visit(
            first,
            count,
            (flat, local, n) ->
                v.read(l.global ? flat : local, out, offset + (int) (flat - first), n));
      }
    }
  }

  @Override
  public void read(long first, double[] out, int offset, int count) {
    double[] around = null;
    for (Layer l : layers) {
      Values v = l.values;
      if (l.global && l.box.runLength() < SHORT) {
        around = around == null ? new double[count] : around;
        double[] source = around;
        v.read(first, source, 0, count);
        l.box.visit(
            first,
            count,
            (flat, _, n) -> {
              int at = (int) (flat - first);
              System.arraycopy(source, at, out, offset + at, n);
            });
      } else {
        l.box.visit(
            first,
            count,
            (flat, local, n) ->
                v.read(l.global ? flat : local, out, offset + (int) (flat - first), n));
      }
    }
  }

  @Override
  public void close() {
    layers.forEach(l -> l.values.close());
  }
}
