package org.fanin.formats;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Builds ONNX files for tests and benchmarks with the official generated classes, which the reader
/// does not use: so the two check each other.
public final class OnnxBuild {
  /// Operator set of the models built here.
  public static final long OPSET = 17;

  private OnnxBuild() {}

  /// Writes a ReLU network: `OnnxBuild DEPTH WIDTH FILE [GAIN]`.
  public static void main(String[] args) throws IOException {
    if (args.length < 3) {
      throw new IllegalArgumentException("usage: OnnxBuild DEPTH WIDTH FILE [GAIN]");
    }
    double gain = args.length > 3 ? Double.parseDouble(args[3]) : Math.sqrt(2);
    ModelProto model = reluMlp(Integer.parseInt(args[0]), Integer.parseInt(args[1]), gain, 1);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(Path.of(args[2])))) {
      model.writeTo(out);
    }
  }

  /// A plain ReLU network of `depth` layers from He's initialisation, seed 1.
  public static ModelProto reluMlp(int depth, int width) {
    return reluMlp(depth, width, Math.sqrt(2), 1);
  }

  /// A plain ReLU network as PyTorch exports it: Gemm with transB, Relu between, no Relu at the
  /// end.
  ///
  /// @param gain weights are N(0, gain²/width); biases are zero
  /// @param seed of the weights, see [#normal]
  public static ModelProto reluMlp(int depth, int width, double gain, long seed) {
    GraphProto.Builder g = GraphProto.newBuilder().setName("relu_mlp_" + depth + "x" + width);
    g.addInput(value("x", "batch", width));
    String from = "x";
    for (int i = 0; i < depth; i++) {
      String to = i == depth - 1 ? "y" : "h" + i;
      String weight = "layers." + i + ".weight";
      String bias = "layers." + i + ".bias";
      g.addInitializer(normal(weight, gain / Math.sqrt(width), seed, width, width));
      g.addInitializer(floats(bias, new long[] {width}, new float[width]));
      g.addNode(node("Gemm", List.of(from, weight, bias), List.of(to), of("transB", 1)));
      from = to;
      if (i < depth - 1) {
        g.addNode(node("Relu", List.of(to), List.of("a" + i)));
        from = "a" + i;
      }
    }
    return model(g.addOutput(value("y", "batch", width)));
  }

  /// A model of one graph at [#OPSET].
  public static ModelProto model(GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .setProducerName("fanin-test")
        .setProducerVersion("1")
        .setGraph(graph)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
        .build();
  }

  /// A graph with input `x` and output `y`, both [batch, 8], around some nodes.
  public static GraphProto.Builder graph(NodeProto... nodes) {
    return GraphProto.newBuilder()
        .setName("g")
        .addInput(value("x", "batch", 8))
        .addOutput(value("y", "batch", 8))
        .addAllNode(Arrays.asList(nodes));
  }

  /// A node without a name.
  public static NodeProto node(
      String op, List<String> inputs, List<String> outputs, AttributeProto... attributes) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .addAllInput(inputs)
        .addAllOutput(outputs)
        .addAllAttribute(Arrays.asList(attributes))
        .build();
  }

  /// An integer attribute.
  public static AttributeProto of(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }

  /// A float attribute.
  public static AttributeProto of(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  /// An attribute of integers.
  public static AttributeProto of(String name, long... values) {
    AttributeProto.Builder b =
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
    for (long v : values) {
      b.addInts(v);
    }
    return b.build();
  }

  /// A text attribute.
  public static AttributeProto of(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  /// A tensor attribute.
  public static AttributeProto of(String name, TensorProto value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.TENSOR)
        .setT(value)
        .build();
  }

  /// A graph attribute.
  public static AttributeProto of(String name, GraphProto.Builder value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.GRAPH)
        .setG(value)
        .build();
  }

  /// A float value of shape [symbol, dims…].
  public static ValueInfoProto value(String name, String symbol, long... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam(symbol));
    for (long d : dims) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(d));
    }
    return value(name, TensorProto.DataType.FLOAT_VALUE, shape);
  }

  /// A value of any type and shape.
  public static ValueInfoProto value(String name, int type, TensorShapeProto.Builder shape) {
    var tensor = TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape);
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /// A tensor header: data still to be set.
  public static TensorProto.Builder tensor(String name, int type, long... dims) {
    TensorProto.Builder b = TensorProto.newBuilder().setName(name).setDataType(type);
    for (long d : dims) {
      b.addDims(d);
    }
    return b;
  }

  /// Float32 in raw_data.
  public static TensorProto floats(String name, long[] dims, float... values) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    return tensor(name, TensorProto.DataType.FLOAT_VALUE, dims)
        .setRawData(UnsafeByteOperations.unsafeWrap(raw))
        .build();
  }

  /// A vector of int64 in int64_data.
  public static TensorProto longs(String name, long... values) {
    TensorProto.Builder b = tensor(name, TensorProto.DataType.INT64_VALUE, values.length);
    for (long v : values) {
      b.addInt64Data(v);
    }
    return b.build();
  }

  /// Float32 normals. Element `i` depends on seed, name and `i` alone, not on what was made before.
  public static TensorProto normal(String name, double sd, long seed, long... dims) {
    long n = 1;
    for (long d : dims) {
      n *= d;
    }
    float[] v = new float[Math.toIntExact(n)];
    long key = mix(seed ^ mix(name.hashCode()));
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) (sd * normal(key, i));
    }
    return floats(name, dims, v);
  }

  /// Box–Muller on two hashed uniforms; StrictMath, so that the files are the same everywhere.
  private static double normal(long key, long i) {
    double u = ((mix(key + 2 * i) >>> 11) + 1) * 0x1p-53;
    double v = (mix(key + 2 * i + 1) >>> 11) * 0x1p-53;
    return StrictMath.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * Math.PI * v);
  }

  /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014) over a Weyl sequence.
  private static long mix(long z) {
    z = z * 0x9e3779b97f4a7c15L + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
