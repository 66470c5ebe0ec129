package org.fanin.audit;

import java.util.List;
import java.util.Optional;

/// Names of the two factors of a low-rank update B·A, as PEFT, loralib and others spell them.
final class LoraPair {
  private record Names(String first, String second) {}

  private static final List<Names> ALL =
      List.of(
          new Names("lora_embedding_A", "lora_embedding_B"),
          new Names("lora_A", "lora_B"),
          new Names("lora_a", "lora_b"),
          new Names("lora_down", "lora_up"));

  private LoraPair() {}

  /// The name of the other factor; empty for a tensor that is none.
  static Optional<String> partner(String name) {
    for (Names n : ALL) {
      if (name.contains(n.first())) {
        return Optional.of(name.replace(n.first(), n.second()));
      }
      if (name.contains(n.second())) {
        return Optional.of(name.replace(n.second(), n.first()));
      }
    }
    return Optional.empty();
  }

  static boolean isFactor(String name) {
    return partner(name).isPresent();
  }

  /// Whether it is B, which the output is read from.
  static boolean isSecond(String name) {
    return ALL.stream().anyMatch(n -> name.contains(n.second()));
  }
}
