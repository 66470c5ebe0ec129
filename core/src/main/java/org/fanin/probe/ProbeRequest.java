package org.fanin.probe;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.fanin.predict.PredictSettings.Mode;
import org.fanin.tensor.Tensor;

/// What to measure.
///
/// @param float64 double precision throughout; single otherwise. Gradients below 1e-38 need it.
/// @param mode how BatchNorm and Dropout act
/// @param batch extent of the batch axis: values whose axis 0 has it are compared sample by sample
/// @param arrays inputs (named as the graph's inputs, or `in_<input>`) and cotangents (`cotangent`,
///   `cotangent_<output>`); what is absent is N(0,1), token ids uniform over the table they index,
///   addressed by the seed
/// @param seed of inputs, cotangents and dropout masks
/// @param maxMemoryBytes what activations, gradients and tape may take; when they need more, parts
///   of the forward pass run again on the way back. Empty: no limit
/// @param threads processor threads; 0 for all
/// @param weights elements in place of the file's, by index in [org.fanin.graph.Graph#parameters],
///   each of the parameter's shape; asked for when needed, possibly more than once
public record ProbeRequest(
    boolean float64,
    Mode mode,
    long batch,
    Map<String, Tensor> arrays,
    long seed,
    OptionalLong maxMemoryBytes,
    int threads,
    Map<Integer, Supplier<Tensor>> weights) {
  public ProbeRequest {
    if (batch < 1) {
      throw new IllegalArgumentException("batch " + batch + ", wanted at least 1");
    }
    if (threads < 0) {
      throw new IllegalArgumentException("threads " + threads + ", wanted 0 or more");
    }
    arrays = Map.copyOf(arrays);
    weights = Map.copyOf(weights);
  }

  /// The file's own weights in double precision, as the file says, on synthetic inputs.
  public static ProbeRequest defaults(long batch) {
    return new ProbeRequest(true, Mode.FILE, batch, Map.of(), 1, OptionalLong.empty(), 0, Map.of());
  }

  public ProbeRequest withFloat64(boolean on) {
    return new ProbeRequest(on, mode, batch, arrays, seed, maxMemoryBytes, threads, weights);
  }

  public ProbeRequest withMode(Mode m) {
    return new ProbeRequest(float64, m, batch, arrays, seed, maxMemoryBytes, threads, weights);
  }

  public ProbeRequest withArrays(Map<String, Tensor> a) {
    return new ProbeRequest(float64, mode, batch, a, seed, maxMemoryBytes, threads, weights);
  }

  public ProbeRequest withSeed(long s) {
    return new ProbeRequest(float64, mode, batch, arrays, s, maxMemoryBytes, threads, weights);
  }

  public ProbeRequest withMaxMemory(OptionalLong bytes) {
    return new ProbeRequest(float64, mode, batch, arrays, seed, bytes, threads, weights);
  }

  public ProbeRequest withThreads(int n) {
    return new ProbeRequest(float64, mode, batch, arrays, seed, maxMemoryBytes, n, weights);
  }

  public ProbeRequest withWeights(Map<Integer, Supplier<Tensor>> w) {
    return new ProbeRequest(float64, mode, batch, arrays, seed, maxMemoryBytes, threads, w);
  }

  public Optional<Tensor> input(String name) {
    return Optional.ofNullable(arrays.getOrDefault("in_" + name, arrays.get(name)));
  }

  /// @param only whether it is the graph's only output
  public Optional<Tensor> cotangent(String output, boolean only) {
    Tensor t = arrays.get("cotangent_" + output);
    return Optional.ofNullable(t == null && only ? arrays.get("cotangent") : t);
  }
}
