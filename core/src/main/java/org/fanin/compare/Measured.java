package org.fanin.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What measuring gave, or why there is nothing.
public sealed interface Measured {
  /// Nobody asked.
  record No() implements Measured {}

  /// @param because one sentence
  record Skipped(String because) implements Measured {}

  /// @param comparison of one run: the file's own weights, or one draw of the scheme that the
  ///   forecast assumed
  /// @param draws over re-initialisations, when asked for
  /// @param steps when parameters got their first gradient, where steps were taken
  /// @param notes sentences that the reader needs beside the figures
  record Yes(
      Comparison comparison, Optional<Draws> draws, Optional<FirstSteps> steps, List<String> notes)
      implements Measured {
    public Yes {
      notes = List.copyOf(notes);
    }

    Yes with(String note) {
      List<String> all = new ArrayList<>(notes);
      all.add(note);
      return new Yes(comparison, draws, steps, all);
    }
  }

  default Optional<Yes> present() {
    return this instanceof Yes y ? Optional.of(y) : Optional.empty();
  }
}
