package org.fanin.probe;

/// What an engine computes in. Sums of its statistics are in double either way.
public enum Arithmetic {
  FLOAT32("float32", "single", 4),
  FLOAT64("float64", "double", 8);

  private final String key;
  private final String words;
  private final int width;

  Arithmetic(String key, String words, int width) {
    this.key = key;
    this.words = words;
    this.width = width;
  }

  /// As options and JSON spell it.
  public String key() {
    return key;
  }

  /// As in "single precision".
  public String words() {
    return words;
  }

  /// Bytes of a number.
  public int width() {
    return width;
  }
}
