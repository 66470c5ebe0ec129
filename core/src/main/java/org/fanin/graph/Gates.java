package org.fanin.graph;

import java.util.Arrays;
import java.util.Locale;
import org.fanin.tensor.Shape;

/// The gates of recurrent layers, by the letters of [Arrival#gates].
final class Gates {
  /// Longer axes are not followed entry by entry.
  private static final long MOST = 1 << 15;

  private Gates() {}

  private static String letters(Op.Recurrent r) {
    return switch (r.kind()) {
      case LSTM -> "iofg";
      case GRU -> "zrn";
      case RNN, RELU_RNN -> "";
    };
  }

  /// An operand of a recurrent layer with the gate of each row; a bias has the input's gates and
  /// then the recurrent ones.
  static Marked labelled(Op.Recurrent r, Marked m, Shape shape) {
    long rows = shape.rank() > 1 ? shape.dim(1) : 0;
    if (letters(r).isEmpty() || rows < 1 || rows > MOST) {
      return m;
    }
    int[] of = new int[(int) rows];
    Arrays.setAll(of, i -> i / r.hidden());
    return m.labelled(1, of);
  }

  /// The gates of a stored tensor, from the label of each entry of an axis.
  ///
  /// @return "" when they are not whole, or not of one size
  static String of(Op.Recurrent r, int[] labels) {
    String letters = letters(r);
    if (letters.isEmpty() || labels.length % r.hidden() != 0) {
      return "";
    }
    StringBuilder b = new StringBuilder();
    boolean recurrent = true;
    for (int i = 0; i < labels.length; i++) {
      int first = labels[i - i % r.hidden()];
      if (labels[i] < 0 || labels[i] != first) {
        return "";
      }
      if (i % r.hidden() == 0) {
        recurrent &= first >= letters.length();
        b.append(letters.charAt(first % letters.length()));
      }
    }
    return recurrent ? b.toString().toUpperCase(Locale.ROOT) : b.toString();
  }
}
