package org.fanin.torch;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/// A model made deterministic and single precision, so that two runtimes can be compared on it:
/// active Dropout is switched off (its masks are each runtime's own), numbers in half precision
/// become floats of the same value (ONNX Runtime would round every step to 11 bits).
final class Inference {
  private static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;
  private static final int HALF = TensorProto.DataType.FLOAT16_VALUE;

  private Inference() {}

  /// @return the model itself when there is nothing to change, a file in `folder` otherwise
  static Path of(Path model, Path folder) throws IOException {
    ModelProto m = ModelProto.parseFrom(Files.readAllBytes(model));
    GraphProto.Builder g = m.getGraph().toBuilder();
    g.getNodeBuilderList().forEach(Inference::node);
    g.getInitializerBuilderList().forEach(Inference::widen);
    g.getInputBuilderList().forEach(Inference::widen);
    g.getOutputBuilderList().forEach(Inference::widen);
    g.getValueInfoBuilderList().forEach(Inference::widen);
    ModelProto changed = m.toBuilder().setGraph(g).build();
    if (changed.equals(m)) {
      return model;
    }
    Path out = folder.resolve(model.getFileName());
    Files.write(out, changed.toByteArray());
    return out;
  }

  private static void node(NodeProto.Builder n) {
    if (n.getOpType().equals("Dropout")) {
      String x = n.getInput(0);
      n.clearInput().addInput(x);
    }
    for (AttributeProto.Builder a : n.getAttributeBuilderList()) {
      if (a.hasT()) {
        widen(a.getTBuilder());
      }
      if (n.getOpType().equals("Cast") && a.getName().equals("to") && a.getI() == HALF) {
        a.setI(FLOAT);
      }
    }
  }

  private static void widen(ValueInfoProto.Builder v) {
    if (v.getType().getTensorType().getElemType() == HALF) {
      v.getTypeBuilder().getTensorTypeBuilder().setElemType(FLOAT);
    }
  }

  private static void widen(TensorProto.Builder t) {
    if (t.getDataType() != HALF) {
      return;
    }
    ByteBuffer half = t.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer wide = ByteBuffer.allocate(half.remaining() * 2).order(ByteOrder.LITTLE_ENDIAN);
    while (half.hasRemaining()) {
      wide.putFloat(Float.float16ToFloat(half.getShort()));
    }
    t.setDataType(FLOAT).setRawData(ByteString.copyFrom(wide.flip()));
  }
}
