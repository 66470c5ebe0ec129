package org.fanin.torch;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.fanin.formats.OnnxReader;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.model.ModelFormatException;

/// Files of a few nodes, for us and for somebody else's runtime.
final class OnnxNodes {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("g");
  private final int opset;

  private OnnxNodes(int opset) {
    this.opset = opset;
  }

  static OnnxNodes of(int opset) {
    return new OnnxNodes(opset);
  }

  /// A float input.
  OnnxNodes input(String name, long... dims) {
    graph.addInput(value(name, dims));
    return this;
  }

  private static ValueInfoProto.Builder value(String name, long... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long d : dims) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(d));
    }
    TypeProto.Tensor.Builder t =
        TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE);
    if (dims.length > 0) {
      t.setShape(shape);
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(t));
  }

  OnnxNodes floats(String name, long[] dims, double... v) {
    TensorProto.Builder t = tensor(name, TensorProto.DataType.FLOAT, dims);
    DoubleStream.of(v).forEach(x -> t.addFloatData((float) x));
    graph.addInitializer(t);
    return this;
  }

  OnnxNodes longs(String name, long[] dims, long... v) {
    TensorProto.Builder t = tensor(name, TensorProto.DataType.INT64, dims);
    LongStream.of(v).forEach(t::addInt64Data);
    graph.addInitializer(t);
    return this;
  }

  /// Elements of a type of at most 32 bits.
  OnnxNodes ints(String name, TensorProto.DataType type, long[] dims, long... v) {
    TensorProto.Builder t = tensor(name, type, dims);
    LongStream.of(v).forEach(x -> t.addInt32Data((int) x));
    graph.addInitializer(t);
    return this;
  }

  private static TensorProto.Builder tensor(String name, TensorProto.DataType type, long... dims) {
    TensorProto.Builder t = TensorProto.newBuilder().setName(name).setDataType(type.getNumber());
    LongStream.of(dims).forEach(t::addDims);
    return t;
  }

  static long[] d(long... dims) {
    return dims;
  }

  /// @param spec "out1 out2 = Op in1 in2"; "_" for one left out
  /// @param attributes name, value, name, value …; Integer, Float, String or long[]
  OnnxNodes node(String spec, Object... attributes) {
    String[] sides = spec.split(" = ", -1);
    String[] right = sides[1].split(" ", -1);
    NodeProto.Builder n = NodeProto.newBuilder().setName(sides[0]).setOpType(right[0]);
    for (String out : sides[0].split(" ", -1)) {
      n.addOutput(out.equals("_") ? "" : out);
    }
    for (String in : Arrays.copyOfRange(right, 1, right.length)) {
      n.addInput(in.equals("_") ? "" : in);
    }
    for (int i = 0; i < attributes.length; i += 2) {
      n.addAttribute(attribute((String) attributes[i], attributes[i + 1]));
    }
    graph.addNode(n);
    return this;
  }

  private static AttributeProto.Builder attribute(String name, Object v) {
    AttributeProto.Builder a = AttributeProto.newBuilder().setName(name);
    switch (v) {
      case Integer i -> a.setI(i).setType(AttributeProto.AttributeType.INT);
      case Float f -> a.setF(f).setType(AttributeProto.AttributeType.FLOAT);
      case String s ->
          a.setS(com.google.protobuf.ByteString.copyFromUtf8(s))
              .setType(AttributeProto.AttributeType.STRING);
      case long[] l -> {
        LongStream.of(l).forEach(a::addInts);
        a.setType(AttributeProto.AttributeType.INTS);
      }
      default -> throw new IllegalArgumentException(v.getClass().toString());
    }
    return a;
  }

  /// The outputs, all of them floats.
  OnnxNodes output(String... names) {
    for (String name : names) {
      graph.addOutput(value(name));
    }
    return this;
  }

  byte[] bytes() {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  Graph graph() throws ModelFormatException, IOException {
    return GraphBuilder.build(
        OnnxReader.read(new ByteArrayInputStream(bytes()), "test.onnx"), Bindings.defaults());
  }
}
