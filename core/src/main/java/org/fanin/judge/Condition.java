package org.fanin.judge;

/// Without which a network that can be trained will not be.
public enum Condition {
  WARM_UP("learning-rate warm-up"),
  ADAM("Adam");

  private final String words;

  Condition(String words) {
    this.words = words;
  }

  public String words() {
    return words;
  }
}
