package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.floats;
import static org.fanin.formats.OnnxBuild.graph;
import static org.fanin.formats.OnnxBuild.longs;
import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.normal;
import static org.fanin.formats.OnnxBuild.of;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Small sound networks of the kinds that people export, which [HostileMutations] damages: layers
/// with norms, attention, recurrent layers whose weights are sliced, quantised arithmetic, bodies,
/// sparse weights, and what exporters fold.
final class HostileNetworks {
  private HostileNetworks() {}

  /// By name.
  static Map<String, GraphProto> all() {
    Map<String, GraphProto> all = new LinkedHashMap<>();
    all.put("convolutional", convolutional().build());
    all.put("attention", attention().build());
    all.put("recurrent", recurrent().build());
    all.put("quantised", quantised().build());
    all.put("branches", branches().build());
    all.put("loops", loops().build());
    all.put("sparse", sparse().build());
    all.put("folded", folded().build());
    all.put("shaped", shaped().build());
    all.put("steps", steps().build());
    all.put("axes", axes().build());
    return all;
  }

  private static List<String> l(String... names) {
    return List.of(names);
  }

  private static float[] filled(int n, float value) {
    float[] v = new float[n];
    Arrays.fill(v, value);
    return v;
  }

  private static TensorProto ones(String name, int n) {
    return floats(name, new long[] {n}, filled(n, 1));
  }

  private static TensorProto zeros(String name, int n) {
    return floats(name, new long[] {n}, new float[n]);
  }

  private static GraphProto.Builder convolutional() {
    return graph(
            node("Conv", l("x", "c1"), l("a"), of("pads", 1, 1, 1, 1)),
            node(
                "BatchNormalization",
                l("a", "g", "b", "m", "v"),
                l("n", "mean", "var"),
                of("training_mode", 1L)),
            node("Relu", l("n"), l("r")),
            node("MaxPool", l("r"), l("p"), of("kernel_shape", 2, 2), of("strides", 2, 2)),
            node("Conv", l("p", "c2", "cb"), l("q"), of("pads", 1, 1, 1, 1)),
            node("Add", l("p", "q"), l("s")),
            node("GlobalAveragePool", l("s"), l("o")),
            node("Flatten", l("o"), l("f")),
            node("Gemm", l("f", "w", "wb"), l("y"), of("transB", 1L)))
        .setInput(0, OnnxBuild.value("x", "batch", 3, 8, 8))
        .addInitializer(normal("c1", .3, 1, 4, 3, 3, 3))
        .addInitializer(ones("g", 4))
        .addInitializer(zeros("b", 4))
        .addInitializer(zeros("m", 4))
        .addInitializer(ones("v", 4))
        .addInitializer(normal("c2", .2, 1, 4, 4, 3, 3))
        .addInitializer(zeros("cb", 4))
        .addInitializer(normal("w", .4, 1, 8, 4))
        .addInitializer(zeros("wb", 8));
  }

  private static GraphProto.Builder attention() {
    return graph(
            node("Gather", l("e", "x"), l("t")),
            node("LayerNormalization", l("t", "g", "b"), l("n"), of("axis", -1L)),
            node("MatMul", l("n", "qkv"), l("h")),
            node("Split", l("h", "sizes"), l("q", "k", "v"), of("axis", 2L)),
            node("Transpose", l("k"), l("kt"), of("perm", 0, 2, 1)),
            node("MatMul", l("q", "kt"), l("logits")),
            node("Mul", l("logits", "scale"), l("scaled")),
            node("Add", l("scaled", "mask"), l("masked")),
            node("Softmax", l("masked"), l("p"), of("axis", -1L)),
            node("MatMul", l("p", "v"), l("mixed")),
            node("MatMul", l("mixed", "o"), l("out")),
            node("Add", l("t", "out"), l("y")))
        .setInput(0, tokens())
        .addInitializer(normal("e", 1, 2, 16, 8))
        .addInitializer(ones("g", 8))
        .addInitializer(zeros("b", 8))
        .addInitializer(normal("qkv", .3, 2, 8, 24))
        .addInitializer(longs("sizes", 8, 8, 8))
        .addInitializer(floats("scale", new long[0], .35f))
        .addInitializer(floats("mask", new long[] {3, 3}, 0, -1e9f, -1e9f, 0, 0, -1e9f, 0, 0, 0))
        .addInitializer(normal("o", .3, 2, 8, 8));
  }

