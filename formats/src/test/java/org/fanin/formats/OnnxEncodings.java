package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.floats;
import static org.fanin.formats.OnnxBuild.graph;
import static org.fanin.formats.OnnxBuild.model;
import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.of;
import static org.fanin.formats.OnnxBuild.tensor;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/// One model for every way in which ONNX stores a tensor.
final class OnnxEncodings {
  static final long[] DIMS = {8, 8};

  private OnnxEncodings() {}

  static TensorProto typed(int type, int width) {
    TensorProto.Builder b = tensor("w", type, DIMS);
    for (int i = 0; i < 64; i++) {
      switch (type) {
        case TensorProto.DataType.FLOAT_VALUE -> b.addFloatData(i);
        case TensorProto.DataType.DOUBLE_VALUE -> b.addDoubleData(i);
        default -> b.addInt32Data(width == 2 ? i * 17 : i);
      }
    }
    return b.build();
  }

  static ModelProto using(TensorProto w) {
    return model(graph(node("MatMul", List.of("x", "w"), List.of("y"))).addInitializer(w));
  }

  /// float_data one by one: 64 fields of five bytes, as protobuf 2 and hand-written writers make.
  static byte[] unpacked() {
    TensorProto t = tensor("w", TensorProto.DataType.FLOAT_VALUE, DIMS).build();
    UnknownFieldSet.Field.Builder f = UnknownFieldSet.Field.newBuilder();
    for (int i = 0; i < 64; i++) {
      f.addFixed32(Float.floatToRawIntBits(i));
    }
    UnknownFieldSet set = UnknownFieldSet.newBuilder().addField(4, f.build()).build();
    return ByteString.copyFrom(List.of(t.toByteString(), set.toByteString())).toByteArray();
  }

  static Stream<ModelProto> encodings() throws IOException {
    NodeProto matmul = node("MatMul", List.of("x", "w"), List.of("y"));
    AttributeProto.Builder list = floatsAttribute();
    TensorProto both =
        typed(TensorProto.DataType.FLOAT_VALUE, 4).toBuilder()
            .setRawData(ByteString.copyFrom(new byte[256]))
            .build();
    GraphProto.Builder body =
        GraphProto.newBuilder()
            .setName("then")
            .addInitializer(floats("w", DIMS, new float[64]))
            .addNode(matmul)
            .addOutput(OnnxBuild.value("y", "batch", 8));
    GraphProto.Builder other =
        GraphProto.newBuilder()
            .setName("else")
            .addNode(node("Identity", List.of("x"), List.of("y")))
            .addOutput(OnnxBuild.value("y", "batch", 8));
    return Stream.of(
        using(floats("w", DIMS, new float[64])),
        using(typed(TensorProto.DataType.FLOAT_VALUE, 4)),
        using(typed(TensorProto.DataType.DOUBLE_VALUE, 8)),
        using(typed(TensorProto.DataType.FLOAT16_VALUE, 2)),
        using(typed(TensorProto.DataType.BFLOAT16_VALUE, 2)),
        using(TensorProto.parseFrom(unpacked())),
        using(both),
        using(
            typed(TensorProto.DataType.FLOAT_VALUE, 4).toBuilder()
                .setRawData(ByteString.EMPTY)
                .build()),
        model(
            graph(node("MatMul", List.of("x", "w"), List.of("y")))
                .addInitializer(floats("w", DIMS, new float[64]))
                .addInput(OnnxBuild.value("w", "n", 8))),
        model(graph(node("Constant", List.of(), List.of("w"), of("value", typed(1, 4))), matmul)),
        model(graph(node("Constant", List.of(), List.of("w"), list.build()), matmul)),
        model(
            graph(
                node("Constant", List.of(), List.of("w"), of("value_float", 3f)),
                node("Mul", List.of("x", "w"), List.of("y")))),
        model(
            graph(
                node("Constant", List.of(), List.of("c"), of("value", bool())),
                node(
                    "If",
                    List.of("c"),
                    List.of("y"),
                    of("then_branch", body),
                    of("else_branch", other)))));
  }

  static TensorProto bool() {
    return tensor("", TensorProto.DataType.BOOL_VALUE).addInt32Data(1).build();
  }

  static AttributeProto.Builder floatsAttribute() {
    AttributeProto.Builder list =
        AttributeProto.newBuilder()
            .setName("value_floats")
            .setType(AttributeProto.AttributeType.FLOATS);
    for (int i = 0; i < 8; i++) {
      list.addFloats(i);
    }
    return list;
  }

  static ModelProto withUnknownFields(ModelProto m) {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(777, UnknownFieldSet.Field.newBuilder().addVarint(5).addFixed64(7).build())
            .addField(
                778,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8("kept"))
                    .build())
            .build();
    ModelProto.Builder b = m.toBuilder().setUnknownFields(unknown);
    b.getGraphBuilder().setUnknownFields(unknown);
    b.getGraphBuilder().getNodeBuilderList().forEach(n -> n.setUnknownFields(unknown));
    b.getGraphBuilder()
        .getInitializerBuilderList()
        .forEach(
            t -> t.setUnknownFields(t.getUnknownFields().toBuilder().mergeFrom(unknown).build()));
    return b.build();
  }
}
