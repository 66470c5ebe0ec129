package org.fanin.plan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Role;
import org.fanin.tensor.Shape;

/// What recipes ask about a network as a whole.
final class Model {
  private final Map<String, TensorSpec> byName = new HashMap<>();
  private final Map<String, Integer> layersPerBlock = new HashMap<>();
  private final long width;
  private final int layers;
  private final String firstWeight;

  Model(List<TensorSpec> specs) {
    long embedded = 0;
    int most = 0;
    String first = "";
    for (TensorSpec s : specs) {
      byName.put(s.name(), s);
      most = Math.max(most, s.layers());
      boolean table = s.role() == Role.EMBEDDING || s.role() == Role.TIED;
      boolean head = s.role() == Role.HEAD && s.fan().isPresent();
      if (embedded == 0 && table && s.shape().rank() == 2) {
        embedded = s.shape().dim(1);
      }
      if (embedded == 0 && head) {
        embedded = (long) s.fan().get().in();
      }
      first = first.isEmpty() && s.role() == Role.WEIGHT ? s.name() : first;
      if (s.role() == Role.WEIGHT && !s.name().contains("downsample")) {
        layersPerBlock.merge(block(s), 1, Integer::sum);
      }
    }
    width = embedded;
    layers = most;
    firstWeight = first;
  }

  /// Width of the residual stream: that of the embeddings, else of the head's input; 0 when there
  /// is neither.
  long width() {
    return width;
  }

  /// Most blocks in a stack whose names match.
  int layersOf(String regex) {
    return byName.values().stream()
        .filter(s -> NameSpecs.plain(s.name()).matches(regex))
        .mapToInt(TensorSpec::layers)
        .max()
        .orElse(0);
  }

  /// Most blocks in a stack.
  int layers() {
    return layers;
  }

  boolean isFirst(TensorSpec s) {
    return s.name().equals(firstWeight);
  }

  /// Weights in the block of this tensor, projections on the skip not counted.
  int layersInBlock(TensorSpec s) {
    return layersPerBlock.getOrDefault(block(s), 1);
  }

  /// By name, and by number where names say nothing.
  private static String block(TensorSpec s) {
    String prefix = Blocks.prefix(NameSpecs.plain(s.name()));
    return prefix.isEmpty() ? "#" + s.layer() : prefix;
  }

  Optional<TensorSpec> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /// The weight that a bias belongs to, by name.
  Optional<TensorSpec> weightOf(TensorSpec bias) {
    String n = bias.name();
    return find(n.replaceAll("bias(:0)?$", "weight"))
        .or(() -> find(n.replaceAll("bias(:0)?$", "kernel$1")))
        .filter(w -> !w.name().equals(n));
  }

  boolean anyNamed(String regex) {
    return byName.keySet().stream().anyMatch(n -> NameSpecs.plain(n).matches(regex));
  }

  // ---- PyTorch's own fans ----

  /// @param in second axis times the taps, which is right but for transposed convolutions
  /// @param out first axis times the taps, which forgets groups and strides
  record TorchFan(double in, double out) {}

  /// What `torch.nn.init._calculate_fan_in_and_fan_out` finds for the tensor as PyTorch stores it.
  static TorchFan torchFan(TensorSpec s) {
    Shape shape = s.shape();
    Axes a = s.fan().flatMap(f -> f.axes()).orElse(null);
    if (a != null && a.taps().isEmpty() && a.batch().isEmpty()) {
      // A dense layer, perhaps exported as [in, out].
      return new TorchFan(
          SchemeDraws.extent(shape, a.columns()), SchemeDraws.extent(shape, a.rows()));
    }
    if (shape.rank() < 2 || shape.count() == 0) {
      return new TorchFan(shape.count(), shape.count());
    }
    double taps = (double) shape.count() / shape.dim(0) / shape.dim(1);
    return new TorchFan(shape.dim(1) * taps, shape.dim(0) * taps);
  }
}
