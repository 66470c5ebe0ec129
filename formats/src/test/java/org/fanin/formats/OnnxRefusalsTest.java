package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.floats;
import static org.fanin.formats.OnnxBuild.graph;
import static org.fanin.formats.OnnxBuild.model;
import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.of;
import static org.fanin.formats.OnnxBuild.tensor;
import static org.fanin.formats.OnnxEncodings.DIMS;
import static org.fanin.formats.OnnxEncodings.bool;
import static org.fanin.formats.OnnxEncodings.using;
import static org.fanin.formats.StoredFloats.SMALL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fanin.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is not rewritten, and what is never written to.
class OnnxRefusalsTest {
  @TempDir Path temp;

  private final TestTensors tensors = new TestTensors();

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
}
