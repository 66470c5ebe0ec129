package org.fanin.judge;

/// One place on the main path where signal and gradient are compared.
///
/// @param value value id
/// @param node node that makes it
/// @param layer name for messages
/// @param entry how the signal gets here from the point before
/// @param linear whether a map with weights makes it (not a sum or a normalisation)
/// @param lnM2 ln of the typical second moment
/// @param cos mean cosine between two samples; NaN when unknown
/// @param lnG ln of the typical second moment of the gradient; NaN when there is none or it is
///   unknown
/// @param lnSize ln of the number of elements: strides and pooling spread one gradient over many
///   elements
/// @param spread standard deviation over initialisations of the less certain of the two logarithms
public record Point(
    int value,
    int node,
    String layer,
    Entry entry,
    boolean linear,
    double lnM2,
    double cos,
    double lnG,
    double lnSize,
    double spread) {

  /// How a point follows from the one before it.
  public enum Entry {
    /// A linear map or a residual sum: scales can be compared.
    LAYER,
    /// Through a normalisation: the signal's scale starts anew and the gradient is measured
    /// relative to it.
    NORM,
    /// Through pooling, selection or softmax, which change scales by design: nothing is compared
    /// across.
    RESET
  }

  /// ln of the gradient's second moment summed over elements: what weights of variance 1/fan_in
  /// keep, whatever widths and strides.
  double lnEnergy() {
    return lnG + lnSize;
  }

  /// ln of m2·gm2 summed over elements: the gradient with respect to a relative change, which
  /// normalisation leaves alone.
  double lnRelative() {
    return lnM2 + lnEnergy();
  }
}
