package org.fanin.plan;

import java.util.List;
import java.util.Optional;
import org.fanin.math.Fn;

/// Why weights have the variance they have, step by step, with the numbers of one layer: formula
/// beside simulation.
///
/// @param steps from one neuron to a deep network
/// @param networks what `input.depth()` layers make of each scheme
/// @param slips what popular accounts get wrong, with these numbers
public record Derivation(Input input, List<Step> steps, List<Network> networks, List<Slip> slips) {
  public Derivation {
    steps = List.copyOf(steps);
    networks = List.copyOf(networks);
    slips = List.copyOf(slips);
  }

  /// @param fanIn terms in the neuron's sum
  /// @param fanOut neurons that each input feeds
  /// @param activation φ of the layers
  /// @param depth layers of the network in the table
  /// @param width its units per layer
  /// @param seed of the simulation
  public record Input(
      int fanIn, int fanOut, Fn activation, int depth, int width, long seed, List<Scheme> schemes) {
    private static final int MOST = 1 << 20;

    public Input {
      schemes = List.copyOf(schemes);
      within("fan-in", fanIn, 1, MOST);
      within("fan-out", fanOut, 1, MOST);
      within("depth", depth, 2, 10_000);
      within("width", width, 2, 4096);
    }

    private static void within(String what, int value, int least, int most) {
      if (value < least || value > most) {
        throw new IllegalArgumentException(
            what + " must be " + least + " to " + most + ", found " + value);
      }
    }
  }

  /// @param title the question, e.g. "Why 1/n?"
  /// @param formula in symbols
  /// @param substituted the same with this layer's numbers
  /// @param predicted what the formula gives
  /// @param simulated what drawing gave; empty where there is nothing to draw
  /// @param because one or two sentences
  public record Step(
      String title,
      String formula,
      String substituted,
      double predicted,
      Optional<Simulated> simulated,
      String because,
      String source) {
    /// Standard errors between simulation and formula.
    public Optional<Double> z() {
      return simulated.map(s -> s.z(predicted));
    }
  }

  /// @param standardError of `value`, from the spread of the draws
  public record Simulated(double value, double standardError) {
    public double z(double predicted) {
      return standardError > 0 ? (value - predicted) / standardError : 0;
    }
  }

  /// Ratios over the depth, as natural logarithms of typical (geometric mean) values: means are
  /// dominated by rare draws in narrow deep networks.
  ///
  /// @param variance of one weight
  /// @param signal ln of the last layer's second moment over the first's, predicted
  /// @param gradient ln of the first layer's gradient second moment over the last's, predicted
  public record Network(
      Scheme scheme,
      double variance,
      double signal,
      Simulated simulatedSignal,
      double gradient,
      Simulated simulatedGradient) {}

  /// @param claim what is said
  /// @param fact what is so, with numbers
  public record Slip(String claim, String fact, String source) {}
}
