package org.fanin.formats;

import static org.fanin.formats.HostileModels.Expect.READ;
import static org.fanin.formats.HostileModels.Expect.REFUSED;
import static org.fanin.formats.OnnxBuild.graph;
import static org.fanin.formats.OnnxBuild.longs;
import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.of;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.Collections;
import java.util.List;
import org.fanin.formats.HostileModels.Expect;
import org.fanin.formats.HostileModels.Mutant;

/// The mutants whose form is right and whose graph is not: mostly for the stages after reading.
final class HostileGraphs {
  private static final long TRILLION = 1_000_000_000_000L;

  private final List<Mutant> all;

  private HostileGraphs(List<Mutant> all) {
    this.all = all;
  }

  static void addTo(List<Mutant> all) {
    var g = new HostileGraphs(all);
    g.wiring();
    g.attributes();
    g.shapes();
    g.explosions();
    g.nesting();
    g.size();
    g.functions();
    g.values();
  }

  private void add(String name, Expect expect, GraphProto.Builder g) {
    all.add(new Mutant("graph-" + name, expect, OnnxBuild.model(g).toByteArray(), null));
  }

  private static List<String> l(String... names) {
    return List.of(names);
  }

  private void wiring() {
    add(
        "cycle",
        READ,
        graph(
            node("Add", l("x", "b"), l("a")),
            node("Relu", l("a"), l("b")),
            node("Relu", l("b"), l("y"))));
    add("self-loop", READ, graph(node("Add", l("x", "y"), l("y"))));
    add("missing-input", READ, graph(node("Add", l("x", "nobody"), l("y"))));
    add("missing-output", READ, graph(node("Relu", l("x"), l("z"))));
    add("no-inputs-at-all", READ, graph(node("Add", l(), l("y"))));
    add("no-outputs-at-all", READ, graph(node("Relu", l("x"), l()), node("Relu", l("x"), l("y"))));
    add("hundred-inputs", READ, graph(node("Relu", Collections.nCopies(100, "x"), l("y"))));
    add("empty-names", READ, graph(node("Add", l("", ""), l("")), node("Relu", l("x"), l("y"))));
    add("backwards", READ, graph(node("Relu", l("a"), l("y")), node("Relu", l("x"), l("a"))));
    add(
        "duplicate-outputs",
        REFUSED,
        graph(node("Relu", l("x"), l("y")), node("Tanh", l("x"), l("y"))));
    add("same-output-twice", REFUSED, graph(node("Split", l("x"), l("y", "y"))));
    add("makes-its-input", REFUSED, graph(node("Relu", l("x"), l("x"))));
    add("no-operator", REFUSED, graph(node("", l("x"), l("y"))));
    add("unknown-operator", READ, graph(node("Frobnicate", l("x"), l("y"))));
    add("input-twice", REFUSED, graph(node("Relu", l("x"), l("y"))).addInput(input("x", 8)));
    add("output-twice", READ, graph(node("Relu", l("x"), l("y"))).addOutput(input("y", 8)));
    add("no-graph-inputs", READ, graph(node("Relu", l("x"), l("y"))).clearInput());
    add("no-graph-outputs", READ, graph(node("Relu", l("x"), l("y"))).clearOutput());
    add("output-is-input", READ, graph(node("Relu", l("x"), l("z"))).setOutput(0, input("x", 8)));
    add(
        "other-domain",
        READ,
        graph(NodeProto.newBuilder(node("Relu", l("x"), l("y"))).setDomain("com.evil").build()));
    add("op-name-newline", READ, graph(node("Re\nlu\u001b[31m", l("x"), l("y\n"))));
  }

  private static ValueInfoProto input(String name, long... dims) {
    return OnnxBuild.value(name, "batch", dims);
  }

  private static GraphProto.Builder image(NodeProto... nodes) {
    return graph(nodes)
        .setInput(0, input("x", 3, 8, 8))
        .addInitializer(OnnxBuild.normal("w", 1, 1, 4, 3, 3, 3));
  }

