package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The example files, read by us and by the official classes, and in other encodings.
class OnnxExamplesTest {
  static List<Path> examples() throws IOException {
    return Examples.all(".onnx");
  }

  /// The official classes as an oracle for everything but the data.
  @ParameterizedTest
  @MethodSource("examples")
  void agreesWithGeneratedClasses(Path file) throws Exception {
    RawModel ours = OnnxReader.read(file);
    ModelProto theirs;
    try (InputStream in = Files.newInputStream(file)) {
      theirs = ModelProto.parseFrom(in);
    }
    assertEquals(file.toString(), ours.source());
    assertEquals(
        (theirs.getProducerName() + " " + theirs.getProducerVersion()).strip(), ours.producer());
    Map<String, Long> opsets = new LinkedHashMap<>();
    for (OperatorSetIdProto o : theirs.getOpsetImportList()) {
      opsets.put(o.getDomain(), o.getVersion());
    }
    assertEquals(opsets, ours.opsets());
    GraphProto g = theirs.getGraph();
    assertEquals(
        g.getInitializerList().stream().map(TensorProto::getName).toList(),
        List.copyOf(ours.graph().initializers().keySet()));
    assertEquals(
        names(g.getInputList()), ours.graph().inputs().stream().map(RawValue::name).toList());
    assertEquals(
        names(g.getOutputList()), ours.graph().outputs().stream().map(RawValue::name).toList());
    assertEquals(g.getValueInfoCount(), ours.graph().valueInfo().size());
    assertEquals(g.getNodeCount(), ours.graph().nodes().size());
    for (int i = 0; i < g.getNodeCount(); i++) {
      sameNode(g.getNode(i), ours.graph().nodes().get(i));
    }
  }

  private static List<String> names(List<ValueInfoProto> values) {
    return values.stream().map(ValueInfoProto::getName).toList();
  }

  private static void sameNode(NodeProto theirs, RawNode ours) {
    assertEquals(theirs.getName(), ours.name());
    assertEquals(theirs.getOpType(), ours.op());
    assertEquals(theirs.getInputList(), ours.inputs());
    assertEquals(theirs.getOutputList(), ours.outputs());
    assertEquals(theirs.getAttributeCount(), ours.attributes().size());
    for (AttributeProto a : theirs.getAttributeList()) {
      Attr value = ours.attributes().get(a.getName());
      switch (a.getType()) {
        case INT -> assertEquals(new Attr.Int(a.getI()), value);
        case FLOAT -> assertEquals(new Attr.Real(a.getF()), value);
        case STRING -> assertEquals(new Attr.Text(a.getS().toStringUtf8()), value);
        case INTS -> assertEquals(new Attr.Ints(a.getIntsList()), value);
        case TENSOR -> sameTensor(a.getT(), assertInstanceOf(Attr.Value.class, value).value());
        default -> throw new IllegalStateException("no example has " + a.getType());
      }
    }
  }

  private static void sameTensor(TensorProto theirs, Tensor ours) {
    assertEquals(theirs.getDimsList(), ours.shape().toList());
    var raw = theirs.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < ours.count(); i++) {
      switch (ours.dtype()) {
        case F32 -> assertEquals((double) raw.getFloat(4 * i), ours.at(i));
        case I64 -> assertEquals(raw.getLong(8 * i), ours.longAt(i));
        case F16 -> assertEquals(Float.float16ToFloat(raw.getShort(2 * i)), (float) ours.at(i));
        case BOOL -> assertEquals(raw.get(i), (byte) ours.longAt(i));
        default -> throw new IllegalStateException("no example has " + ours.dtype());
      }
    }
  }

  /// Weights in order of use, wherever the encoding keeps them: in initialisers or in Constant
  /// nodes.
  private static List<Tensor> weights(RawGraph g) {
    List<Tensor> found = new ArrayList<>();
    g.initializers().values().stream().filter(t -> t.dtype().floating()).forEach(found::add);
    for (RawNode n : g.nodes()) {
      if (n.attributes().get("value") instanceof Attr.Value(Tensor t) && t.dtype().floating()) {
        found.add(t);
      }
    }
    return found;
  }

  /// Files named NETWORK.var_ENCODING.onnx.
  static List<Path> variants() throws IOException {
    return examples().stream().filter(f -> f.toString().contains(".var_")).toList();
  }

  @Test
  void variantsAreThere() throws IOException {
    assertTrue(variants().size() >= 6, () -> "too few variants in " + Examples.folder());
  }

  /// The tolerance is the rounding of the encoding: half an ulp of 11 or 8 bits of significand.
  @ParameterizedTest
  @MethodSource("variants")
  void encodingsHoldTheSameWeights(Path file) throws Exception {
    String[] parts = file.getFileName().toString().split("\\.var_|\\.onnx");
    List<Tensor> plain = weights(OnnxReader.read(Examples.file(parts[0] + ".onnx")).graph());
    List<Tensor> other = weights(OnnxReader.read(file).graph());
    assertEquals(10, plain.size());
    assertEquals(
        plain.stream().map(Tensor::shape).toList(), other.stream().map(Tensor::shape).toList());
    for (int k = 0; k < plain.size(); k++) {
      for (long i = 0; i < plain.get(k).count(); i++) {
        double want = plain.get(k).at(i);
        double slack =
            switch (parts[1]) {
              // the smallest normal half is 2^-14: below it the error is absolute
              case "fp16" -> 0x1p-11 * Math.max(Math.abs(want), 0x1p-14);
              case "bf16cast" -> 0x1p-8 * Math.abs(want);
              default -> 0;
            };
        assertEquals(want, other.get(k).at(i), slack, "tensor " + k + ", element " + i);
      }
    }
  }
}
