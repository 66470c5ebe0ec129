package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.graph.Value;
import org.fanin.math.Fns;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.predict.Forecast.TensorForecast;
import org.fanin.predict.Likeness;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Builds small graphs with a forecast by hand: the numbers are the test's, not a predictor's.
public final class Nets {
  public static final long BATCH = 16;
  private static final Op.Contract DENSE =
      new Op.Contract(List.of(0, 1), List.of(1, 2), List.of(0, 2), 1, 1);

  private final List<Value> values = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<Parameter> parameters = new ArrayList<>();
  private final List<TensorForecast> tensors = new ArrayList<>();
  private final List<ParameterForecast> weights = new ArrayList<>();
  private final List<Forecast.Observation> observations = new ArrayList<>();
  private final List<Forecast.Coverage.ForeignNode> foreign = new ArrayList<>();
  private final int width;
  private final int input;
  private String mode = "train";
  private double inputCos;

  public Nets(int width) {
    this.width = width;
    input = value("in", Value.Kind.INPUT, -1);
    forecast(input, 0, 0, 0);
  }

  public Nets inputCos(double cos) {
    inputCos = cos;
    return this;
  }

  public Nets mode(String m) {
    mode = m;
    return this;
  }

  public int input() {
    return input;
  }

  private int value(String name, Value.Kind kind, int producer) {
    int id = values.size();
    Optional<Shape> shape =
        Optional.of(kind == Value.Kind.PARAMETER ? Shape.of(width, width) : Shape.of(BATCH, width));
    values.add(new Value(id, name, kind, DType.F32, shape, Optional.empty(), id, producer));
    return id;
  }

  /// States what is forecast at a value.
  public void forecast(int value, double lnM2, double lnG, double cos) {
    tensors.add(
        new TensorForecast(
            value, new Forward.Known(0, lnM2, lnM2, 0, cos), new Backward.Known(lnG, lnG, 0)));
  }

  /// A node with one output whose moments follow with [#forecast].
  public int node(String name, String op, Op what, int... inputs) {
    int index = nodes.size();
    int out = value(name + "_out", Value.Kind.ACTIVATION, index);
    nodes.add(
        new Node(
            index, name, op, what, java.util.Arrays.stream(inputs).boxed().toList(), List.of(out)));
    return out;
  }

  /// A dense layer `name` with its weight.
  public int dense(String name, int from, double lnM2, double lnG, double cos) {
    return dense(name, from, lnM2, lnG, cos, new Weight(1.0 / width, 0, "lecun-normal", false, 0));
  }

  /// @param m2 second moment of the weight
  /// @param lnG ln of its gradient's
  public record Weight(double m2, double lnG, String scheme, boolean allEqual, long nonFinite) {}

  public int dense(String name, int from, double lnM2, double lnG, double cos, Weight w) {
    int weight = parameter(name + ".weight", Role.WEIGHT, nodes.size(), w);
    int out = node(name, "MatMul", DENSE, from, weight);
    forecast(out, lnM2, lnG, cos);
    return out;
  }

  public int parameter(String name, Role role, int use, Weight w) {
    int id = value(name, Value.Kind.PARAMETER, -1);
    Optional<Fan> fan =
        role == Role.WEIGHT ? Optional.of(new Fan(width, width, 1, "dense")) : Optional.empty();
    Tensor zeros = Tensor.ofDoubles(Shape.of(width, width), new double[width * width]);
    parameters.add(new Parameter(id, name, role, zeros, fan, List.of(use), false));
    weights.add(
        new ParameterForecast(
            parameters.size() - 1,
            w.m2(),
            0,
            new Backward.Known(w.lnG(), w.lnG(), 0),
            w.scheme(),
            w.allEqual()
                ? Optional.of(new Likeness(Likeness.Kind.ALL_EQUAL, "", 0, 0))
                : Optional.empty(),
            w.nonFinite()));
    return id;
  }

  public int relu(String name, int from, double lnM2, double lnG, double cos) {
    int out = node(name, "Relu", new Op.Pointwise(Fns.relu()), from);
    forecast(out, lnM2, lnG, cos);
    return out;
  }

  public int norm(String name, int from, double lnG, double cos) {
    int out = node(name, "BatchNormalization", new Op.BatchNorm(1e-5, true), from);
    forecast(out, 0, lnG, cos);
    return out;
  }

  public int add(String name, int a, int b, double lnM2, double lnG, double cos) {
    int out = node(name, "Add", new Op.Arithmetic(Op.Arithmetic.Kind.ADD), a, b);
    forecast(out, lnM2, lnG, cos);
    return out;
  }

  public Nets observe(Forecast.Observation.Kind kind, int value, double x) {
    observations.add(new Forecast.Observation(kind, values.get(value).producer(), x));
    return this;
  }

  public Nets foreign(String node, String op, String because) {
    foreign.add(new Forecast.Coverage.ForeignNode(node, op, because));
    return this;
  }

  public Forecast done(int output) {
    tensors.removeIf(t -> t.value() == input);
    tensors.addFirst(
        new TensorForecast(
            input, new Forward.Known(0, 0, 0, 0, inputCos), new Backward.None("graph input")));
    Graph g =
        new Graph(
            "hand.onnx",
            values,
            nodes,
            List.of(input),
            List.of(output),
            parameters,
            List.of(),
            Map.of());
    return new Forecast(
        g,
        new Forecast.Assumptions(mode, BATCH, Map.of("in", "N(0,1)"), "file"),
        tensors,
        weights,
        observations,
        new Forecast.Coverage(nodes.size(), nodes.size() - foreign.size(), foreign));
  }

  /// `depth` dense + ReLU layers whose moments change by constant factors (in ln) per layer.
  public static Forecast mlp(int depth, double lnForward, double lnBackward, double cos) {
    Nets n = new Nets(8);
    int x = n.input();
    for (int i = 0; i < depth; i++) {
      double lnM2 = lnForward * i;
      double lnG = lnBackward * (depth - 1 - i);
      x = n.dense("fc" + i, x, lnM2, lnG, cos);
      if (i < depth - 1) {
        x = n.relu("relu" + i, x, lnM2 - Math.log(2), lnG, cos);
      }
    }
    return n.done(x);
  }
}