  private void conv(String name, AttributeProto... attributes) {
    add("conv-" + name, READ, image(node("Conv", l("x", "w"), l("y"), attributes)));
  }

  private void attributes() {
    add("attr-float-for-int", READ, graph(node("Softmax", l("x"), l("y"), of("axis", 1.5f))));
    add("attr-text-for-int", READ, graph(node("Softmax", l("x"), l("y"), of("axis", "one"))));
    add("attr-ints-for-int", READ, graph(node("Softmax", l("x"), l("y"), of("axis", 1, 2))));
    add("attr-int-for-float", READ, graph(node("LeakyRelu", l("x"), l("y"), of("alpha", 3L))));
    AttributeProto nan = of("alpha", Float.NaN);
    add("attr-nan", READ, graph(node("LeakyRelu", l("x"), l("y"), nan)));
    var untyped = of("alpha", 0.1f).toBuilder().clearType().build();
    add("attr-untyped", READ, graph(node("LeakyRelu", l("x"), l("y"), untyped)));
    var nothing = AttributeProto.newBuilder().setName("alpha").build();
    add("attr-nothing", READ, graph(node("LeakyRelu", l("x"), l("y"), nothing)));
    var lying = nothing.toBuilder().setType(AttributeProto.AttributeType.GRAPH).setI(1).build();
    add("attr-graph-without-one", READ, graph(node("If", l("x"), l("y"), lying)));
    add("attr-twice", REFUSED, graph(node("Relu", l("x"), l("y"), of("a", 1L), of("a", 2L))));
    for (long axis : new long[] {-3, 2, Long.MIN_VALUE, Long.MAX_VALUE}) {
      add("softmax-axis" + axis, READ, graph(node("Softmax", l("x"), l("y"), of("axis", axis))));
      add("concat-axis" + axis, READ, graph(node("Concat", l("x", "x"), l("y"), of("axis", axis))));
      add("flatten-axis" + axis, READ, graph(node("Flatten", l("x"), l("y"), of("axis", axis))));
    }
    add("transpose-perm", READ, graph(node("Transpose", l("x"), l("y"), of("perm", 0, 0))));
    add("transpose-perm-out", READ, graph(node("Transpose", l("x"), l("y"), of("perm", 5, -1))));
    conv("kernel-0", of("kernel_shape", 0, -1));
    conv("kernel-huge", of("kernel_shape", Long.MAX_VALUE, Long.MAX_VALUE));
    conv("strides-0", of("strides", 0, 0));
    conv("strides-huge", of("strides", Long.MAX_VALUE, 1L << 40));
    conv("pads-negative", of("pads", -9, -9, -9, -9));
    conv("pads-huge", of("pads", Long.MAX_VALUE, 1, Long.MAX_VALUE, 1));
    conv("pads-few", of("pads", 1));
    conv("dilations-huge", of("dilations", 1L << 62, 1L << 62));
    conv("group-0", of("group", 0L));
    conv("group-7", of("group", 7L));
    conv("group-negative", of("group", -1L));
    conv("auto-pad-unknown", of("auto_pad", "SOMEHOW"));
    var pool = new AttributeProto[] {of("kernel_shape", 0, -1), of("strides", 0, 0)};
    add("pool-kernel-0", READ, image(node("MaxPool", l("x"), l("y"), pool)));
    var huge = of("kernel_shape", 1L << 40, 1L << 40);
    add("pool-kernel-huge", READ, image(node("AveragePool", l("x"), l("y"), huge)));
  }

