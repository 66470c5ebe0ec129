package org.fanin.report;

/// One layer of the table.
///
/// @param output value id whose moments are shown
/// @param parameter index of its weight or scale; negative without
/// @param fan terms in the sum of one output, empty without weights
/// @param scheme recognised scheme of the weights, empty when none
/// @param lnM2 ln second moment; NaN when unknown
/// @param lnIn the same of what the layer reads; NaN when unknown
/// @param cos cosine between two samples; NaN when unknown
/// @param lnG ln second moment of the gradient; NaN when there is none or it is unknown
/// @param unknown why lnM2 is unknown; empty when it is known
record Row(
    int output,
    int parameter,
    String name,
    String op,
    String shape,
    String fan,
    String scheme,
    boolean weighted,
    double lnM2,
    double lnIn,
    double cos,
    double lnG,
    String unknown) {

  /// ln of the factor this layer puts on the second moment; NaN when unknown or either side is
  /// zero.
  double lnFactor() {
    double d = lnM2 - lnIn;
    return Double.isFinite(d) ? d : Double.NaN;
  }

  Row named(String other) {
    return other.equals(name)
        ? this
        : new Row(
            output, parameter, other, op, shape, fan, scheme, weighted, lnM2, lnIn, cos, lnG,
            unknown);
  }

  /// Rows with equal kind may be folded together.
  String kind() {
    return op + '|' + shape + '|' + fan + '|' + scheme + '|' + !unknown.isEmpty();
  }
}
