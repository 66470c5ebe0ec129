package org.fanin.plan;

/// Which count a scheme's variance is divided by.
public enum FanMode {
  IN("n_in"),
  OUT("n_out"),
  AVERAGE("(n_in + n_out)/2"),
  GEOMETRIC("√(n_in·n_out)"),
  LARGEST("max(n_in, n_out)"),
  SMALLEST("min(n_in, n_out)"),
  IN_SQUARED("n_in²"),
  OUT_SQUARED("n_out²"),
  NONE("1");

  private final String formula;

  FanMode(String formula) {
    this.formula = formula;
  }

  public String formula() {
    return formula;
  }

  double of(double in, double out) {
    return switch (this) {
      case IN -> in;
      case OUT -> out;
      case AVERAGE -> 0.5 * (in + out);
      case GEOMETRIC -> Math.sqrt(in) * Math.sqrt(out);
      case LARGEST -> Math.max(in, out);
      case SMALLEST -> Math.min(in, out);
      case IN_SQUARED -> in * in;
      case OUT_SQUARED -> out * out;
      case NONE -> 1;
    };
  }
}