  private void shapes() {
    reshape("impossible", 7, 13);
    reshape("two-unknown", -1, -1);
    reshape("negative", -5, 8);
    reshape("zero-beyond-rank", 0, 0, 0, 0);
    reshape("overflow", 1L << 32, 1L << 32);
    add("matmul-mismatch", READ, weighted("MatMul", 5, 7));
    add("gemm-mismatch", READ, weighted("Gemm", 5, 7));
    add("add-mismatch", READ, weighted("Add", 5, 7));
    add("matmul-empty", READ, weighted("MatMul", 8, 0));
    add("matmul-rank-0", READ, weighted("MatMul"));
    GraphProto.Builder conv = image(node("Conv", l("x", "w"), l("y")));
    add("conv-mismatch", READ, conv.setInput(0, input("x", 5, 8, 8)));
    add("conv-rank-2", READ, conv.clone().setInput(0, input("x", 8)));
    add("conv-smaller-than-kernel", READ, conv.clone().setInput(0, input("x", 3, 1, 1)));
    add("slice-mess", READ, slice(Long.MIN_VALUE, Long.MAX_VALUE, 0));
    add("slice-step-back", READ, slice(Long.MAX_VALUE, Long.MIN_VALUE, -1));
    add("squeeze-8", READ, shaped("Squeeze", 1));
    add("unsqueeze-99", READ, shaped("Unsqueeze", 99));
    add("unsqueeze-twice", READ, shaped("Unsqueeze", 1, 1));
    add("split-wrong", READ, shaped("Split", 3, -2, 90));
    add("gather-out", READ, shaped("Gather", 1L << 40, -99));
    add("pad-negative", READ, shaped("Pad", -50, -50, -50, -50));
  }

  private void reshape(String name, long... shape) {
    add("reshape-" + name, READ, shaped("Reshape", shape));
  }

  private static GraphProto.Builder shaped(String op, long... second) {
    return graph(node(op, l("x", "s"), l("y"))).addInitializer(longs("s", second));
  }

  private static GraphProto.Builder weighted(String op, long... dims) {
    return graph(node(op, l("x", "w"), l("y"))).addInitializer(OnnxBuild.normal("w", 1, 1, dims));
  }

  private static GraphProto.Builder slice(long start, long end, long step) {
    return graph(node("Slice", l("x", "from", "to", "axes", "step"), l("y")))
        .addInitializer(longs("from", start))
        .addInitializer(longs("to", end))
        .addInitializer(longs("axes", 1))
        .addInitializer(longs("step", step));
  }

  /// Small files that ask for memory nobody has.
  private void explosions() {
    NodeProto sum = node("Add", l("x", "c"), l("y"));
    add(
        "constant-of-shape-1e12",
        READ,
        graph(node("ConstantOfShape", l("s"), l("c")), sum).addInitializer(longs("s", TRILLION)));
    add(
        "constant-of-shape-overflow",
        READ,
        graph(node("ConstantOfShape", l("s"), l("c")), sum)
            .addInitializer(longs("s", 1L << 40, 1L << 40)));
    add(
        "constant-of-shape-negative",
        READ,
        graph(node("ConstantOfShape", l("s"), l("c")), sum).addInitializer(longs("s", -8)));
    range("1e12", 0, TRILLION, 1);
    range("step-0", 0, 10, 0);
    range("backwards", 10, 0, 1);
    range("overflow", Long.MIN_VALUE, Long.MAX_VALUE, 1);
    add("expand-1e15", READ, shaped("Expand", 1000 * TRILLION, 1, 8));
    add("expand-overflow", READ, shaped("Expand", 1L << 40, 1L << 40, 8));
    add("tile-huge", READ, shaped("Tile", TRILLION, TRILLION));
    add("tile-negative", READ, shaped("Tile", -1, -1));
    add("resize-huge", READ, shaped("Resize", TRILLION, TRILLION));
    add("one-hot-huge", READ, shaped("OneHot", TRILLION));
    add("pad-huge", READ, shaped("Pad", TRILLION, TRILLION, TRILLION, TRILLION));
    doubling("concat-doubling", "Concat", of("axis", 0L));
    doubling("add-doubling", "Add");
    tiles();
  }

  private void range(String name, long from, long to, long step) {
    add(
        "range-" + name,
        READ,
        graph(node("Range", l("a", "b", "c"), l("r")), node("Add", l("x", "r"), l("y")))
            .addInitializer(OnnxBuild.tensor("a", DataType.INT64_VALUE).addInt64Data(from))
            .addInitializer(OnnxBuild.tensor("b", DataType.INT64_VALUE).addInt64Data(to))
            .addInitializer(OnnxBuild.tensor("c", DataType.INT64_VALUE).addInt64Data(step)));
  }

