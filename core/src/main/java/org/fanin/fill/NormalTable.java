package org.fanin.fill;

/// Coefficients of the normal law: z/v as a polynomial in t − c on 16 half octaves of t, one column
/// per `(bits(t) >> 22) & 15`. Computed by `bench/fit_normal.py`; `NormalsTest` holds their error.
/// Public for the kernels in `fill.simd` only.
public final class NormalTable {
  private NormalTable() {}

  private static final float[] P0 = {
    0x1.69f2aep1f,
    0x1.5c7328p1f,
    0x1.4dd032p1f,
    0x1.3fb3fcp1f,
    0x1.3070b6p1f,
    0x1.21c6f6p1f,
    0x1.11fd64p1f,
    0x1.02e9a4p1f,
    0x1.e59914p0f,
    0x1.c717bap0f,
    0x1.a6d442p0f,
    0x1.88a71p0f,
    0x1.69296cp0f,
    0x1.4c2326p0f,
    0x1.84cefap1f,
    0x1.77ed72p1f
  };

  private static final float[] P1 = {
    -0x1.fbc038p4f,
    -0x1.72e0acp4f,
    -0x1.09a076p4f,
    -0x1.834becp3f,
    -0x1.148d18p3f,
    -0x1.91a6ecp2f,
    -0x1.1d3ffap2f,
    -0x1.9b9ebep1f,
    -0x1.21e4cp1f,
    -0x1.9e697ep0f,
    -0x1.208288p0f,
    -0x1.97602ap-1f,
    -0x1.1787bcp-1f,
    -0x1.84e302p-2f,
    -0x1.e46d68p5f,
    -0x1.620844p5f
  };

  private static final float[] P2 = {
    0x1.7acd5ap10f,
    0x1.8c0dc2p9f,
    0x1.8e464ep8f,
    0x1.a0ad4p7f,
    0x1.a314b4p6f,
    0x1.b638e8p5f,
    0x1.b81c14p4f,
    0x1.cb141ep3f,
    0x1.cb33d4p2f,
    0x1.dc6ffp1f,
    0x1.d8fcb2p0f,
    0x1.e65992p-1f,
    0x1.dd43fap-2f,
    0x1.e481eep-3f,
    0x1.6914fp12f,
    0x1.7913dap11f
  };

  private static final float[] P3 = {
    -0x1.858adep16f,
    -0x1.22cdacp15f,
    -0x1.990deap13f,
    -0x1.31becap12f,
    -0x1.ae87f4p10f,
    -0x1.41ff4ap9f,
    -0x1.c57628p7f,
    -0x1.52eb7ep6f,
    -0x1.dc7596p4f,
    -0x1.631154p3f,
    -0x1.f0cecp1f,
    -0x1.6fec08p0f,
    -0x1.fe502ap-2f,
    -0x1.760738p-3f,
    -0x1.740ab8p19f,
    -0x1.1556cep18f
  };

  private static final float[] P4 = {
    0x1.db8286p22f,
    0x1.f0b5c4p20f,
    0x1.f29d7cp18f,
    0x1.04cd98p17f,
    0x1.06278ep15f,
    0x1.128c08p13f,
    0x1.142d62p11f,
    0x1.214c2ap9f,
    0x1.22db9p7f,
    0x1.303568p5f,
    0x1.30f84p3f,
    0x1.3d8de8p1f,
    0x1.3c505ap-1f,
    0x1.468e62p-3f,
    0x1.c6dc5ep26f,
    0x1.da6aa2p24f
  };

  private static final float[] P5 = {
    -0x1.2ff008p29f,
    -0x1.c1d48ep26f,
    -0x1.3e45cp24f,
    -0x1.d7d1b8p21f,
    -0x1.4e43fap19f,
    -0x1.f04034p16f,
    -0x1.5fe30cp14f,
    -0x1.056db8p12f,
    -0x1.72b72cp9f,
    -0x1.134796p7f,
    -0x1.859166p4f,
    -0x1.206d16p2f,
    -0x1.9612e4p-1f,
    -0x1.2b1e6p-3f,
    -0x1.232096p34f,
    -0x1.ae2cfp31f
  };

  static final float[][] ROWS = {P0, P1, P2, P3, P4, P5};

  /// z/v from t and y = t − c.
  static float ratio(int column, float y) {
    float p = P5[column];
    p = Math.fma(p, y, P4[column]);
    p = Math.fma(p, y, P3[column]);
    p = Math.fma(p, y, P2[column]);
    p = Math.fma(p, y, P1[column]);
    return Math.fma(p, y, P0[column]);
  }

  /// The coefficients of (t − c)^power, one per column; a copy.
  public static float[] row(int power) {
    return ROWS[power].clone();
  }
}