  private static ai.onnx.proto.OnnxMl.ValueInfoProto tokens() {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("batch"));
    shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(3));
    return OnnxBuild.value("x", DataType.INT64_VALUE, shape);
  }

  /// Gates cut, joined and lifted on their way, as PyTorch exports them without folding.
  private static GraphProto.Builder recurrent() {
    GraphProto.Builder g =
        graph(
            node("Transpose", l("x"), l("t"), of("perm", 1, 0, 2)),
            node("Slice", l("w", "i0", "i8", "axis"), l("wi")),
            node("Slice", l("w", "i8", "i16", "axis"), l("wo")),
            node("Concat", l("wo", "wi"), l("wc"), of("axis", 0L)),
            node("Unsqueeze", l("wc", "axis"), l("wu")),
            node("Unsqueeze", l("r", "axis"), l("ru")),
            node("GRU", l("t", "wu", "ru"), l("h", "last"), of("hidden_size", 4L)),
            node("Squeeze", l("last", "axis"), l("s")),
            node("MatMul", l("s", "head"), l("y")));
    return g.setInput(0, OnnxBuild.value("x", "batch", 5, 6))
        .addInitializer(normal("w", .3, 3, 12, 6))
        .addInitializer(normal("r", .3, 3, 12, 4))
        .addInitializer(longs("i0", 0))
        .addInitializer(longs("i8", 8))
        .addInitializer(longs("i16", 12))
        .addInitializer(longs("axis", 0))
        .addInitializer(normal("head", .5, 3, 4, 8));
  }

  static TensorProto bytes(String name, int type, long[] dims, int... values) {
    byte[] b = new byte[values.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = (byte) values[i];
    }
    return OnnxBuild.tensor(name, type, dims).setRawData(ByteString.copyFrom(b)).build();
  }

  private static int[] levels(int n) {
    int[] v = new int[n];
    for (int i = 0; i < n; i++) {
      v[i] = (i * 37 % 251) - 125;
    }
    return v;
  }

  private static GraphProto.Builder quantised() {
    return graph(
            node("QuantizeLinear", l("x", "s", "z"), l("a")),
            node("QLinearMatMul", l("a", "s", "z", "w", "ws", "wz", "s", "z"), l("m")),
            node("DequantizeLinear", l("m", "s", "z"), l("d")),
            node("DequantizeLinear", l("v", "vs", "vz"), l("vd"), of("axis", 1L)),
            node("MatMul", l("d", "vd"), l("y")))
        .addInitializer(floats("s", new long[0], .02f))
        .addInitializer(bytes("z", DataType.UINT8_VALUE, new long[0], 128))
        .addInitializer(bytes("w", DataType.INT8_VALUE, new long[] {8, 8}, levels(64)))
        .addInitializer(floats("ws", new long[0], .01f))
        .addInitializer(bytes("wz", DataType.INT8_VALUE, new long[0], 0))
        .addInitializer(bytes("v", DataType.INT8_VALUE, new long[] {8, 8}, levels(64)))
        .addInitializer(floats("vs", new long[] {8}, filled(8, .005f)))
        .addInitializer(bytes("vz", DataType.INT8_VALUE, new long[] {8}, new int[8]));
  }

  private static GraphProto.Builder body(NodeProto... nodes) {
    return graph(nodes).clearInput().clearOutput().setName("body");
  }

  private static ai.onnx.proto.OnnxMl.ValueInfoProto item(String name) {
    return OnnxBuild.value(name, "batch", 8);
  }

  private static GraphProto.Builder branches() {
    GraphProto.Builder left = body(node("MatMul", l("h", "w"), l("p"))).addOutput(item("p"));
    GraphProto.Builder right =
        body(node("MatMul", l("h", "inner"), l("q")), node("Tanh", l("q"), l("u")))
            .addInitializer(normal("inner", .4, 4, 8, 8))
            .addOutput(item("u"));
    return graph(
            node("Relu", l("x"), l("h")),
            node("ReduceSum", l("x"), l("total"), of("keepdims", 0L)),
            node("Greater", l("total", "zero"), l("c")),
            node("If", l("c"), l("i"), of("then_branch", left), of("else_branch", right)),
            node("MatMul", l("i", "v"), l("y")))
        .addInitializer(normal("w", .4, 4, 8, 8))
        .addInitializer(normal("v", .4, 4, 8, 8))
        .addInitializer(floats("zero", new long[0], 0));
  }

  private static GraphProto.Builder loops() {
    GraphProto.Builder step =
        body(
                node("MatMul", l("h", "w"), l("m")),
                node("Tanh", l("m"), l("next")),
                node("Identity", l("go"), l("on")))
            .addInput(OnnxBuild.value("i", DataType.INT64_VALUE, TensorShapeProto.newBuilder()))
            .addInput(OnnxBuild.value("go", DataType.BOOL_VALUE, TensorShapeProto.newBuilder()))
            .addInput(item("h"))
            .addOutput(OnnxBuild.value("on", DataType.BOOL_VALUE, TensorShapeProto.newBuilder()))
            .addOutput(item("next"));
    GraphProto.Builder scan =
        body(node("Add", l("state", "row"), l("sum")), node("Identity", l("sum"), l("each")))
            .addInput(item("state"))
            .addInput(item("row"))
            .addOutput(item("sum"))
            .addOutput(item("each"));
    return graph(
            node("Loop", l("n", "yes", "x"), l("h2"), of("body", step)),
            node("Unsqueeze", l("h2", "axis"), l("rows")),
            node(
                "Scan",
                l("h2", "rows"),
                l("end", "all"),
                of("body", scan),
                of("num_scan_inputs", 1L)),
            node("MatMul", l("end", "v"), l("y")))
        .addInitializer(OnnxBuild.tensor("n", DataType.INT64_VALUE).addInt64Data(3))
        .addInitializer(OnnxBuild.tensor("yes", DataType.BOOL_VALUE).addInt32Data(1))
        .addInitializer(longs("axis", 0))
        .addInitializer(normal("w", .4, 5, 8, 8))
        .addInitializer(normal("v", .4, 5, 8, 8));
  }

  static GraphProto.Builder sparse() {
    SparseTensorProto.Builder s =
        SparseTensorProto.newBuilder()
            .setValues(floats("w", new long[] {4}, 1, -2, .5f, 1))
            .setIndices(longs("", 1, 9, 30, 63))
            .addDims(8)
            .addDims(8);
    return graph(
            node("MatMul", l("x", "w"), l("h")),
            node("Relu", l("h"), l("r")),
            node("MatMul", l("r", "v"), l("y")))
        .addSparseInitializer(s)
        .addInitializer(normal("v", .5, 6, 8, 8));
  }

  /// Names lost, norms folded into convolutions, equal tensors shared by Identity.
  private static GraphProto.Builder folded() {
    return graph(
            node("Identity", l("onnx::Conv_11"), l("onnx::Conv_14")),
            node("Conv", l("x", "onnx::Conv_10", "onnx::Conv_11"), l("a")),
            node("Relu", l("a"), l("r")),
            node("Conv", l("r", "onnx::Conv_13", "onnx::Conv_14"), l("b")),
            node("Relu", l("b"), l("s")),
            node("ReduceMean", l("s"), l("f"), of("axes", 2, 3), of("keepdims", 0L)),
            node("MatMul", l("f", "onnx::MatMul_20"), l("y")))
        .setInput(0, OnnxBuild.value("x", "batch", 3, 8, 8))
        .addInitializer(normal("onnx::Conv_10", .3, 7, 4, 3, 3, 3))
        .addInitializer(normal("onnx::Conv_11", .1, 7, 4))
        .addInitializer(normal("onnx::Conv_13", .2, 7, 4, 4, 3, 3))
        .addInitializer(normal("onnx::MatMul_20", .4, 7, 4, 8));
  }

  /// Shapes computed from shapes, lookups by data, and many axes.
  private static GraphProto.Builder shaped() {
    long[] many = new long[14];
    Arrays.fill(many, 1);
    many[0] = -1;
    many[13] = 8;
    return graph(
            node("Shape", l("x"), l("shape")),
            node("Gather", l("shape", "axis"), l("batch")),
            node("Concat", l("batch", "four"), l("to"), of("axis", 0L)),
            node("Reshape", l("x", "to"), l("r")),
            node("Einsum", l("r", "w"), l("e"), of("equation", "bij,jk->bik")),
            node("TopK", l("e", "two"), l("top", "at"), of("axis", 2L)),
            node("ReduceMax", l("top"), l("max"), of("axes", 2L), of("keepdims", 1L)),
            node("Expand", l("max", "wide"), l("big")),
            node("Flatten", l("big"), l("flat")),
            node("Reshape", l("flat", "rank14"), l("deep")),
            node("Flatten", l("deep"), l("y")))
        .addInitializer(longs("axis", 0))
        .addInitializer(longs("four", 2, 4))
        .addInitializer(longs("two", 2))
        .addInitializer(longs("wide", 1, 2, 4))
        .addInitializer(longs("rank14", many))
        .addInitializer(normal("w", .5, 8, 4, 6));
  }

  /// 2^28 steps of a sequence that the file claims.
  private static GraphProto.Builder steps() {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long d : new long[] {1L << 28, 2, 6}) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(d));
    }
    return graph(
            node("LSTM", l("x", "w", "r"), l("h", "last"), of("hidden_size", 4L)),
            node("Squeeze", l("last", "axis"), l("s")),
            node("MatMul", l("s", "head"), l("y")))
        .setInput(0, OnnxBuild.value("x", DataType.FLOAT_VALUE, shape))
        .addInitializer(normal("w", .3, 9, 1, 16, 6))
        .addInitializer(normal("r", .3, 9, 1, 16, 4))
        .addInitializer(longs("axis", 0))
        .addInitializer(normal("head", .5, 9, 4, 8));
  }

  /// More axes than are followed, by an Einsum and by the input.
  private static GraphProto.Builder axes() {
    long[] twos = new long[11];
    Arrays.fill(twos, 2);
    return graph(
            node(
                "Einsum",
                l("small", "w"),
                l("e"),
                of("equation", "abcdefgh,ijklmnop->abcdefghijklmnop")),
            node("ReduceSum", l("e"), l("sum"), of("keepdims", 0L)),
            node("Relu", l("x"), l("r")),
            node("Mul", l("r", "sum"), l("m")),
            node("Flatten", l("m"), l("y")))
        .setInput(0, OnnxBuild.value("x", "batch", twos))
        .addInput(OnnxBuild.value("small", "batch", 2, 2, 2, 2, 2, 2, 2))
        .addInitializer(normal("w", .5, 10, 2, 2, 2, 2, 2, 2, 2, 2));
  }
}
