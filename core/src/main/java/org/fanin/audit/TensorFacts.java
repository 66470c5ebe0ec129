package org.fanin.audit;

import java.util.List;
import java.util.Optional;

/// What one pass over a tensor found.
///
/// @param all moments of all elements
/// @param firstBad index of the first element that is no number, −1 when there is none
/// @param rows slices along the first axis
/// @param columns units along a later axis; none when units lie along the first
/// @param parts moments of the independent parts of a fused or stacked tensor, in order; empty when
///   it has but one
/// @param twins parts that equal an earlier one
/// @param content hash of all elements
/// @param opening its first elements
/// @param sketch distribution of |w|
/// @param spectrum empty for what is no matrix
/// @param identity whether it has one value on its diagonal (at the centre tap) and zeros elsewhere
record TensorFacts(
    Moments all,
    long firstBad,
    Rows rows,
    Rows columns,
    List<Moments> parts,
    List<Twins> twins,
    long content,
    Opening opening,
    Sketch sketch,
    Optional<Spectrum> spectrum,
    boolean identity) {
  TensorFacts {
    parts = List.copyOf(parts);
    twins = List.copyOf(twins);
  }

  /// Two parts with the same elements.
  record Twins(int original, int copy) {}
}
