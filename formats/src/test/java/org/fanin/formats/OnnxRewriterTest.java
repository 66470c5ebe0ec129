package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.floats;
import static org.fanin.formats.OnnxBuild.graph;
import static org.fanin.formats.OnnxBuild.model;
import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.tensor;
import static org.fanin.formats.OnnxEncodings.DIMS;
import static org.fanin.formats.OnnxEncodings.using;
import static org.fanin.formats.StoredFloats.SMALL;
import static org.fanin.formats.StoredFloats.fresh;
import static org.fanin.formats.StoredFloats.isFresh;
import static org.fanin.formats.StoredFloats.map;
import static org.fanin.formats.StoredFloats.same;
import static org.fanin.formats.StoredFloats.stored;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// New values in real models: nothing else changes.
class OnnxRewriterTest {
  @TempDir Path temp;

  private final TestTensors tensors = new TestTensors();

  static List<Path> examples() throws IOException {
    return Examples.all(".onnx");
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
    OnnxRewriter.rewrite(in, out, fresh(tensors, before), false, stamped);
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

  /// A node that repeats one number becomes an initialiser; ONNX Runtime loads and runs it.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFilledWeightBecomesAnInitialiser(boolean outside) throws Exception {
    ModelProto m =
        model(
            graph(
                    node("ConstantOfShape", List.of("shape"), List.of("w")),
                    node("MatMul", List.of("x", "w"), List.of("h")),
                    node("Tanh", List.of("h"), List.of("t")),
                    node("ConstantOfShape", List.of("shape"), List.of("kept")),
                    node("Add", List.of("t", "b"), List.of("s")),
                    node("MatMul", List.of("s", "kept"), List.of("y")))
                .addInitializer(OnnxBuild.longs("shape", 8, 8))
                .addInitializer(floats("b", new long[] {8}, new float[8])));
    Path in = temp.resolve("in.onnx");
    Path out = temp.resolve("out.onnx");
    Files.write(in, m.toByteArray());
    OnnxRewriter.rewrite(in, out, Map.of("w", tensors.of("w", DType.F32, 8, 8)), outside, SMALL);
    Map<String, Tensor> after = stored(out);
    assertEquals(Set.of("w", "b"), after.keySet());
    isFresh(Map.of("w", after.get("w")));
    List<String> ops =
        ModelProto.parseFrom(Files.readAllBytes(out)).getGraph().getNodeList().stream()
            .map(n -> n.getOpType())
            .toList();
    assertEquals(List.of("MatMul", "Tanh", "ConstantOfShape", "Add", "MatMul"), ops);
    RuntimeRun.of(out);
  }

  @Test
  void bytesDoNotDependOnThreadsOrBlocks() throws Exception {
    Path in = Examples.file("lenet_tanh.onnx");
    Path out = temp.resolve("out.onnx");
    Map<String, TensorOut> values = fresh(tensors, stored(in));
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
}
