package org.fanin.plan;

/// How the variance of a weight shrinks with the depth of the network it is in.
public enum Depth {
  /// Not at all.
  NONE("1"),
  /// 1/(2L) for L blocks of two branches each (Radford et al. 2019, §2.3).
  GPT2("1/(2L)"),
  /// 1/(2(l + 1)) in block l, from 0 (OLMo's `mitchell`).
  MITCHELL("1/(2(l+1))"),
  /// 1/L² (Wang & Komatsuzaki 2021: σ = 2/(L√d)).
  WANG("1/L²"),
  /// L^(−1/(m−1)) with m = 2 layers per branch: σ by L^(−1/2) (Zhang, Dauphin & Ma 2019).
  FIXUP_2("1/L"),
  /// The same with m = 3: σ by L^(−1/4).
  FIXUP_3("1/√L"),
  /// σ by .67·N^(−1/4) (Huang et al. 2020, §3.2, encoder).
  T_FIXUP_ENCODER(".67²/√N"),
  /// σ by (9N)^(−1/4) (Huang et al. 2020, §3.2, decoder).
  T_FIXUP_DECODER("1/√(9N)"),
  /// σ by (8N)^(−1/4) (Wang et al. 2022, DeepNet, table 1, encoder only or decoder only); the
  /// residual sum must multiply its skip by α = (2N)^(1/4).
  DEEPNORM("1/√(8N)");

  private final String formula;

  Depth(String formula) {
    this.formula = formula;
  }

  public String formula() {
    return formula;
  }

  /// What the variance is multiplied by.
  ///
  /// @param layer number of the block, from 0; −1 when unknown
  /// @param layers number of blocks; 0 when unknown
  /// @throws IllegalArgumentException when what is needed is unknown
  double factor(int layer, int layers, String name) {
    if (this == MITCHELL ? layer < 0 : this != NONE && layers < 1) {
      throw new IllegalArgumentException(
          name + ": " + formula + " needs the number of its block and of all blocks; unknown here");
    }
    return switch (this) {
      case NONE -> 1;
      case GPT2 -> 1 / (2.0 * layers);
      case MITCHELL -> 1 / (2.0 * (layer + 1));
      case WANG -> 1 / ((double) layers * layers);
      case FIXUP_2 -> 1.0 / layers;
      case FIXUP_3 -> 1 / Math.sqrt(layers);
      case T_FIXUP_ENCODER -> 0.67 * 0.67 / Math.sqrt(layers);
      case T_FIXUP_DECODER -> 1 / Math.sqrt(9.0 * layers);
      case DEEPNORM -> 1 / Math.sqrt(8.0 * layers);
    };
  }
}
