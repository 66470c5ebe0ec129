package org.fanin.formats;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.fanin.formats.HostileModels.Expect;
import org.fanin.formats.HostileModels.Mutant;

/// Sound networks with one or two edits, as a broken exporter or a careless tool makes them: an
/// input rewired, a node dropped, doubled or moved, a cycle, another attribute, other extents,
/// another operator. Their form is right; whether their meaning is, is for later stages to find.
public final class HostileMutations {
  /// Edits of each kind and network.
  private static final int EACH = 4;

  private static final List<String> OPERATORS =
      List.of(
          "Relu",
          "Softmax",
          "MatMul",
          "Conv",
          "Concat",
          "Reshape",
          "Transpose",
          "ReduceMean",
          "LayerNormalization",
          "LSTM",
          "Gather",
          "Slice",
          "Split",
          "Where",
          "Einsum",
          "Resize",
          "If",
          "Loop",
          "DequantizeLinear",
          "Max",
          "TopK",
          "ScatterND",
          "Pad",
          "Constant");

  private static final long[] NUMBERS = {
    0, 1, -1, 2, 7, -8, 1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE
  };

  private HostileMutations() {}

  /// One change of a graph, by chance.
  @FunctionalInterface
  private interface Edit {
    void apply(GraphProto.Builder g, Random random);
  }

  private static final Map<String, Edit> EDITS =
      Map.of(
          "rewire", HostileMutations::rewire,
          "drop", HostileMutations::drop,
          "double", HostileMutations::twice,
          "cycle", HostileMutations::cycle,
          "attribute", HostileMutations::attribute,
          "extents", HostileMutations::extents,
          "input", HostileMutations::input,
          "operator", HostileMutations::operator,
          "inputs", HostileMutations::inputs);

  /// All of them, the same on every run.
  public static List<Mutant> all() {
    List<Mutant> all = new ArrayList<>();
    HostileNetworks.all()
        .forEach(
            (name, graph) -> {
              add(all, name + "-sound", graph.toBuilder());
              EDITS.keySet().stream()
                  .sorted()
                  .forEach(edit -> edited(all, name, graph, edit, EDITS.get(edit)));
            });
    return List.copyOf(all);
  }

  private static void edited(
      List<Mutant> all, String name, GraphProto graph, String kind, Edit edit) {
    for (int i = 0; i < EACH; i++) {
      String full = String.format(Locale.ROOT, "%s-%s-%d", name, kind, i);
      Random random = new Random(full.hashCode());
      GraphProto.Builder g = graph.toBuilder();
      for (int k = 0; k <= i / 3; k++) {
        edit.apply(g, random);
      }
      add(all, full, g);
    }
  }

  private static void add(List<Mutant> all, String name, GraphProto.Builder g) {
    all.add(new Mutant("network-" + name, Expect.EITHER, OnnxBuild.model(g).toByteArray(), null));
  }

  private static int node(GraphProto.Builder g, Random random) {
    return random.nextInt(g.getNodeCount());
  }

  /// Any value of the graph: an input, an initialiser or an output of a node.
  private static String value(GraphProto.Builder g, Random random) {
    List<String> names = new ArrayList<>();
    g.getInputList().forEach(v -> names.add(v.getName()));
    g.getInitializerList().forEach(t -> names.add(t.getName()));
    g.getNodeList().forEach(n -> names.addAll(n.getOutputList()));
    return names.get(random.nextInt(names.size()));
  }

  private static void rewire(GraphProto.Builder g, Random random) {
    NodeProto.Builder n = g.getNodeBuilder(node(g, random));
    if (n.getInputCount() > 0) {
      n.setInput(random.nextInt(n.getInputCount()), value(g, random));
    }
  }

  private static void drop(GraphProto.Builder g, Random random) {
    if (g.getNodeCount() > 1) {
      g.removeNode(node(g, random));
    }
  }

