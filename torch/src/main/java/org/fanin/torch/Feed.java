package org.fanin.torch;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.fanin.graph.Graph;
import org.fanin.graph.Value;
import org.fanin.graph.Vocabulary;
import org.fanin.math.Addressed;
import org.fanin.probe.ProbeRequest;
import org.fanin.tensor.Shape;

/// What enters the network: parameters, constants, inputs, cotangents.
final class Feed {
  private static final long COTANGENTS = 1 << 20;

  /// Integers that index no table are masks.
  private static final long MASK = 2;

  private final Graph graph;
  private final ProbeRequest request;
  private final ScalarType real;
  private final Map<Integer, Integer> parameterOf = new HashMap<>();

  Feed(Graph graph, ProbeRequest request) {
    this.graph = graph;
    this.request = request;
    real = request.float64() ? ScalarType.Double : ScalarType.Float;
    for (int i = 0; i < graph.parameters().size(); i++) {
      parameterOf.put(graph.parameters().get(i).value(), i);
    }
    for (int p : request.weights().keySet()) {
      if (p < 0 || p >= graph.parameters().size()) {
        throw new IllegalArgumentException(
            "weights for parameter " + p + ", the graph has " + graph.parameters().size());
      }
    }
  }

  ScalarType real() {
    return real;
  }

  /// A value that no node computes.
  Tensor load(Value v) {
    if (v.kind() == Value.Kind.INPUT) {
      return input(v);
    }
    return Bridge.toTorch(elements(v), real);
  }

  /// The elements of a parameter or constant.
  org.fanin.tensor.Tensor elements(Value v) {
    Integer p = parameterOf.get(v.id());
    Supplier<org.fanin.tensor.Tensor> other = p == null ? null : request.weights().get(p);
    if (other != null) {
      return fitting(other.get(), v, "weights");
    }
    return v.constant()
        .orElseThrow(
            () -> new Call.NotRunnable("the elements of " + v.name() + " are not at hand"));
  }

  private org.fanin.tensor.Tensor fitting(org.fanin.tensor.Tensor t, Value v, String what) {
    Shape want = shape(v);
    if (!t.shape().equals(want)) {
      throw new IllegalArgumentException(
          what + " for " + v.name() + " of shape " + t.shape() + ", wanted " + want);
    }
    return t;
  }

  private static Shape shape(Value v) {
    return v.shape()
        .orElseThrow(() -> new Call.NotRunnable("the shape of " + v.name() + " is not known"));
  }

  private Tensor input(Value v) {
    Optional<org.fanin.tensor.Tensor> given = request.input(v.name());
    if (given.isPresent()) {
      return Bridge.toTorch(fitting(given.get(), v, "input"), real);
    }
    long stream = graph.inputs().indexOf(v.id());
    Shape shape = shape(v);
    if (v.dtype().floating()) {
      return Bridge.generate(shape, real, i -> Addressed.normal(request.seed(), stream, i));
    }
    long bound = Vocabulary.of(graph, v.id()).orElse(MASK);
    long[] ids = new long[Math.toIntExact(shape.count())];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (long) (bound * Addressed.uniform(request.seed(), stream, i));
    }
    return Bridge.toTorch(org.fanin.tensor.Tensor.ofLongs(shape, ids), real);
  }

  /// The cotangent of an output.
  Tensor cotangent(int output) {
    Value v = graph.value(output);
    Optional<org.fanin.tensor.Tensor> given =
        request.cotangent(v.name(), graph.outputs().size() == 1);
    if (given.isPresent()) {
      return Bridge.toTorch(fitting(given.get(), v, "cotangent"), real);
    }
    long stream = COTANGENTS + graph.outputs().indexOf(output);
    return Bridge.generate(shape(v), real, i -> Addressed.normal(request.seed(), stream, i));
  }
}
