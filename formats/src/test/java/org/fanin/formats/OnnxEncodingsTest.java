package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.graph;
import static org.fanin.formats.OnnxBuild.model;
import static org.fanin.formats.OnnxEncodings.withUnknownFields;
import static org.fanin.formats.StoredFloats.SMALL;
import static org.fanin.formats.StoredFloats.same;
import static org.fanin.formats.StoredFloats.stored;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

/// New values in every encoding, and in damaged files.
class OnnxEncodingsTest {
  @TempDir Path temp;

  private final TestTensors tensors = new TestTensors();

  static Stream<ModelProto> encodings() throws IOException {
    return OnnxEncodings.encodings();
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
