package org.fanin.compare;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.plan.Distribution;
import org.fanin.plan.Scheme;
import org.fanin.plan.Schemes;
import org.fanin.plan.TensorSpec;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.tensor.Shape;

/// What a parameter's neighbours tell of how it was drawn: a bias goes by its layer, a weight that
/// scattered far from its scheme by the other weights.
final class Layers {
  private static final String TORCH = "pytorch-default";

  /// A scheme that this share of the commonest one's tensors have is an accident if the commonest
  /// explains them too: one tensor in 370 lies 3 standard errors off its own scheme.
  private static final double RARE = 0.1;

  /// Standard errors within which the commonest scheme explains a tensor's second moment.
  private static final double LIMIT = 4;

  private final Graph graph;
  private final Forecast forecast;
  private final Map<Integer, Integer> weightOf = new HashMap<>();
  private final Map<String, Integer> count = new HashMap<>();
  private final Optional<String> commonest;

  Layers(Forecast f) {
    graph = f.graph();
    forecast = f;
    for (int i = 0; i < graph.parameters().size(); i++) {
      if (graph.parameters().get(i).fan().isPresent()) {
        weightOf.put(graph.parameters().get(i).value(), i);
        count.merge(f.parameters().get(i).scheme(), 1, Integer::sum);
      }
    }
    count.remove("");
    commonest =
        count.entrySet().stream()
            .max(
                Map.Entry.<String, Integer>comparingByValue()
                    .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
            .map(Map.Entry::getKey);
  }

  /// A bias is drawn by the fan of the layer it belongs to (PyTorch: U(±1/√fan_in)).
  TensorSpec withFan(int parameter, TensorSpec spec) {
    boolean bias = spec.role() == Role.BIAS || spec.role() == Role.LSTM_BIAS;
    if (!bias || spec.fan().isPresent()) {
      return spec;
    }
    return layer(parameter).flatMap(this::torchFan).map(spec::withFan).orElse(spec);
  }

  /// PyTorch counts the fan-in of a transposed convolution on the second axis of its weight, which
  /// holds the output channels (torch.nn.init._calculate_fan_in_and_fan_out).
  private Optional<Fan> torchFan(int weight) {
    Parameter p = graph.parameters().get(weight);
    Fan fan = p.fan().orElseThrow();
    boolean transposed =
        p.uses().stream().anyMatch(n -> graph.nodes().get(n).op() instanceof Op.ConvTranspose);
    Shape s = p.data().shape();
    if (!transposed) {
      return Optional.of(fan);
    }
    double in = (double) s.count() / s.dim(0);
    return Optional.of(new Fan(in, fan.out(), fan.blocks(), "as PyTorch counts it", fan.axes()));
  }

  /// The scheme to draw by; "" when none is known.
  String scheme(ParameterForecast p) {
    String own = p.scheme();
    Parameter parameter = graph.parameters().get(p.parameter());
    if (own.startsWith("constant(") && parameter.data().count() == 1) {
      // One element says nothing of its law.
      boolean torch =
          layer(p.parameter())
              .map(w -> forecast.parameters().get(w).scheme().equals(TORCH))
              .orElse(false);
      return torch ? TORCH : own;
    }
    boolean rare =
        parameter.fan().isPresent()
            && commonest.isPresent()
            && count.getOrDefault(own, 0) < RARE * count.get(commonest.get());
    return rare && explains(commonest.get(), p, parameter) ? commonest.get() : own;
  }

  private static boolean explains(String scheme, ParameterForecast p, Parameter parameter) {
    try {
      Fan fan = parameter.fan().orElseThrow();
      Scheme s = Schemes.named(scheme);
      boolean flat = s.distribution() instanceof Distribution.Uniform;
      double error = Math.sqrt((flat ? 0.8 : 2) / parameter.data().count());
      return Math.abs(p.m2() / s.variance(fan.in(), fan.out()) - 1) < LIMIT * error;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  /// The weight of the layer that a bias belongs to.
  private Optional<Integer> layer(int bias) {
    Parameter p = graph.parameters().get(bias);
    if (p.uses().isEmpty()) {
      return Optional.empty();
    }
    Node n = graph.nodes().get(p.uses().getFirst());
    Optional<Integer> own = lastWeight(n);
    if (own.isPresent()) {
      return own;
    }
    // MatMul, then Add.
    return n.inputs().stream()
        .filter(i -> i >= 0 && graph.value(i).producer() >= 0)
        .map(i -> lastWeight(graph.nodes().get(graph.value(i).producer())))
        .flatMap(Optional::stream)
        .findFirst();
  }

  /// The last, as PyTorch's recurrent biases go by the recurrent weights.
  private Optional<Integer> lastWeight(Node n) {
    List<Integer> found =
        n.inputs().stream()
            .filter(i -> i >= 0)
            .map(i -> weightOf.get(graph.value(i).origin()))
            .filter(java.util.Objects::nonNull)
            .toList();
    return found.isEmpty() ? Optional.empty() : Optional.of(found.getLast());
  }
}
