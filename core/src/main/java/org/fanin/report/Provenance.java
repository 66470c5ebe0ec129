package org.fanin.report;

/// How a report came to be.
///
/// @param tool this program and its version
/// @param producer who wrote the model file, as it says itself; may be empty
/// @param sha256 of the model file in hex; empty when it was not computed (standard input, or
///   nobody asked)
public record Provenance(String tool, String producer, String sha256) {}
