package org.fanin.fill;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// The key of one tensor's random bits: SHA-256 of "fanin/fill/1", a zero byte, the seed as eight
/// little-endian bytes, and the tensor's name in UTF-8. Immutable.
public final class StreamKey {
  /// Nonce word 14: what the bits are for.
  public static final int ELEMENTS = 0;

  public static final int MATRIX_NORMALS = 1;
  public static final int STOCHASTIC_ROUNDING = 2;
  public static final int CHOICES = 3;

  private static final String FORMAT = "fanin/fill/1";

  private final int[] words;
  private final long seed;

  private StreamKey(int[] words, long seed) {
    this.words = words;
    this.seed = seed;
  }

  /// @param seed any 64 bits
  /// @param name the tensor's, as it stands in the file; unpaired surrogates count as `?`
  public static StreamKey of(long seed, String name) {
    MessageDigest sha = sha256();
    sha.update(FORMAT.getBytes(StandardCharsets.US_ASCII));
    sha.update((byte) 0);
    for (int i = 0; i < 8; i++) {
      sha.update((byte) (seed >>> 8 * i));
    }
    byte[] hash = sha.digest(name.getBytes(StandardCharsets.UTF_8));
    int[] words = new int[8];
    for (int i = 0; i < hash.length; i++) {
      words[i >> 2] |= (hash[i] & 0xFF) << 8 * (i & 3);
    }
    return new StreamKey(words, seed);
  }

  /// The key of another tensor under the same seed.
  StreamKey of(String name) {
    return of(seed, name);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /// The eight little-endian words of the key, a copy.
  public int[] words() {
    return words.clone();
  }

  /// Not a copy, for code that only reads.
  int[] shared() {
    return words;
  }
}
