package org.fanin.predict;

import org.fanin.graph.Node;
import org.fanin.graph.Op;

/// Channels of a convolution differ in variance: v_c = Σ w²·q has over n fresh weights the relative
/// variance (κ − 1)/n, κ their kurtosis. Batch normalisation divides each channel's gradient by its
/// own v_c, so at the convolution's output its second moment is E 1/v_c, not 1/E v_c: ν/(ν − 2)
/// times as much when v_c is like a χ² of ν = 2n/(κ − 1) degrees (exact for normal weights on
/// inputs of equal variance). Before the convolution nothing of it is left: Σ_i w_i²q_i/v_c = 1 in
/// every channel.
final class UnitScatter {
  /// Of fewer degrees the mean of 1/χ² is that of a few channels next to 0.
  private static final double LEAST = 4;

  private UnitScatter() {}

  /// ln E v_c·E 1/v_c of a value that a convolution makes for a batch normalisation in training
  /// mode; 0 of any other.
  static double ln(Context c, int value) {
    double freedom = freedom(c, value);
    return freedom > 0 ? Math.log(freedom / (freedom - 2)) : 0;
  }

  /// ln (E v_c)²·E 1/v_c² of such a value, of any other 0: ν²/((ν − 2)(ν − 4)).
  static double lnOfSquare(Context c, int value) {
    double freedom = Math.max(LEAST + 1, freedom(c, value));
    return freedom(c, value) > 0 ? Math.log(freedom / (freedom - 2) * freedom / (freedom - 4)) : 0;
  }

  /// ν; 0 of any other value.
  private static double freedom(Context c, int value) {
    int producer = c.graph.value(value).producer();
    if (producer < 0
        || !(c.graph.nodes().get(producer).op() instanceof Op.Conv)
        || c.readers(value).size() != 1
        || !normalises(c, c.graph.nodes().get(c.readers(value).getFirst()), value)) {
      return 0;
    }
    Node n = c.graph.nodes().get(producer);
    int weight = n.input(1);
    double terms = (double) c.shape(weight).count() / c.shape(weight).dim(0);
    double kurtosis = c.laws.kurtosis(c.graph.value(weight));
    return Math.max(LEAST, 2 * terms / Math.max(1e-9, kurtosis - 1));
  }

  private static boolean normalises(Context c, Node reader, int value) {
    return reader.op() instanceof Op.BatchNorm b
        && reader.input(0) == value
        && NormRule.trains(c, b);
  }
}
