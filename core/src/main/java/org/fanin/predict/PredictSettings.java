package org.fanin.predict;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Value;
import org.fanin.plan.Scheme;
import org.fanin.tensor.Tensor;

/// What a forecast assumes.
///
/// @param mode how BatchNorm and Dropout act
/// @param batch extent of dynamic batch axes, for the report
/// @param arrays sample inputs (named as the graph's inputs, or `in_<input>`) and cotangents
///   (`cotangent`, `cotangent_<output>`)
/// @param inputM2 second moment of float inputs without a sample; 1 when empty
/// @param weights a scheme in place of the file's own weight matrices
/// @param laws laws in place of the file's own elements, by index in [Graph#parameters]; they go
///   before `weights`
public record PredictSettings(
    Mode mode,
    long batch,
    Map<String, Tensor> arrays,
    OptionalDouble inputM2,
    Optional<Scheme> weights,
    Map<Integer, PlannedLaw> laws) {
  public PredictSettings {
    arrays = Map.copyOf(arrays);
    laws = Map.copyOf(laws);
  }

  /// The file's own elements, or a scheme for all weight matrices.
  public PredictSettings(
      Mode mode,
      long batch,
      Map<String, Tensor> arrays,
      OptionalDouble inputM2,
      Optional<Scheme> weights) {
    this(mode, batch, arrays, inputM2, weights, Map.of());
  }

  /// The same with laws in place of parameters.
  public PredictSettings withLaws(Map<Integer, PlannedLaw> planned) {
    return new PredictSettings(mode, batch, arrays, inputM2, weights, planned);
  }

  /// How BatchNorm and Dropout act: as in training, as in inference, or as each exported node says.
  public enum Mode {
    TRAIN,
    EVAL,
    FILE;

    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static PredictSettings defaults() {
    return new PredictSettings(Mode.TRAIN, 16, Map.of(), OptionalDouble.empty(), Optional.empty());
  }

  Optional<Tensor> input(String name) {
    return Optional.ofNullable(arrays.getOrDefault("in_" + name, arrays.get(name)));
  }

  Optional<Tensor> cotangent(String output, boolean only) {
    Tensor t = arrays.get("cotangent_" + output);
    return Optional.ofNullable(t == null && only ? arrays.get("cotangent") : t);
  }

  /// Chance that two token ids of an index tensor agree, from the sample that feeds it.
  OptionalDouble tokenCollisions(Graph g, int value) {
    int at = value;
    for (int hops = 0; hops < 8; hops++) {
      Value v = g.value(at);
      if (v.kind() == Value.Kind.INPUT) {
        Optional<Tensor> t = input(v.name());
        return t.isPresent()
            ? OptionalDouble.of(TokenLaw.collisions(t.get()))
            : OptionalDouble.empty();
      }
      if (v.producer() < 0) {
        break;
      }
      Node n = g.nodes().get(v.producer());
      at = n.input(0);
      if (at < 0) {
        break;
      }
    }
    return OptionalDouble.empty();
  }
}
