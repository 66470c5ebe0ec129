package org.fanin.judge;

/// A place on the main path where a measurement and the forecast disagree by more than any seed
/// explains.
///
/// @param at layer, input or output
/// @param lnPredicted ln of the typical second moment over initialisations
/// @param lnMeasured ln of the measured one
/// @param z standard errors between them, of finite width and of samples
public record Contradiction(
    String at, Quantity quantity, double lnPredicted, double lnMeasured, double z) {
  public enum Quantity {
    /// m2 of the signal.
    SIGNAL("m2"),
    /// gm2 of the gradient there.
    GRADIENT("gm2");

    private final String symbol;

    Quantity(String symbol) {
      this.symbol = symbol;
    }

    /// As in the table.
    public String symbol() {
      return symbol;
    }
  }

  /// ln of the factor between measurement and forecast, without its sign; infinite where one is 0.
  public double size() {
    return Math.abs(lnMeasured - lnPredicted);
  }
}
