package org.fanin.spectrum;

/// How much is spent on the spectrum and the kernel.
///
/// @param samples of the batch whose Jacobians are looked at, at most
/// @param exact largest min(rows, columns) of a Jacobian that is computed whole
/// @param probes random directions of the stochastic Lanczos quadrature, where it is not
/// @param steps of the Lanczos process from each
/// @param kernelSamples of the batch in the tangent kernel, at most
/// @param kernelOutputs most outputs per sample whose gradients are computed one by one
/// @param kernelProbes random output cotangents where there are more
/// @param seed of all random directions
public record SpectrumSettings(
    int samples,
    int exact,
    int probes,
    int steps,
    int kernelSamples,
    int kernelOutputs,
    int kernelProbes,
    long seed) {
  public SpectrumSettings {
    if (samples < 1 || kernelSamples < 1) {
      throw new IllegalArgumentException("samples, kernelSamples: wanted at least 1");
    }
    if (exact < 0 || kernelOutputs < 0) {
      throw new IllegalArgumentException("exact, kernelOutputs: wanted at least 0");
    }
    if (probes < 2 || kernelProbes < 2) {
      throw new IllegalArgumentException("probes, kernelProbes: wanted at least 2 for an error");
    }
    if (steps < 2) {
      throw new IllegalArgumentException("steps " + steps + ", wanted at least 2");
    }
  }

  /// A few samples, exact up to 256 singular values, else 6 probes of 32 steps.
  public static SpectrumSettings standard() {
    return new SpectrumSettings(8, 256, 6, 32, 8, 16, 16, 1);
  }

  public SpectrumSettings withExact(int most) {
    return new SpectrumSettings(
        samples, most, probes, steps, kernelSamples, kernelOutputs, kernelProbes, seed);
  }

  public SpectrumSettings withSamples(int most) {
    return new SpectrumSettings(
        most, exact, probes, steps, most, kernelOutputs, kernelProbes, seed);
  }

  public SpectrumSettings withProbes(int number, int each) {
    return new SpectrumSettings(
        samples, exact, number, each, kernelSamples, kernelOutputs, kernelProbes, seed);
  }

  public SpectrumSettings withKernel(int outputs, int probesOfOutputs) {
    return new SpectrumSettings(
        samples, exact, probes, steps, kernelSamples, outputs, probesOfOutputs, seed);
  }

  public SpectrumSettings withSeed(long s) {
    return new SpectrumSettings(
        samples, exact, probes, steps, kernelSamples, kernelOutputs, kernelProbes, s);
  }
}
