package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.floats;
import static org.fanin.formats.OnnxBuild.graph;
import static org.fanin.formats.OnnxBuild.model;
import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.of;
import static org.fanin.formats.OnnxBuild.tensor;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxRewriterTest {
  @TempDir Path temp;

  private final TestTensors tensors = new TestTensors();
  private static final WriteOptions SMALL = WriteOptions.defaults().blockBytes(4096).threads(2);

  static List<Path> examples() throws IOException {
    return Examples.all(".onnx");
  }

  /// Stored float tensors, by the name under which they are rewritten; bodies included.
  static Map<String, Tensor> stored(RawGraph g) {
    Map<String, Tensor> all = new LinkedHashMap<>(g.initializers());
    for (RawNode n : g.nodes()) {
      for (Attr a : n.attributes().values()) {
        if (a instanceof Attr.Body(RawGraph body)) {
          all.putAll(stored(body));
        } else if (n.op().equals("Constant") && a instanceof Attr.Value(Tensor t)) {
          all.put(n.outputs().getFirst(), t);
        }
      }
    }
    all.values().removeIf(t -> !t.dtype().floating());
    return all;
  }

  private static Map<String, Tensor> stored(Path file) throws Exception {
    return stored(OnnxReader.read(file).graph());
  }

  private static Map<String, TensorOut> map(
      Map<String, Tensor> like, UnaryOperator<TensorOut> how) {
    Map<String, TensorOut> values = new LinkedHashMap<>();
    like.forEach((name, t) -> values.put(name, how.apply(TestTensors.again(name, t))));
    return values;
  }

  private Map<String, TensorOut> fresh(Map<String, Tensor> like) {
    return map(like, t -> tensors.of(t.name(), t.dtype(), t.shape().toArray()));
  }

  private static void same(Map<String, Tensor> want, Map<String, Tensor> found) {
    assertEquals(want.keySet(), found.keySet());
    want.forEach((name, t) -> same(name, t, found.get(name)));
  }

  private static void same(String name, Tensor want, Tensor found) {
    assertEquals(want.shape(), found.shape(), name);
    assertEquals(want.dtype(), found.dtype(), name);
    for (long i = 0; i < want.count(); i++) {
      if (want.at(i) != found.at(i)) {
        assertEquals(want.at(i), found.at(i), name + " element " + i);
      }
    }
  }

  /// That every element is the one its name and index give.
  private static void isFresh(Map<String, Tensor> found) {
    found.forEach(
        (name, t) -> {
          for (long i = 0; i < t.count(); i++) {
            long bits = TestTensors.element(name, t.dtype(), i);
            double want =
                switch (t.dtype()) {
                  case F32 -> Float.intBitsToFloat((int) bits);
                  case F16 -> Float.float16ToFloat((short) bits);
                  case BF16 -> Float.intBitsToFloat((int) bits << 16);
                  case F64 -> Double.longBitsToDouble(bits);
                  default -> throw new IllegalStateException(t.dtype().toString());
                };
            if (want != t.at(i)) {
              assertEquals(want, t.at(i), name + " element " + i);
            }
          }
        });
  }

  @ParameterizedTest
  @MethodSource("examples")
  void originalValuesGiveTheOriginalFile(Path in) throws Exception {
    Path out = temp.resolve("out.onnx");
    Map<String, Tensor> before = stored(in);
    OnnxRewriter.rewrite(in, out, map(before, t -> t), false, SMALL);
    same(before, stored(out));
    if (!in.toString().contains("external")) {
      // every encoding among the examples is one in which floats keep their place
      assertArrayEquals(Files.readAllBytes(in), Files.readAllBytes(out));
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void newValuesArriveAndNothingElseChanges(Path in) throws Exception {
    Path out = temp.resolve("out.onnx");
    WriteOptions stamped = SMALL.provenance(Map.of("seed", "42"));
    Map<String, Tensor> before = stored(in);
    OnnxRewriter.rewrite(in, out, fresh(before), false, stamped);
    Map<String, Tensor> after = stored(out);
    assertEquals(before.keySet(), after.keySet());
    isFresh(after);
    ModelProto old = ModelProto.parseFrom(Files.readAllBytes(in));
    ModelProto made = ModelProto.parseFrom(Files.readAllBytes(out));
    var property = StringStringEntryProto.newBuilder().setKey("fanin.seed").setValue("42");
    assertEquals(
        bare(old.toBuilder().addMetadataProps(property).build()).toByteString(),
        bare(made).toByteString());
    assertEquals(0, tensors.open.get());
  }

  /// The model without the payloads of float tensors.
  private static ModelProto bare(ModelProto m) {
    ModelProto.Builder b = m.toBuilder();
    for (var t : b.getGraphBuilder().getInitializerBuilderList()) {
      strip(t);
    }
    for (var n : b.getGraphBuilder().getNodeBuilderList()) {
      for (var a : n.getAttributeBuilderList()) {
        if (a.hasT() && n.getOpType().equals("Constant")) {
          strip(a.getTBuilder());
        }
      }
    }
    return b.build();
  }

  private static void strip(TensorProto.Builder t) {
    if (OnnxType.of(t.getDataType()).dtype().floating()) {
      t.clearRawData().clearFloatData().clearInt32Data().clearDoubleData().clearExternalData();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void tensorsMoveOutOfTheModelOnRequest(Path in) throws Exception {
    Path out = temp.resolve("out.onnx");
    Map<String, Tensor> before = stored(in);
    OnnxRewriter.rewrite(in, out, Map.of(), true, SMALL);
    same(before, stored(out));
    ModelProto made = ModelProto.parseFrom(Files.readAllBytes(out));
    int outside = 0;
    for (TensorProto t : made.getGraph().getInitializerList()) {
      outside += t.getDataLocation() == TensorProto.DataLocation.EXTERNAL ? 1 : 0;
    }
    assertEquals(outside > 0, Files.exists(temp.resolve("out.onnx.data")));
    assertTrue(outside > 0 || in.toString().contains("const"), "nothing moved");
    assertTrue(
        Files.size(out) < Files.size(in) || outside == 0 || in.toString().contains("external"));
  }

  // ---- encodings, one by one ----

  private static final long[] DIMS = {8, 8};

  private static TensorProto typed(int type, int width) {
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

  private static ModelProto using(TensorProto w) {
    return model(graph(node("MatMul", List.of("x", "w"), List.of("y"))).addInitializer(w));
  }

  /// float_data one by one: 64 fields of five bytes, as protobuf 2 and hand-written writers make.
  private static byte[] unpacked() {
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

  private static TensorProto bool() {
    return tensor("", TensorProto.DataType.BOOL_VALUE).addInt32Data(1).build();
  }

  private static AttributeProto.Builder floatsAttribute() {
    AttributeProto.Builder list =
        AttributeProto.newBuilder()
            .setName("value_floats")
            .setType(AttributeProto.AttributeType.FLOATS);
    for (int i = 0; i < 8; i++) {
      list.addFloats(i);
    }
    return list;
  }

  private static List<Double> numbers(RawGraph g) {
    Tensor t = stored(g).get("w");
    List<Double> all = new ArrayList<>();
    if (t != null) {
      for (long i = 0; i < t.count(); i++) {
        all.add(t.at(i));
      }
    }
    for (RawNode n : g.nodes()) {
      switch (n.attributes().get("value_floats")) {
        case Attr.Reals(List<Double> values) -> all.addAll(values);
        case null -> {}
        default -> throw new IllegalStateException();
      }
      if (n.attributes().get("value_float") instanceof Attr.Real(double v)) {
        all.add(v);
      }
    }
    return all;
  }

  /// New values arrive in every encoding, and what surrounds them keeps its place: unknown fields
  /// at every level, too.
  @ParameterizedTest
  @MethodSource("encodings")
  void everyEncoding(ModelProto plain) throws Exception {
    ModelProto m = withUnknownFields(plain);
    Path in = temp.resolve("in.onnx");
    Path out = temp.resolve("out.onnx");
    Files.write(in, m.toByteArray());
    RawModel before = OnnxReader.read(in);
    List<Double> old = numbers(before.graph());
    Tensor like = stored(before.graph()).get("w");
    DType type = like == null ? DType.F32 : like.dtype();
    long[] dims =
        like == null ? (old.size() == 1 ? new long[0] : new long[] {8}) : like.shape().toArray();
    OnnxRewriter.rewrite(in, out, Map.of("w", tensors.of("w", type, dims)), false, SMALL);
    RawModel after = OnnxReader.read(out);
    List<Double> found = numbers(after.graph());
    assertEquals(old.size(), found.size());
    for (int i = 0; i < found.size(); i++) {
      long bits = TestTensors.element("w", type, i);
      double want =
          switch (type) {
            case F32 -> Float.intBitsToFloat((int) bits);
            case F64 -> Double.longBitsToDouble(bits);
            case F16 -> Float.float16ToFloat((short) bits);
            default -> Float.intBitsToFloat((int) bits << 16);
          };
      assertEquals(want, found.get(i));
    }
    ModelProto made = ModelProto.parseFrom(Files.readAllBytes(out));
    assertEquals(m.getUnknownFields(), made.getUnknownFields());
    assertEquals(m.getGraph().getUnknownFields(), made.getGraph().getUnknownFields());
    assertEquals(m.getGraph().getInputList(), made.getGraph().getInputList());
    assertEquals(m.getGraph().getNodeCount(), made.getGraph().getNodeCount());
    for (int i = 0; i < m.getGraph().getNodeCount(); i++) {
      assertEquals(
          m.getGraph().getNode(i).getUnknownFields(),
          made.getGraph().getNode(i).getUnknownFields());
    }
    for (int i = 0; i < m.getGraph().getInitializerCount(); i++) {
      assertEquals(
          m.getGraph().getInitializer(i).getUnknownFields().getField(777),
          made.getGraph().getInitializer(i).getUnknownFields().getField(777));
    }
  }

  private static ModelProto withUnknownFields(ModelProto m) {
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

  @Test
  void provenanceReplacesOnlyItsOwn() throws Exception {
    ModelProto m =
        using(floats("w", DIMS, new float[64])).toBuilder()
            .addMetadataProps(entry("author", "me"))
            .addMetadataProps(entry("fanin.seed", "1"))
            .addMetadataProps(entry("fanin.gone", "x"))
            .addMetadataProps(entry("licence", "free"))
            .build();
    Path in = temp.resolve("in.onnx");
    Path out = temp.resolve("out.onnx");
    Files.write(in, m.toByteArray());
    OnnxRewriter.rewrite(
        in, out, Map.of(), false, SMALL.provenance(Map.of("seed", "42", "recipe", "auto")));
    assertEquals(
        List.of(
            entry("author", "me"),
            entry("fanin.seed", "42"),
            entry("licence", "free"),
            entry("fanin.recipe", "auto")),
        ModelProto.parseFrom(Files.readAllBytes(out)).getMetadataPropsList());
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  /// Two initialisers of one place in the data file are tied.
  @Test
  void tensorsOfOnePlaceStayTied() throws Exception {
    TensorProto a = external("a", 64, 256);
    TensorProto b = external("b", 64, 256);
    TensorProto c = external("c", 320, 256);
    ModelProto m =
        model(
            graph(
                    node("MatMul", List.of("x", "a"), List.of("h")),
                    node("MatMul", List.of("h", "b"), List.of("g")),
                    node("MatMul", List.of("g", "c"), List.of("y")))
                .addInitializer(a)
                .addInitializer(b)
                .addInitializer(c));
    Path in = temp.resolve("in.onnx");
    Path out = Files.createDirectory(temp.resolve("there")).resolve("out.onnx");
    Files.write(in, m.toByteArray());
    byte[] data = new byte[576];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i % 60);
    }
    Files.write(temp.resolve("weights.bin"), data);
    OnnxRewriter.rewrite(in, out, Map.of("b", tensors.of("b", DType.F32, DIMS)), false, SMALL);
    Map<String, Tensor> after = stored(out);
    same("tied", after.get("a"), after.get("b"));
    isFresh(Map.of("b", after.get("b")));
    same("c", stored(in).get("c"), after.get("c"));
    assertEquals(512, Files.size(out.resolveSibling("out.onnx.data")));
    for (TensorProto t :
        ModelProto.parseFrom(Files.readAllBytes(out)).getGraph().getInitializerList()) {
      assertTrue(t.getExternalDataList().contains(entry("note", "mine")));
      assertFalse(t.getExternalDataList().toString().contains("checksum"));
    }
  }

  private static TensorProto external(String name, long offset, long length) {
    return tensor(name, TensorProto.DataType.FLOAT_VALUE, DIMS)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", "weights.bin"))
        .addExternalData(entry("offset", Long.toString(offset)))
        .addExternalData(entry("note", "mine"))
        .addExternalData(entry("checksum", "1234"))
        .addExternalData(entry("length", Long.toString(length)))
        .build();
  }

  // ---- refusals ----

  private void refused(ModelProto m, TensorOut value, String... words) throws Exception {
    Path in = temp.resolve("in.onnx");
    Files.write(in, m.toByteArray());
    Path out = temp.resolve("out.onnx");
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> OnnxRewriter.rewrite(in, out, Map.of(value.name(), value), false, SMALL));
    for (String w : words) {
      assertTrue(e.getMessage().contains(w), e.getMessage());
    }
    assertFalse(Files.exists(out));
  }

  @Test
  void refusesWhatCannotBe() throws Exception {
    ModelProto m = using(floats("w", DIMS, new float[64]));
    refused(m, tensors.of("v", DType.F32, 8, 8), "no tensor named v");
    refused(m, tensors.of("w", DType.BF16, 8, 8), "F32", "BF16", "--dtype");
    refused(m, tensors.of("w", DType.F32, 64), "[8, 8]", "[64]");
    TensorProto values = tensor("w", 1, 1).addFloatData(2).build();
    var sparse =
        SparseTensorProto.newBuilder()
            .setValues(values)
            .setIndices(OnnxBuild.longs("", 3))
            .addDims(8)
            .addDims(8);
    refused(
        model(graph(node("MatMul", List.of("x", "w"), List.of("y"))).addSparseInitializer(sparse)),
        tensors.of("w", DType.F32, 8, 8),
        "sparse");
    GraphProto.Builder body =
        GraphProto.newBuilder()
            .setName("then")
            .addInitializer(floats("w", DIMS, new float[64]))
            .addNode(node("MatMul", List.of("x", "w"), List.of("y")))
            .addOutput(OnnxBuild.value("y", "batch", 8));
    refused(
        model(
            graph(
                node("Constant", List.of(), List.of("c"), of("value", bool())),
                node(
                    "If",
                    List.of("c"),
                    List.of("y"),
                    of("then_branch", body),
                    of("else_branch", body)))),
        tensors.of("w", DType.F32, 8, 8),
        "several tensors");
  }

  @Test
  void neverWritesToTheInput() throws Exception {
    Path in = temp.resolve("in.onnx");
    Files.copy(Examples.file("mlp5_relu_default.var_external.onnx"), in);
    Path data = temp.resolve("mlp5_relu_default.var_external.onnx.data");
    Files.copy(Examples.file("mlp5_relu_default.var_external.onnx.data"), data);
    byte[] model = Files.readAllBytes(in);
    byte[] weights = Files.readAllBytes(data);
    WriteOptions force = SMALL.force(true);
    for (Path out : List.of(in, temp.resolve("mlp5_relu_default.var_external.onnx"))) {
      var e =
          assertThrows(
              FileSystemException.class,
              () -> OnnxRewriter.rewrite(in, out, Map.of(), false, force));
      assertTrue(e.getReason().contains("never written"), e.getReason());
    }
    Path link = Files.createSymbolicLink(temp.resolve("link.onnx"), in);
    assertThrows(
        FileSystemException.class, () -> OnnxRewriter.rewrite(in, link, Map.of(), false, force));
    assertArrayEquals(model, Files.readAllBytes(in));
    assertArrayEquals(weights, Files.readAllBytes(data));
  }

  @Test
  void bytesDoNotDependOnThreadsOrBlocks() throws Exception {
    Path in = Examples.file("lenet_tanh.onnx");
    Path out = temp.resolve("out.onnx");
    Map<String, TensorOut> values = fresh(stored(in));
    OnnxRewriter.rewrite(in, out, values, false, SMALL.blockBytes(1 << 20).threads(1));
    byte[] want = Files.readAllBytes(out);
    for (int threads : new int[] {2, 7}) {
      OnnxRewriter.rewrite(in, out, values, false, SMALL.threads(threads).force(true));
      assertArrayEquals(want, Files.readAllBytes(out));
    }
  }

  /// Stands for the 2 GB of protobuf, which no test writes.
  @Test
  void modelsThatGrowTooLargeMoveTheirTensorsOut() throws Exception {
    Path in = Examples.file("lenet_tanh.onnx");
    Path out = temp.resolve("out.onnx");
    OnnxRewriter.rewrite(in, out, Map.of(), false, SMALL, 20_000);
    assertTrue(Files.size(out) < 20_000);
    same(stored(in), stored(out));
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                OnnxRewriter.rewrite(in, temp.resolve("small.onnx"), Map.of(), false, SMALL, 1000));
    assertTrue(e.getMessage().contains("2 GB"), e.getMessage());
  }

  /// What the reader takes, the rewriter takes, and gives back byte for byte; anything else is one
  /// line. 300 damaged files; the seed of a failing one is printed.
  @Test
  void damagedModels() throws Exception {
    int taken = 0;
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      ModelProto[] all = encodings().toArray(ModelProto[]::new);
      byte[] bytes = withUnknownFields(all[seed % all.length]).toByteArray();
      for (int i = 0; i <= random.nextInt(3); i++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Path in = Files.write(temp.resolve("in.onnx"), bytes);
      Path out = temp.resolve("out.onnx");
      try {
        Map<String, Tensor> before = stored(OnnxReader.read(in).graph());
        OnnxRewriter.rewrite(in, out, Map.of(), false, SMALL.force(true));
        assertArrayEquals(bytes, Files.readAllBytes(out), "seed " + seed);
        OnnxRewriter.rewrite(in, out, Map.of(), true, SMALL.force(true));
        same(before, stored(out));
        taken++;
      } catch (ModelFormatException e) {
        assertFalse(e.getMessage().contains("\n"), "seed " + seed);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertTrue(taken > 50, "only " + taken + " were sound enough");
  }

  /// Graphs in a list of graphs, which the reader does not enter.
  @Test
  void deepListsOfGraphs() throws Exception {
    GraphProto g = GraphProto.newBuilder().setName("g").build();
    for (int i = 0; i < 70; i++) {
      var list = AttributeProto.newBuilder().setName("a").addGraphs(g);
      list.setType(AttributeProto.AttributeType.GRAPHS);
      g =
          GraphProto.newBuilder()
              .addNode(NodeProto.newBuilder().setOpType("X").addAttribute(list))
              .build();
    }
    NodeProto top = g.getNode(0).toBuilder().addInput("x").addOutput("y").build();
    Path in = Files.write(temp.resolve("in.onnx"), model(graph(top)).toByteArray());
    OnnxReader.read(in);
    var e =
        assertThrows(
            ModelFormatException.class,
            () -> OnnxRewriter.rewrite(in, temp.resolve("out.onnx"), Map.of(), false, SMALL));
    assertTrue(e.getMessage().contains("64 deep"), e.getMessage());
  }
}