  /// Seventy steps, each of the last value with itself: 2^70 paths, and 2^70 rows for Concat.
  private void doubling(String name, String op, AttributeProto... attributes) {
    GraphProto.Builder g = graph();
    for (int i = 0; i < 70; i++) {
      String from = i == 0 ? "x" : "t" + (i - 1);
      g.addNode(node(op, l(from, from), l(i == 69 ? "y" : "t" + i), attributes));
    }
    add(name, READ, g);
  }

  /// Constants that could be folded, each a thousand times the last.
  private void tiles() {
    GraphProto.Builder g = graph().addInitializer(longs("r", 1000)).addInitializer(longs("c", 1));
    for (int i = 0; i < 6; i++) {
      g.addNode(node("Tile", l(i == 0 ? "c" : "c" + (i - 1), "r"), l("c" + i)));
    }
    add("tile-constants", READ, g.addNode(node("Add", l("x", "c5"), l("y"))));
  }

  private void nesting() {
    for (int depth : new int[] {10, 60, 64, 65, 500}) {
      Expect expect = depth <= OnnxGraphs.MAX_DEPTH ? READ : REFUSED;
      add("loop-depth-" + depth, expect, graph(loops(depth)));
    }
    add("if-without-branches", READ, graph(node("If", l("x"), l("y"))));
    add("loop-without-body", READ, graph(node("Loop", l("", "", "x"), l("y"))));
    GraphProto.Builder branch = graph(node("Relu", l("x"), l("y"))).clearInput();
    add(
        "if-both-branches-define-y",
        READ,
        graph(node("If", l("x"), l("y"), of("then_branch", branch), of("else_branch", branch))));
    byte[] deep = nested(20_000);
    all.add(new Mutant("graph-nested-20000", REFUSED, deep, null));
  }

  private static NodeProto loops(int depth) {
    NodeProto inner = node("Relu", l("x"), l("y"));
    for (int i = 0; i < depth; i++) {
      inner = node("Loop", l("", "", "x"), l("y"), of("body", graph(inner)));
    }
    return inner;
  }

  /// Bodies within bodies, written by hand: objects of this depth would overflow protobuf's stack.
  private static byte[] nested(int depth) {
    ByteString graph = graph(node("Relu", l("x"), l("y"))).build().toByteString();
    ByteString relu = OnnxBuild.node("If", l("x"), l("y")).toByteString();
    ByteString name = of("then_branch", 1L).toBuilder().clearI().clearType().build().toByteString();
    for (int i = 0; i < depth; i++) {
      ByteString attribute = name.concat(field(6, graph)).concat(bytes(0xa0, 0x01, 0x05));
      graph = field(1, relu.concat(field(5, attribute)));
    }
    return bytes(0x08, 0x08).concat(field(7, graph)).toByteArray();
  }

  private static ByteString field(int number, ByteString content) {
    ByteString.Output out = ByteString.newOutput();
    out.write(number << 3 | 2);
    int n = content.size();
    while (n > 0x7f) {
      out.write(n & 0x7f | 0x80);
      n >>>= 7;
    }
    out.write(n);
    return out.toByteString().concat(content);
  }

  private static ByteString bytes(int... values) {
    byte[] b = new byte[values.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = (byte) values[i];
    }
    return ByteString.copyFrom(b);
  }

  private void size() {
    chain("identity", 100_000);
    chain("Relu", 20_000);
    colliding();
    GraphProto.Builder wide = graph();
    for (int i = 0; i < 20_000; i++) {
      wide.addNode(node("Relu", l("x"), l("r" + i)));
    }
    add("fan-out-20000", READ, wide.addNode(node("Relu", l("x"), l("y"))));
    String longName = "n".repeat(1_000_000);
    add(
        "long-name",
        READ,
        graph(node("Relu", l("x"), l(longName)), node("Relu", l(longName), l("y"))));
    add("long-name-twice", REFUSED, graph(node("Relu", l("x"), l(longName, longName))));
  }

