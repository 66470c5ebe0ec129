package org.fanin.spectrum;

/// A number with standard errors.
///
/// @param value of the samples that were looked at
/// @param probeError standard error over random probes; 0 for what is exact
/// @param sampleError standard error of the mean over samples, the probes' part included; NaN for
///   fewer than two
public record Estimate(double value, double probeError, double sampleError) {}
