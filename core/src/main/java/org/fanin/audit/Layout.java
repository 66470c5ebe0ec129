package org.fanin.audit;

import java.util.List;
import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;
import org.fanin.tensor.Shape;

/// How the elements of a tensor lie in its file: as rows, perhaps in equal parts.
///
/// @param rows contiguous slices along the first axis longer than 1
/// @param length elements of a row
/// @param parts equal, contiguous, independent parts, each of whole rows (query, key and value of a
///   fused projection, gates, experts); 1 when there is but one
/// @param outputsLast whether units lie along a later axis, so that columns are looked at as well
/// @param taps neighbouring columns that belong to one unit (transposed convolutions)
/// @param columnParts equal parts along the columns
record Layout(long rows, long length, int parts, boolean outputsLast, int taps, int columnParts) {
  private static final int MOST_PARTS = 4096;

  /// Units that are looked at one by one: the memory they take is bounded.
  static final int MOST_UNITS = 1 << 22;

  private static final int MOST_COLUMNS = 1 << 18;

  static Layout of(Shape shape, Role role, Optional<Fan> fan) {
    int lead = 0;
    while (lead < shape.rank() - 1 && shape.dim(lead) == 1) {
      lead++;
    }
    boolean matrix = shape.rank() - lead > 1;
    long rows = matrix ? shape.dim(lead) : 1;
    if (rows > MOST_UNITS || shape.count() == 0) {
      return flat(shape);
    }
    Optional<Axes> axes = fan.flatMap(Fan::axes);
    int blocks = fan.map(Fan::blocks).orElse(1);
    if (lead + 2 < shape.rank()
        && (axes.isPresent() ? !axes.get().batch().isEmpty() : blocks > 1)) {
      return stacked(shape, lead, blocks);
    }
    boolean last = matrix && hasUnits(role) && outputsLast(shape, lead, fan);
    int cut = axes.isEmpty() ? blocks : axes.get().parts();
    long units = last ? trailing(shape, axes) : 0;
    if (units > 0) {
      return unitsLast(shape, units, cut);
    }
    int parts = !last && matrix && divides(cut, rows) ? cut : 1;
    long taps = last && shape.rank() - lead > 2 ? taps(shape, lead) : 1;
    long length = shape.count() / rows;
    boolean columns = last && length <= MOST_COLUMNS;
    int columnParts = columns && divides(cut, length / taps) ? cut : 1;
    return new Layout(rows, length, parts, columns, columns ? (int) taps : 1, columnParts);
  }

  /// Gates of a recurrent layer's bias, one after another.
  static Layout gates(Shape shape, int gates) {
    long count = shape.count();
    return gates > 1 && count % gates == 0
        ? new Layout(gates, count / gates, gates, false, 1, 1)
        : flat(shape);
  }

  /// Units that the last axes number (Keras, Flax): how many, 0 when others follow them.
  private static long trailing(Shape shape, Optional<Axes> axes) {
    if (axes.isEmpty()) {
      return 0;
    }
    List<Integer> rows = axes.get().rows();
    boolean behind = rows.getFirst() == shape.rank() - rows.size();
    long units = 1;
    for (int i : rows) {
      units *= behind ? shape.dim(i) : 0;
    }
    return units < shape.count() ? units : 0;
  }

  private static Layout unitsLast(Shape shape, long units, int cut) {
    boolean columns = units <= MOST_COLUMNS;
    int parts = columns && divides(cut, units) ? cut : 1;
    return new Layout(shape.count() / units, units, 1, columns, 1, parts);
  }

  private static boolean divides(int parts, long units) {
    return parts > 1 && parts <= MOST_PARTS && units % parts == 0;
  }

  private static Layout flat(Shape shape) {
    return new Layout(1, shape.count(), 1, false, 1, 1);
  }

  /// Stacked matrices: [blocks, …, …].
  private static Layout stacked(Shape shape, int lead, int blocks) {
    long rows = shape.dim(lead) * shape.dim(lead + 1);
    return rows <= MOST_UNITS
        ? new Layout(rows, shape.count() / rows, divides(blocks, rows) ? blocks : 1, false, 1, 1)
        : flat(shape);
  }

  private static boolean hasUnits(Role role) {
    return switch (role) {
      case WEIGHT, HEAD, STACKED, FUSED_QKV, TIED -> true;
      case BIAS,
          NORM_SCALE,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          EMBEDDING,
          POSITION,
          CLASS_TOKEN,
          GATE,
          LAYER_SCALE,
          LSTM_INPUT,
          LSTM_RECURRENT,
          LSTM_BIAS,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          false;
    };
  }

  /// [in, out] rather than [out, in]. Without axes the fan tells, unless the matrix is square.
  private static boolean outputsLast(Shape shape, int lead, Optional<Fan> fan) {
    if (fan.isEmpty()) {
      return false;
    }
    Optional<Axes> axes = fan.get().axes();
    if (axes.isPresent()) {
      List<Integer> outputs = axes.get().rows();
      return !outputs.isEmpty() && outputs.getFirst() > lead;
    }
    if (shape.rank() - lead > 2) {
      return fan.get().because().startsWith("transposed");
    }
    return fan.get().in() == shape.dim(lead) && shape.dim(lead) != shape.count() / shape.dim(lead);
  }

  private static long taps(Shape shape, int lead) {
    long taps = 1;
    for (int i = lead + 2; i < shape.rank(); i++) {
      taps *= shape.dim(i);
    }
    return taps;
  }
}
