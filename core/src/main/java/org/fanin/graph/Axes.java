package org.fanin.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// What each axis of a weight stands for, in the layout in which it is stored, however the graph
/// turns it before use. Every axis is in exactly one of the four lists; each list is ascending.
///
/// @param rows axes that number output units
/// @param columns axes that are summed over
/// @param taps kernel axes of a convolution (summed over as well)
/// @param batch axes that number independent matrices (stacked experts, directions)
/// @param partAxis the axis that is cut into `parts` equal, independently drawn parts (fused query,
///   key, value; gates); −1 when none is
/// @param parts 1 when `partAxis` is −1
/// @param groups of a grouped convolution, which deal the output channels; 1 elsewhere
public record Axes(
    List<Integer> rows,
    List<Integer> columns,
    List<Integer> taps,
    List<Integer> batch,
    int partAxis,
    int parts,
    int groups) {
  public Axes {
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    taps = List.copyOf(taps);
    batch = List.copyOf(batch);
    List<Integer> all = new ArrayList<>(rows);
    all.addAll(columns);
    all.addAll(taps);
    all.addAll(batch);
    Collections.sort(all);
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i) != i) {
        throw new IllegalArgumentException("each axis once is wanted, found " + all);
      }
    }
    if (parts < 1 || groups < 1 || (partAxis < 0) != (parts == 1) || partAxis >= all.size()) {
      throw new IllegalArgumentException(
          "axis " + partAxis + " in " + parts + " parts, " + groups + " groups");
    }
  }

  /// A matrix of one axis each.
  ///
  /// @param row axis of the outputs, 0 or 1; the other holds the inputs
  public static Axes matrix(int row) {
    return new Axes(List.of(row), List.of(1 - row), List.of(), List.of(), -1, 1, 1);
  }

  /// `[out, in/groups, taps…]`, as PyTorch and ONNX store a convolution.
  public static Axes conv(int rank, int groups) {
    return new Axes(List.of(0), List.of(1), range(2, rank), List.of(), -1, 1, groups);
  }

  /// The same with one axis cut.
  public Axes cut(int axis, int into) {
    return new Axes(rows, columns, taps, batch, into > 1 ? axis : -1, into, groups);
  }

  /// Columns and taps together: the inputs of one output element.
  public List<Integer> inputs() {
    List<Integer> all = new ArrayList<>(columns);
    all.addAll(taps);
    Collections.sort(all);
    return List.copyOf(all);
  }

  static List<Integer> range(int from, int to) {
    List<Integer> r = new ArrayList<>();
    for (int i = from; i < to; i++) {
      r.add(i);
    }
    return r;
  }
}
