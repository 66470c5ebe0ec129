package org.fanin.audit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// 64-bit hashes of bytes, to find equal slices. Not proof against someone who wants a collision.
final class Hash {
  private static final long ODD = 0x9E3779B97F4A7C15L;

  private Hash() {}

  /// Never 0.
  static long of(MemorySegment bytes, long from, long count) {
    long h = count * ODD;
    long i = from;
    long end = from + count;
    for (; i + 8 <= end; i += 8) {
      h = (h ^ bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, i)) * ODD;
      h ^= h >>> 29;
    }
    for (; i < end; i++) {
      h = (h ^ (bytes.get(ValueLayout.JAVA_BYTE, i) & 0xff)) * ODD;
      h ^= h >>> 29;
    }
    h = mix(h);
    return h == 0 ? 1 : h;
  }

  static long mix(long x) {
    long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /// A hash at its place: sums of these do not depend on the order of summation.
  static long placed(long hash, long place) {
    return mix(hash + (place + 1) * ODD);
  }
}