  /// 16,384 names of one hash code: "Aa" and "BB" have the same one. Maps that probe in a line,
  /// such as Map.copyOf makes, take the square of that.
  private void colliding() {
    GraphProto.Builder g = graph();
    String from = "x";
    for (int i = 0; i < 1 << 14; i++) {
      StringBuilder to = new StringBuilder();
      for (int bit = 0; bit < 14; bit++) {
        to.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      g.addNode(node("Relu", l(from), l(to.toString())));
      g.addValueInfo(input(to.toString(), 8));
      from = to.toString();
    }
    add("colliding-names", READ, g.addNode(node("Relu", l(from), l("y"))));
  }

  private void chain(String name, int n) {
    String op = name.equals("identity") ? "Identity" : name;
    GraphProto.Builder g = graph();
    for (int i = 0; i < n; i++) {
      g.addNode(node(op, l(i == 0 ? "x" : "t" + (i - 1)), l(i == n - 1 ? "y" : "t" + i)));
    }
    add("chain-" + name + "-" + n, READ, g);
  }

  private void functions() {
    NodeProto call = NodeProto.newBuilder(node("F", l("x"), l("y"))).setDomain("local").build();
    FunctionProto.Builder recursive = function("F", call);
    function("recursive", READ, call, recursive);
    function("twice", REFUSED, call, recursive, recursive);
    NodeProto g = NodeProto.newBuilder(node("G", l("x"), l("y"))).setDomain("local").build();
    function("mutual", READ, call, function("F", g), function("G", call));
    function("empty", READ, call, function("F"));
    function("absent", READ, call);
    FunctionProto.Builder[] doubling = new FunctionProto.Builder[40];
    for (int i = 0; i < doubling.length; i++) {
      String next = i == doubling.length - 1 ? "Relu" : "F" + (i + 1);
      String domain = i == doubling.length - 1 ? "" : "local";
      doubling[i] =
          function(
              i == 0 ? "F" : "F" + i,
              node(next, l("x"), l("a")).toBuilder().setDomain(domain).build(),
              node(next, l("a"), l("y")).toBuilder().setDomain(domain).build());
    }
    function("doubling", READ, call, doubling);
  }

  private static FunctionProto.Builder function(String name, NodeProto... body) {
    return FunctionProto.newBuilder()
        .setName(name)
        .setDomain("local")
        .addInput("x")
        .addOutput("y")
        .addAllNode(List.of(body));
  }

  private void function(
      String name, Expect expect, NodeProto call, FunctionProto.Builder... functions) {
    var model = OnnxBuild.model(graph(call)).toBuilder();
    for (FunctionProto.Builder f : functions) {
      model.addFunctions(f);
    }
    all.add(new Mutant("function-" + name, expect, model.build().toByteArray(), null));
  }

  private void values() {
    NodeProto relu = node("Relu", l("x"), l("y"));
    add("input-untyped", READ, graph(relu).setInput(0, ValueInfoProto.newBuilder().setName("x")));
    add("input-negative-dim", READ, graph(relu).setInput(0, input("x", -7)));
    add("input-zero-dim", READ, graph(relu).setInput(0, input("x", 0)));
    add("input-huge", READ, graph(relu).setInput(0, input("x", 1L << 40, 1L << 40)));
    add("input-max-dim", READ, graph(relu).setInput(0, input("x", Long.MAX_VALUE)));
    add("input-rank-64", READ, graph(relu).setInput(0, input("x", new long[63])));
    add("input-rank-65", REFUSED, graph(relu).setInput(0, input("x", new long[65])));
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    add("input-scalar", READ, graph(relu).setInput(0, OnnxBuild.value("x", 1, shape)));
    add("input-string", READ, graph(relu).setInput(0, OnnxBuild.value("x", 8, shape)));
    add("input-type-99", READ, graph(relu).setInput(0, OnnxBuild.value("x", 99, shape)));
    add("info-lies", READ, graph(relu).addValueInfo(input("y", 1, 2, 3)));
    add("info-of-nothing", READ, graph(relu).addValueInfo(input("nobody", 1, 2, 3)));
  }
}
