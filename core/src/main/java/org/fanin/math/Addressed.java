package org.fanin.math;

/// Random numbers that are a function of (seed, stream, index), for simulations: no state, any
/// order, the same bits everywhere. The hash is SplitMix64's finaliser (Steele et al. 2014;
/// Stafford's mix 13) over the three words. Weights that leave the program use the fill format
/// instead.
public final class Addressed {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private Addressed() {}

  public static long bits(long seed, long stream, long index) {
    return mix(mix(mix(seed + GOLDEN) ^ stream * GOLDEN) + index * GOLDEN);
  }

  private static long mix(long x) {
    long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /// Uniform on (0, 1), never an end.
  public static double uniform(long seed, long stream, long index) {
    return ((bits(seed, stream, index) >>> 12) + 0.5) * 0x1p-52;
  }

  /// N(0, 1) by the inverse distribution function.
  public static double normal(long seed, long stream, long index) {
    return Normal.quantile(uniform(seed, stream, index));
  }
}