  private static void twice(GraphProto.Builder g, Random random) {
    int i = node(g, random);
    NodeProto.Builder copy = g.getNode(i).toBuilder();
    if (random.nextBoolean()) {
      for (int k = 0; k < copy.getOutputCount(); k++) {
        copy.setOutput(k, copy.getOutput(k) + "_" + g.getNodeCount());
      }
    }
    g.addNode(random.nextInt(g.getNodeCount()), copy);
  }

  private static void cycle(GraphProto.Builder g, Random random) {
    int i = node(g, random);
    NodeProto later = g.getNode(i + random.nextInt(g.getNodeCount() - i));
    NodeProto.Builder n = g.getNodeBuilder(i);
    if (n.getInputCount() > 0 && later.getOutputCount() > 0) {
      n.setInput(random.nextInt(n.getInputCount()), later.getOutput(0));
    }
  }

  private static long number(Random random) {
    return NUMBERS[random.nextInt(NUMBERS.length)];
  }

  private static void attribute(GraphProto.Builder g, Random random) {
    List<NodeProto.Builder> with = new ArrayList<>();
    for (NodeProto.Builder n : g.getNodeBuilderList()) {
      if (n.getAttributeCount() > 0) {
        with.add(n);
      }
    }
    if (with.isEmpty()) {
      g.getNodeBuilder(node(g, random)).addAttribute(OnnxBuild.of("axis", number(random)));
      return;
    }
    NodeProto.Builder n = with.get(random.nextInt(with.size()));
    AttributeProto.Builder a = n.getAttributeBuilder(random.nextInt(n.getAttributeCount()));
    if (a.getIntsCount() > 0) {
      a.setInts(random.nextInt(a.getIntsCount()), number(random));
    } else if (a.hasG()) {
      edit(a.getGBuilder(), random);
    } else {
      a.setI(number(random));
    }
  }

  /// The body of a node, rewired.
  private static void edit(GraphProto.Builder body, Random random) {
    if (random.nextBoolean()) {
      rewire(body, random);
    } else {
      drop(body, random);
    }
  }

  /// Another shape of a stored tensor, with as much data as it wants.
  private static void extents(GraphProto.Builder g, Random random) {
    if (g.getInitializerCount() == 0) {
      return;
    }
    TensorProto.Builder t = g.getInitializerBuilder(random.nextInt(g.getInitializerCount()));
    if (t.getDataType() != TensorProto.DataType.FLOAT_VALUE || t.getDimsCount() == 0) {
      t.clearDims().addDims(Math.max(1, t.getInt64DataCount()));
      return;
    }
    int axis = random.nextInt(t.getDimsCount());
    t.setDims(axis, random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(9));
    if (random.nextInt(3) == 0) {
      t.addDims(1);
    }
    long[] dims = t.getDimsList().stream().mapToLong(Long::longValue).toArray();
    t.setRawData(OnnxBuild.normal(t.getName(), .3, 1, dims).getRawData());
  }

  private static void input(GraphProto.Builder g, Random random) {
    ValueInfoProto.Builder v = g.getInputBuilder(0);
    var shape = v.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
    int axis = random.nextInt(shape.getDimCount());
    switch (random.nextInt(4)) {
      case 0 -> shape.setDim(axis, Dimension.newBuilder().setDimParam("open"));
      case 1 -> shape.removeDim(axis);
      case 2 -> shape.addDim(Dimension.newBuilder().setDimValue(2));
      case 3 -> shape.setDim(axis, Dimension.newBuilder().setDimValue(number(random)));
      default -> throw new IllegalStateException("of four");
    }
  }

  private static void operator(GraphProto.Builder g, Random random) {
    g.getNodeBuilder(node(g, random)).setOpType(OPERATORS.get(random.nextInt(OPERATORS.size())));
  }

  private static void inputs(GraphProto.Builder g, Random random) {
    NodeProto.Builder n = g.getNodeBuilder(node(g, random));
    if (random.nextBoolean() && n.getInputCount() > 0) {
      List<String> fewer = new ArrayList<>(n.getInputList());
      fewer.remove(random.nextInt(fewer.size()));
      n.clearInput().addAllInput(fewer);
    } else {
      n.addInput(random.nextBoolean() ? value(g, random) : "");
    }
  }
}
