package org.fanin.audit;

import java.util.List;
import java.util.Optional;
import org.fanin.plan.TensorSpec;

/// What an audit says of one tensor.
///
/// @param spec its place in the network
/// @param moments of all elements
/// @param parts moments of independent parts (query, key, value; gates; experts); empty when it has
///   but one
/// @param rows slices along the first axis
/// @param columns units along a later axis, where that is where units lie
/// @param spectrum empty for what is no matrix
/// @param drawnBy the scheme it was evidently drawn by
/// @param expected what the recipe wants; empty without a recipe
/// @param effect what the layer does to the second moment of the signal; empty when unknown
/// @param findings worst first
public record TensorAudit(
    TensorSpec spec,
    Moments moments,
    List<Moments> parts,
    Rows rows,
    Rows columns,
    Optional<Spectrum> spectrum,
    Recognition drawnBy,
    Optional<Expectation> expected,
    Optional<Effect> effect,
    List<Finding> findings) {
  public TensorAudit {
    parts = List.copyOf(parts);
    findings = List.copyOf(findings);
  }

  public String name() {
    return spec.name();
  }

  /// The worst level among the findings; empty when there are none.
  public Optional<Finding.Level> worst() {
    return findings.stream().map(Finding::level).max(Finding.Level::compareTo);
  }
}
