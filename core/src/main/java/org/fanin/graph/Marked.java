package org.fanin.graph;

import java.util.Arrays;

/// What the axes of a tensor on the way to an operand are.
///
/// @param kinds one per axis
/// @param partAxis see [Axes]; −1 when none
/// @param labelAxis axis of a recurrent layer's gates, −1 when there is none
/// @param labels gate of each entry of that axis, −1 where none arrives; empty without such an axis
/// @param factor root mean square of the constants that multiply it from here on; NaN where more
///   than that is done with it
/// @param rows share of the operand's output units that come from here
/// @param blocks share of the operand's independent matrices that come from here
record Marked(
    AxisTrace.Kind[] kinds,
    int partAxis,
    int parts,
    int labelAxis,
    int[] labels,
    double factor,
    double rows,
    double blocks) {
  private static final int[] NONE = {};

  /// An operand itself.
  static Marked operand(AxisTrace.Kind[] kinds) {
    return new Marked(kinds, -1, 1, -1, NONE, 1, 1, 1);
  }

  Marked withKinds(AxisTrace.Kind[] k, int part, int label) {
    return new Marked(
        k, part, part < 0 ? 1 : parts, label, label < 0 ? NONE : labels, factor, rows, blocks);
  }

  Marked cut(int axis, int into) {
    return new Marked(kinds, axis, into, labelAxis, labels, factor, rows, blocks);
  }

  Marked labelled(int axis, int[] of) {
    return new Marked(kinds, partAxis, parts, axis, of, factor, rows, blocks);
  }

  Marked times(double c) {
    return new Marked(kinds, partAxis, parts, labelAxis, labels, factor * c, rows, blocks);
  }

  /// One of several that are joined along an axis.
  Marked share(AxisTrace.Kind kind, double share) {
    double r = kind == AxisTrace.Kind.ROW ? rows * share : rows;
    double b = kind == AxisTrace.Kind.BATCH ? blocks * share : blocks;
    return new Marked(kinds, partAxis, parts, labelAxis, labels, factor, r, b);
  }

  boolean isLabelled() {
    return labelAxis >= 0;
  }

  /// Labels of the input of a node that takes entry `from[i]` of the axis as its i-th.
  Marked taken(long extent, long[] from) {
    int[] of = new int[Math.toIntExact(extent)];
    Arrays.fill(of, -1);
    for (int i = 0; i < from.length; i++) {
      of[Math.toIntExact(from[i])] = labels[i];
    }
    return labelled(labelAxis, of);
  }
}
