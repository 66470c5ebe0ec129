package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.graph.Value;
import org.fanin.math.Fns;
import org.fanin.probe.Adjuster;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

class AdjustingTest {
  private static final int X = 0;
  private static final int W = 1;
  private static final int H = 2;
  private static final int R = 3;
  private static final int Y = 4;

  private static Value value(int id, Value.Kind kind, Shape s, int producer, Tensor t) {
    return new Value(
        id, "v" + id, kind, DType.F64, Optional.of(s), Optional.ofNullable(t), id, producer);
  }

  /// y = relu(x·W)·W.
  private static Graph graph(double... w) {
    Shape square = Shape.of(2, 2);
    Tensor t = Tensor.ofDoubles(square, w);
    Op dot = new Op.Contract(List.of(0, 1), List.of(1, 2), List.of(0, 2), 1, 1);
    return new Graph(
        "test",
        List.of(
            value(X, Value.Kind.INPUT, square, -1, null),
            value(W, Value.Kind.PARAMETER, square, -1, t),
            value(H, Value.Kind.ACTIVATION, square, 0, null),
            value(R, Value.Kind.ACTIVATION, square, 1, null),
            value(Y, Value.Kind.ACTIVATION, square, 2, null)),
        List.of(
            new Node(0, "one", "MatMul", dot, List.of(X, W), List.of(H)),
            new Node(1, "relu", "Relu", new Op.Pointwise(Fns.relu()), List.of(H), List.of(R)),
            new Node(2, "two", "MatMul", dot, List.of(R, W), List.of(Y))),
        List.of(X),
        List.of(Y),
        List.of(new Parameter(W, "W", Role.WEIGHT, t, Optional.empty(), List.of(0, 2), false)),
        List.of(),
        Map.of());
  }

  private static Map<Integer, double[]> run(Graph g, Map<Integer, Map<Integer, Double>> factors) {
    Map<Integer, double[]> seen = new HashMap<>();
    Adjuster a =
        new Adjuster() {
          @Override
          public boolean wants(int value) {
            return value != R;
          }

          @Override
          public Map<Integer, Double> adjust(int value, Tensor elements) {
            assertEquals(null, seen.put(value, elements.toDoubles()), "once each");
            return factors.getOrDefault(value, Map.of());
          }
        };
    Tensor x = Tensor.ofDoubles(Shape.of(2, 2), 1, -2, .5, 3);
    ProbeRequest r = ProbeRequest.defaults(2).withThreads(1).withArrays(Map.of("v0", x));
    assertEquals(Map.of(), new TorchEngine().forward(g, r, a, ProbeListener.none()));
    assertTrue(!seen.containsKey(R), "only what is wanted");
    return seen;
  }

  /// Twice the weight and its output from the first layer on is a network with twice the weight.
  @Test
  void whatIsMultipliedIsWhatLaterNodesSee() {
    Map<Integer, double[]> plain = run(graph(.3, -.7, 1.1, .4), Map.of());
    Map<Integer, double[]> other = run(graph(.6, -1.4, 2.2, .8), Map.of());
    Map<Integer, double[]> scaled =
        run(graph(.3, -.7, 1.1, .4), Map.of(H, Map.of(H, 2.0, W, 2.0, Y, 5.0)));
    assertArrayEquals(plain.get(H), scaled.get(H), "it was seen before it was multiplied");
    assertArrayEquals(other.get(Y), scaled.get(Y), 1e-15);
    // What is not there yet is not multiplied.
    assertEquals(4, scaled.get(Y)[2] / plain.get(Y)[2], 1e-12);
  }

  @Test
  void aParameterCanBeMultipliedAsItIsLoaded() {
    Map<Integer, double[]> other = run(graph(.6, -1.4, 2.2, .8), Map.of());
    Map<Integer, double[]> scaled = run(graph(.3, -.7, 1.1, .4), Map.of(W, Map.of(W, 2.0)));
    assertArrayEquals(other.get(H), scaled.get(H), 1e-15);
    assertArrayEquals(other.get(Y), scaled.get(Y), 1e-15);
  }
}
