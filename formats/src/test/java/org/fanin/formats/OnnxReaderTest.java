package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxReaderTest {
  @TempDir Path temp;

  private static RawModel read(ModelProto model) throws ModelFormatException, IOException {
    return OnnxReader.read(new ByteArrayInputStream(model.toByteArray()), "test");
  }

  private static RawModel read(GraphProto.Builder graph) throws ModelFormatException, IOException {
    return read(OnnxBuild.model(graph));
  }

  @Test
  void initializersListedAsInputsStayBoth() throws Exception {
    RawGraph g = OnnxReader.read(Examples.file("mlp5_relu_default.var_floatdata.onnx")).graph();
    assertEquals(10, g.initializers().size());
    assertEquals(11, g.inputs().size());
    assertTrue(g.nodes().stream().allMatch(n -> n.name().isEmpty()));
  }

  @Test
  void inlineDataIsNotCopied() throws Exception {
    var g = OnnxBuild.graph(OnnxBuild.node("Relu", List.of("x"), List.of("y")));
    int n = 1 << 20;
    g.addInitializer(OnnxBuild.floats("raw", new long[] {n}, new float[n]));
    var packed = OnnxBuild.tensor("packed", DataType.FLOAT_VALUE, n);
    IntStream.range(0, n).forEach(packed::addFloatData);
    g.addInitializer(packed);
    byte[] bytes = OnnxBuild.model(g).toByteArray();
    // the budget has room for the objects, but not for 4 MiB of data
    var budget = new Budget("test", 1 << 16);
    RawModel m =
        OnnxReader.decode(
            MemorySegment.ofArray(bytes), "test", ExternalData.in("test", null, null), budget);
    assertEquals(n - 1, m.graph().initializers().get("packed").at(n - 1));
  }

  private static Tensor single(TensorProto.Builder tensor) throws Exception {
    return single(tensor, OnnxBuild.graph(OnnxBuild.node("Relu", List.of("x"), List.of("y"))));
  }

  private static Tensor single(TensorProto.Builder tensor, GraphProto.Builder g) throws Exception {
    return read(g.addInitializer(tensor.setName("w"))).graph().initializers().get("w");
  }

  @ParameterizedTest
  @CsvSource({
    "UINT8, U8, 255",
    "INT8, I8, -128",
    "UINT16, U16, 65535",
    "INT16, I16, -32768",
    "INT32, I32, -2147483648",
    "BOOL, BOOL, 1"
  })
  void integersInInt32Data(String type, DType dtype, int value) throws Exception {
    Tensor t =
        single(
            OnnxBuild.tensor("", DataType.valueOf(type).getNumber(), 3)
                .addInt32Data(value)
                .addInt32Data(0)
                .addInt32Data(1));
    assertEquals(dtype, t.dtype());
    assertArrayEquals(new long[] {value, 0, 1}, t.toLongs());
  }

  @Test
  void bitPatternsOfFloatsInInt32Data() throws Exception {
    int code = DataType.FLOAT16_VALUE;
    // numpy.float16([1.5, -2, 65504]).view('u2') and, as some writers do, the same as int16
    Tensor unsigned = single(OnnxBuild.tensor("", code, 2).addInt32Data(15872).addInt32Data(49152));
    assertArrayEquals(new double[] {1.5, -2}, unsigned.toDoubles());
    Tensor signed = single(OnnxBuild.tensor("", code, 2).addInt32Data(15872).addInt32Data(-16384));
    assertArrayEquals(new double[] {1.5, -2}, signed.toDoubles());
    Tensor bf16 = single(OnnxBuild.tensor("", DataType.BFLOAT16_VALUE, 1).addInt32Data(0xbfc0));
    assertArrayEquals(new double[] {-1.5}, bf16.toDoubles());
    Tensor e4m3 = single(OnnxBuild.tensor("", DataType.FLOAT8E4M3FN_VALUE, 1).addInt32Data(0x7e));
    assertArrayEquals(new double[] {448}, e4m3.toDoubles());
    Tensor e5m2 = single(OnnxBuild.tensor("", DataType.FLOAT8E5M2_VALUE, 1).addInt32Data(0x7b));
    assertArrayEquals(new double[] {57344}, e5m2.toDoubles());
  }

  @Test
  void otherTypedData() throws Exception {
    int f64 = DataType.DOUBLE_VALUE;
    assertArrayEquals(
        new double[] {0.1, -3},
        single(OnnxBuild.tensor("", f64, 2).addDoubleData(0.1).addDoubleData(-3)).toDoubles());
    int i64 = DataType.INT64_VALUE;
    assertArrayEquals(
        new long[] {Long.MIN_VALUE, 7},
        single(OnnxBuild.tensor("", i64, 2).addInt64Data(Long.MIN_VALUE).addInt64Data(7))
            .toLongs());
    int u32 = DataType.UINT32_VALUE;
    Tensor t = single(OnnxBuild.tensor("", u32, 1).addUint64Data(0xffffffffL));
    assertArrayEquals(new long[] {0xffffffffL}, t.toLongs());
    int u64 = DataType.UINT64_VALUE;
    assertEquals(-1, single(OnnxBuild.tensor("", u64, 1).addUint64Data(-1)).longAt(0));
  }

  /// proto2 without `packed` writes one field per number; readers have to take both.
  @Test
  void unpackedFloatData() throws Exception {
    byte[] packed = {0x22, 8, 0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40};
    byte[] single = {0x25, 0, 0, (byte) 0x80, 0x3f, 0x25, 0, 0, 0, 0x40};
    byte[] mixed = {0x25, 0, 0, (byte) 0x80, 0x3f, 0x22, 4, 0, 0, 0, 0x40};
    for (byte[] encoding : List.of(packed, single, mixed)) {
      var bytes = OnnxBuild.tensor("w", DataType.FLOAT_VALUE, 2).build().toByteString();
      var wire =
          Wire.of(
              "test",
              Budget.ofThisJvm("test"),
              MemorySegment.ofArray(bytes.concat(ByteString.copyFrom(encoding)).toByteArray()));
      var context = new OnnxContext("test", Budget.ofThisJvm("test"), null);
      var c = new OnnxTensors(context).decode(wire, () -> "here");
      assertArrayEquals(
          new double[] {1, 2},
          assertInstanceOf(OnnxConstant.Numbers.class, c).tensor().toDoubles());
    }
  }

  @Test
  void halfBytesAreUnpacked() throws Exception {
    ByteString raw = ByteString.copyFrom(new byte[] {(byte) 0x8f, 0x07});
    Tensor i4 = single(OnnxBuild.tensor("", DataType.INT4_VALUE, 3).setRawData(raw));
    assertEquals(DType.I8, i4.dtype());
    assertArrayEquals(new long[] {-1, -8, 7}, i4.toLongs());
    Tensor u4 = single(OnnxBuild.tensor("", DataType.UINT4_VALUE, 3).setRawData(raw));
    assertArrayEquals(new long[] {15, 8, 7}, u4.toLongs());
    Tensor typed =
        single(OnnxBuild.tensor("", DataType.INT4_VALUE, 3).addInt32Data(0x8f).addInt32Data(7));
    assertArrayEquals(new long[] {-1, -8, 7}, typed.toLongs());
  }

  /// What is no number becomes a Constant that says why, before all other nodes, and is no input.
  @Test
  void stringInitializer() throws Exception {
    var g = OnnxBuild.graph(OnnxBuild.node("Foo", List.of("x", "s"), List.of("y")));
    g.addInput(OnnxBuild.value("s", "n"));
    g.addInitializer(
        OnnxBuild.tensor("s", DataType.STRING_VALUE, 1)
            .addStringData(ByteString.copyFromUtf8("a")));
    RawGraph read = read(g).graph();
    assertTrue(read.initializers().isEmpty());
    assertEquals(1, read.inputs().size());
    RawNode first = read.nodes().getFirst();
    assertEquals("Constant", first.op());
    assertEquals(List.of("s"), first.outputs());
    assertEquals(Map.of("value", new Attr.Ignored("a tensor of type STRING")), first.attributes());
  }

  @Test
  void sparseIsWrittenOut() throws Exception {
    for (HostileModels.Mutant m : HostileModels.all()) {
      if (m.name().equals("sparse-sound")) {
        RawModel read = OnnxReader.read(new ByteArrayInputStream(m.bytes()), "test");
        Tensor t = read.graph().initializers().get("layers.0.weight");
        assertEquals(Shape.of(3, 3), t.shape());
        assertArrayEquals(new double[] {0, 1, 0, 0, 0, 0, 0, 0, 2}, t.toDoubles());
        return;
      }
    }
    throw new AssertionError("no such mutant");
  }

  @Test
  void bodiesAndFunctions() throws Exception {
    NodeProto inner = OnnxBuild.node("Relu", List.of("x"), List.of("y"));
    NodeProto loop =
        OnnxBuild.node(
            "Loop",
            List.of("", "", "x"),
            List.of("y"),
            OnnxBuild.of("body", OnnxBuild.graph(inner)));
    var reference =
        AttributeProto.newBuilder()
            .setName("alpha")
            .setType(AttributeProto.AttributeType.FLOAT)
            .setRefAttrName("slope");
    var function =
        FunctionProto.newBuilder()
            .setName("F")
            .setDomain("local")
            .addInput("a")
            .addOutput("b")
            .addNode(OnnxBuild.node("LeakyRelu", List.of("a"), List.of("b"), reference.build()))
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("ai.onnx").setVersion(16));
    RawModel m =
        read(OnnxBuild.model(OnnxBuild.graph(loop)).toBuilder().addFunctions(function).build());
    RawNode node = m.graph().nodes().getFirst();
    assertEquals(List.of("", "", "x"), node.inputs());
    RawGraph body = assertInstanceOf(Attr.Body.class, node.attributes().get("body")).graph();
    assertEquals("Relu", body.nodes().getFirst().op());
    var f = m.functions().get("local:F");
    assertEquals(List.of("a"), f.inputs());
    assertEquals(Map.of("", 16L), f.opsets());
    assertEquals(
        new Attr.Ignored("the function's parameter slope"),
        f.nodes().getFirst().attributes().get("alpha"));
  }

  @Test
  void dimensionsOfValues() throws Exception {
    var g = OnnxBuild.graph(OnnxBuild.node("Relu", List.of("x"), List.of("y")));
    g.setInput(0, OnnxBuild.value("x", "batch", 3, -1, 0));
    g.addOutput(ValueInfoProto.newBuilder().setName("z"));
    RawGraph read = read(g).graph();
    RawValue x = read.inputs().getFirst();
    assertEquals(DType.F32, x.dtype());
    assertEquals(List.of(-1L, 3L, -1L, 0L), x.dims());
    assertEquals(List.of("batch", "", "", ""), x.symbols());
    RawValue z = read.outputs().getLast();
    assertEquals(DType.OTHER, z.dtype());
    assertNull(z.dims());
  }

  @Test
  void oneNameForTheStandardDomain() throws Exception {
    var node = OnnxBuild.node("Relu", List.of("x"), List.of("y")).toBuilder().setDomain("ai.onnx");
    var opset = OperatorSetIdProto.newBuilder().setDomain("ai.onnx").setVersion(15);
    RawModel m =
        read(
            OnnxBuild.model(OnnxBuild.graph(node.build())).toBuilder()
                .clearOpsetImport()
                .addOpsetImport(opset)
                .build());
    assertEquals(Map.of("", 15L), m.opsets());
    assertEquals("", m.graph().nodes().getFirst().domain());
  }

  @Test
  void assumedOperatorSetShowsInTheProvenance() throws Exception {
    RawModel m = read(OnnxBuild.reluMlp(1, 2).toBuilder().clearOpsetImport().build());
    assertEquals(Map.of("", 13L), m.opsets());
    assertEquals("fanin-test 1 (no operator set stated, 13 assumed)", m.producer());
  }

  @Test
  void streamsHaveNoExternalData() throws Exception {
    Path file = Examples.file("mlp5_relu_default.var_external.onnx");
    try (InputStream in = Files.newInputStream(file)) {
      var e = assertThrows(ModelFormatException.class, () -> OnnxReader.read(in, "standard input"));
      assertTrue(e.getMessage().contains("standard input has no folder"), e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing.onnx", "no/such/folder.onnx"})
  void missingFileIsAnIoProblem(String name) {
    Path missing = temp.resolve(name);
    assertThrows(IOException.class, () -> OnnxReader.read(missing));
  }

  @Test
  void nodesAndLayersInAnyNumber() throws Exception {
    RawModel m = read(OnnxBuild.reluMlp(10_000, 4));
    assertEquals(19_999, m.graph().nodes().size());
    assertEquals(20_000, m.graph().initializers().size());
  }

  /// 10⁸ bytes of the smallest parts there are: as objects they would take many times that.
  @Test
  void manyTinyPartsAreRefusedBeforeTheyFillTheHeap() {
    byte[] graph = new byte[20_000_000];
    for (int i = 0; i < graph.length; i += 2) {
      graph[i] = 12 << 3 | 2; // an output with nothing in it
    }
    var bytes =
        ByteString.copyFrom(new byte[] {8, 8, 7 << 3 | 2, (byte) 0x80, (byte) 0xda, (byte) 0xc4, 9})
            .concat(ByteString.copyFrom(graph))
            .toByteArray();
    var e =
        assertThrows(
            ModelFormatException.class,
            () ->
                OnnxReader.decode(
                    MemorySegment.ofArray(bytes),
                    "test",
                    ExternalData.in("test", null, null),
                    new Budget("test", 64 << 20)));
    assertTrue(e.getMessage().contains("64 MiB"), e.getMessage());
    assertFalse(e.getMessage().contains("\n"));
  }
}
