package org.fanin.solve;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Writes small networks whose weights are drawn badly: N(0,1).
final class Build {
  static final int BATCH = 16;
  private final List<RawNode> nodes = new ArrayList<>();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final List<RawValue> inputs = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(1);

  /// A float input [BATCH, dims…].
  private long batch = BATCH;

  String input(String name, long... dims) {
    return input(name, DType.F32, dims);
  }

  String input(String name, DType type, long... dims) {
    List<Long> all = new ArrayList<>(List.of(batch));
    for (long d : dims) {
      all.add(d);
    }
    inputs.add(new RawValue(name, type, all, all.stream().map(_ -> "").toList()));
    return name;
  }

  String weight(String name, long... dims) {
    Shape s = Shape.of(dims);
    double[] v = new double[Math.toIntExact(s.count())];
    for (int i = 0; i < v.length; i++) {
      v[i] = random.nextGaussian();
    }
    weights.put(name, Tensor.ofDoubles(s, v));
    return name;
  }

  String constant(String name, double value, long... dims) {
    Shape s = Shape.of(dims);
    double[] v = new double[Math.toIntExact(s.count())];
    java.util.Arrays.fill(v, value);
    weights.put(name, Tensor.ofDoubles(s, v));
    return name;
  }

  String ints(String name, long... values) {
    weights.put(name, Tensor.ofLongs(Shape.of(values.length), values));
    return name;
  }

  /// One node with one output, which is named as the node.
  String node(String name, String op, Map<String, Attr> attributes, String... in) {
    nodes.add(new RawNode(name, op, "", List.of(in), List.of(name), attributes));
    return name;
  }

  String node(String name, String op, String... in) {
    return node(name, op, Map.of(), in);
  }

  /// Equal parts along an axis, by one node.
  String[] split(String name, String in, int parts, int axis) {
    List<String> out = IntStream.range(0, parts).mapToObj(i -> name + i).toList();
    Map<String, Attr> attributes =
        Map.of("axis", new Attr.Int(axis), "num_outputs", new Attr.Int(parts));
    nodes.add(new RawNode(name, "Split", "", List.of(in), out, attributes));
    return out.toArray(String[]::new);
  }

  String dense(String name, String in, int from, int to) {
    return node(name, "MatMul", in, weight(name + ".weight", from, to));
  }

  /// A dense layer whose weights have this standard deviation.
  String scaled(String name, String in, int from, int to, double std) {
    double[] v = new double[from * to];
    for (int i = 0; i < v.length; i++) {
      v[i] = std * random.nextGaussian();
    }
    weights.put(name + ".weight", Tensor.ofDoubles(Shape.of(from, to), v));
    return node(name, "MatMul", in, name + ".weight");
  }

  /// Batch normalisation in training mode.
  String batchNorm(String name, String in, int width) {
    return node(
        name,
        "BatchNormalization",
        Map.of("training_mode", new Attr.Int(1)),
        in,
        constant(name + ".scale", 1, width),
        constant(name + ".shift", 0, width),
        constant(name + ".mean", 0, width),
        constant(name + ".var", 1, width));
  }

  /// `widths.length − 1` dense layers with an activation between any two.
  static Build mlp(String activation, int... widths) {
    return mlp(BATCH, activation, widths);
  }

  static Build mlp(long batch, String activation, int... widths) {
    Build b = new Build();
    b.batch = batch;
    String x = b.input("x", widths[0]);
    for (int i = 1; i < widths.length; i++) {
      x = b.dense("fc" + i, x, widths[i - 1], widths[i]);
      if (i + 1 < widths.length && !activation.isEmpty()) {
        x = b.node("act" + i, activation, x);
      }
    }
    return b;
  }

  static int[] widths(int layers, int width) {
    return IntStream.range(0, layers + 1).map(_ -> width).toArray();
  }

  Graph graph(String output) {
    try {
      RawGraph g =
          new RawGraph(
              "g",
              nodes,
              weights,
              inputs,
              List.of(new RawValue(output, DType.F32, null, null)),
              Map.of());
      RawModel raw = new RawModel("test.onnx", Map.of("", 18L), "test", g, new HashMap<>());
      return GraphBuilder.build(raw, Bindings.defaults());
    } catch (ModelFormatException e) {
      throw new AssertionError(e);
    }
  }
}
