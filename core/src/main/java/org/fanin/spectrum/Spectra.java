package org.fanin.spectrum;

import org.fanin.probe.Linearised;
import org.fanin.probe.ProbeListener;
import org.fanin.spectrum.JacobianSpectrum.Method;

/// What a network is as a whole, at its inputs: the spectrum of its Jacobian and its tangent
/// kernel.
///
/// ```
/// try (Linearised l = Engines.require().linearise(graph, ProbeRequest.defaults(8))) {
///   Found<JacobianSpectrum> s =
///       Spectra.jacobian(l, 8, SpectrumSettings.standard(), ProbeListener.none());
/// }
/// ```
public final class Spectra {
  /// Doubles that a matrix or the vectors of a Lanczos process may take: 256 MB.
  private static final double MOST_DOUBLES = 1 << 25;

  private Spectra() {}

  /// Singular values of ∂outputs/∂inputs, sample by sample where samples do not act on one another.
  /// Exact where min(rows, columns) is small: all elements by as many passes, then Jacobi
  /// rotations. Else by stochastic Lanczos quadrature (Ubaru, Chen & Saad 2017) on Golub–Kahan
  /// bidiagonalisation, where the largest value has an error bound and the smallest that was seen
  /// is an upper bound only, unless the process ended early.
  ///
  /// @param batch extent of the batch axis
  /// @param listener told of each pass
  /// @throws java.util.concurrent.CancellationException when the thread is interrupted
  public static Found<JacobianSpectrum> jacobian(
      Linearised network, long batch, SpectrumSettings settings, ProbeListener listener) {
    if (network.inputs() == 0) {
      return new Found.Unknown<>(
          "no float input and no embedding that looks up a discrete one: nothing to differentiate"
              + " by");
    }
    if (network.outputs() == 0) {
      return new Found.Unknown<>("the outputs have no elements");
    }
    if (network.inputs() > Integer.MAX_VALUE || network.outputs() > Integer.MAX_VALUE) {
      return new Found.Unknown<>("inputs or outputs have more than 2147483647 elements");
    }
    try {
      Samples s = Samples.of(network, batch, affordable(network, batch, settings), settings.seed());
      return spectrum(s, settings, listener);
    } catch (NotFiniteException e) {
      return new Found.Unknown<>(e.getMessage());
    }
  }

  /// Samples whose matrices and vectors fit.
  private static int affordable(Linearised network, long batch, SpectrumSettings s) {
    double each = memory(network.outputs() / batch, network.inputs() / batch, s);
    return (int) Math.clamp(MOST_DOUBLES / each, 1, s.samples());
  }

  private static double memory(double rows, double columns, SpectrumSettings s) {
    double k = Math.min(rows, columns);
    return k <= s.exact() ? rows * columns : Math.min(k, s.steps()) * (rows + columns);
  }

  private static Found<JacobianSpectrum> spectrum(
      Samples s, SpectrumSettings settings, ProbeListener listener) {
    PassCounter counter =
        new PassCounter(listener, passes(s.jacobian(new PassCounter(listener, 0)), settings));
    BlockMap map = s.jacobian(counter);
    double memory = memory(map.rows(), map.columns(), settings);
    if (memory > MOST_DOUBLES) {
      return new Found.Unknown<>(
          "a matrix of "
              + map.rows()
              + " × "
              + map.columns()
              + " takes "
              + (long) (memory * 8 / 1e6)
              + " MB, limit "
              + (long) (MOST_DOUBLES * 8 / 1e6)
              + " MB");
    }
    BlockMap wide = map.rows() <= map.columns() ? map : BlockMap.flip(map);
    return new Found.Known<>(
        Math.min(map.rows(), map.columns()) <= settings.exact()
            ? exact(s, map, ExactSpectrum.of(wide), counter)
            : probed(s, map, ProbedSpectrum.of(wide, settings), counter));
  }

  private static JacobianSpectrum exact(
      Samples s, BlockMap map, ExactSpectrum e, PassCounter counter) {
    return new JacobianSpectrum(
        s.unit(),
        Method.EXACT,
        map.rows(),
        map.columns(),
        s.names(),
        s.passes() + counter.done(),
        e.extremes(),
        e.lnMeanSquare(),
        e.relativeVariance(),
        e.density(),
        0);
  }

  private static JacobianSpectrum probed(
      Samples s, BlockMap map, ProbedSpectrum p, PassCounter counter) {
    return new JacobianSpectrum(
        s.unit(),
        Method.LANCZOS,
        map.rows(),
        map.columns(),
        s.names(),
        s.passes() + counter.done(),
        p.extremes(),
        p.lnMeanSquare(),
        p.relativeVariance(),
        p.density(),
        p.resolution());
  }

  private static int passes(BlockMap map, SpectrumSettings s) {
    return passesOf(Math.min(map.rows(), map.columns()), s);
  }

  private static int passesOf(double least, SpectrumSettings s) {
    return (int) (least <= s.exact() ? least : 2 * s.probes() * Math.min(least, s.steps()));
  }

  /// Passes that Jacobian and kernel take at most, told from the elements of one sample's outputs
  /// and inputs.
  public static int passes(double outputs, double inputs, SpectrumSettings s) {
    double cotangents = outputs <= s.kernelOutputs() ? outputs : s.kernelProbes();
    return s.samples()
        + passesOf(Math.min(outputs, inputs), s)
        + (int) (s.kernelSamples() * cotangents);
  }

  /// The tangent kernel of the batch's first samples: exact where outputs are few, else Hutchinson
  /// over random cotangents with standard errors. Where samples act on one another (batch
  /// statistics), ∂f(x_i)/∂θ is taken with the rest of the batch as it is.
  ///
  /// @param batch extent of the batch axis
  /// @param listener told of each pass
  /// @throws java.util.concurrent.CancellationException when the thread is interrupted
  public static Found<TangentKernel> kernel(
      Linearised network, long batch, SpectrumSettings settings, ProbeListener listener) {
    long parameters = network.parameters();
    if (parameters == 0) {
      return new Found.Unknown<>("the network has no parameters");
    }
    if (network.outputs() == 0 || network.outputs() > Integer.MAX_VALUE) {
      return new Found.Unknown<>("the outputs have " + network.outputs() + " elements");
    }
    if (parameters > MOST_DOUBLES) {
      return new Found.Unknown<>(
          "a gradient has " + parameters + " elements, limit " + (long) MOST_DOUBLES);
    }
    int most = (int) Math.clamp(MOST_DOUBLES / parameters, 1, settings.kernelSamples());
    Samples s = Samples.slices(network, batch, most);
    long outputs = network.outputs() / s.batch();
    long cotangents = outputs <= settings.kernelOutputs() ? outputs : settings.kernelProbes();
    PassCounter counter = new PassCounter(listener, (int) (s.count() * cotangents));
    try {
      KernelSums sums = new KernelSums(s, settings);
      sums.run(settings.kernelProbes(), counter);
      return new Found.Known<>(sums.result(counter.done()));
    } catch (NotFiniteException e) {
      return new Found.Unknown<>(e.getMessage());
    }
  }
}
