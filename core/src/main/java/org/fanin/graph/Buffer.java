package org.fanin.graph;

import java.util.Locale;

/// Why a stored tensor is no parameter: training does not change it, so it is neither drawn, nor
/// counted, nor judged. PyTorch's word for such tensors.
///
/// @param detail what was found, as the end of a sentence; "" when the kind says it all
public record Buffer(Kind kind, String detail) {
  public Buffer {
    if (kind == null || detail == null) {
      throw new IllegalArgumentException("kind and detail are wanted");
    }
  }

  Buffer(Kind kind) {
    this(kind, "");
  }

  /// What such a tensor is.
  public enum Kind {
    QUANTISATION("a scale or zero point of quantisation"),
    EPSILON("an epsilon that keeps a denominator or logarithm away from 0"),
    CONSTANT("a constant of the formula"),
    SETTING("a setting of an operator"),
    NORMALISER("a normaliser of the network's input"),
    RESCALER("a rescaling of the network's output"),
    MASK("a mask"),
    GRID("a fixed grid"),
    SINUSOIDS("a table of sines and cosines"),
    FREQUENCIES("a geometric progression of frequencies"),
    WINDOW("a window"),
    FILTER_BANK("a bank of band filters"),
    FILTER("a fixed filter kernel"),
    INDEX("a table of whole numbers"),
    TABLE("a table that its name tells"),
    RUNNING_STATISTIC("a running statistic, which starts anew at mean 0 and variance 1");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /// What it is, with its article.
    public String words() {
      return words;
    }

    /// Spelling in JSON and plans.
    public String key() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// Whether the file's values stay: all but statistics of a training that is over.
    public boolean keeps() {
      return this != RUNNING_STATISTIC;
    }
  }

  /// One sentence, and how to draw it all the same.
  public String because() {
    return "no parameter but "
        + kind.words()
        + (detail.isEmpty() ? "" : ": " + detail)
        + " (--scheme draws it all the same)";
  }
}
