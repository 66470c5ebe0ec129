package org.fanin.formats;

import static org.fanin.formats.HostileModels.Expect.READ;
import static org.fanin.formats.HostileModels.Expect.REFUSED;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.fanin.formats.HostileModels.Expect;
import org.fanin.formats.HostileModels.Mutant;
import org.fanin.formats.HostileModels.Setup;

/// The mutants whose file, header or tensors are wrong.
final class HostileTensors {
  private static final int FLOAT = DataType.FLOAT_VALUE;

  private final List<Mutant> all;

  private HostileTensors(List<Mutant> all) {
    this.all = all;
  }

  static void addTo(List<Mutant> all) {
    var t = new HostileTensors(all);
    t.notOnnx();
    t.headers();
    t.shapes();
    t.types();
    t.values();
    t.external();
    t.sparse();
    t.manyParts();
  }

  private void add(String name, Expect expect, byte[] bytes) {
    all.add(new Mutant(name, expect, bytes, null));
  }

  private void file(String name, String latin1) {
    add("file-" + name, REFUSED, latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  private void notOnnx() {
    file("empty", "");
    file("text", "This is not a model.\nIt is text.\n");
    file("json", "{\"model\": [1, 2, 3]}\n");
    file("html", "<!DOCTYPE html><html><body>404</body></html>");
    file("git-lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    file("gzip", "\u001f\u008b\b\0\0\0\0\0");
    file("hdf5", "\u0089HDF\r\n\u001a\n\0\0\0");
    file("pickle", "\u0080\2}q\0.");
    file("npy", "\u0093NUMPY\1\0v\0{'descr': '<f4'}");
    file("safetensors", "\2\0\0\0\0\0\0\0{}");
    file("zeros", "\0".repeat(1000));
    file("ones", "\u00ff".repeat(1000));
    file("varint-11", "\b" + "\u0080".repeat(11) + "\0");
    file("only-a-huge-length", ":\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f");
    file("negative-length", ":\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\1");
    file("groups", "\b\b" + "\u000b".repeat(100_000));
    add("file-zip", REFUSED, zip("a.txt"));
    add("file-pytorch", REFUSED, zip("archive/data.pkl"));
    all.add(new Mutant("file-folder", REFUSED, new byte[0], Files::createDirectories));
  }

  private static byte[] zip(String entry) {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      var head = new ZipEntry(entry);
      head.setTimeLocal(LocalDateTime.of(2026, 1, 1, 0, 0)); // else it is now
      zip.putNextEntry(head);
      zip.write(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static ModelProto.Builder sound() {
    return OnnxBuild.reluMlp(2, 3).toBuilder();
  }

  private void model(String name, Expect expect, ModelProto.Builder m) {
    add("model-" + name, expect, m.build().toByteArray());
  }

  private void opset(String name, Expect expect, long version) {
    var set = OperatorSetIdProto.newBuilder().setVersion(version);
    model(name, expect, sound().clearOpsetImport().addOpsetImport(set));
  }

  private void headers() {
    model("no-graph", REFUSED, sound().clearGraph());
    model("empty-graph", REFUSED, sound().setGraph(GraphProto.getDefaultInstance()));
    model("no-nodes", REFUSED, sound().setGraph(sound().getGraph().toBuilder().clearNode()));
    model("no-opset", READ, sound().clearOpsetImport());
    opset("opset-0", REFUSED, 0);
    opset("opset-6", REFUSED, 6);
    opset("opset-negative", REFUSED, -1);
    opset("opset-absurd", REFUSED, Long.MAX_VALUE);
    opset("opset-99", READ, 99);
    model("ir-absurd", REFUSED, sound().setIrVersion(Long.MAX_VALUE));
    model("ir-negative", REFUSED, sound().setIrVersion(-3));
    model("ir-missing", READ, sound().clearIrVersion());
    byte[] twice = sound().build().toByteArray();
    byte[] both = Arrays.copyOf(twice, 2 * twice.length);
    System.arraycopy(twice, 0, both, twice.length, twice.length);
    add("model-two-graphs", REFUSED, both);
    brokenText();
  }

  private void brokenText() {
    byte[] b = sound().build().toByteArray();
    byte[] name = "layers.0.weight".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i + name.length < b.length; i++) {
      if (Arrays.equals(b, i, i + name.length, name, 0, name.length)) {
        b[i] = (byte) 0xff;
        b[i + 1] = '\n';
        b[i + 2] = (byte) 0xc0;
      }
    }
    add("model-names-not-utf8", READ, b);
  }

  /// The sound model with its first weight replaced.
  private void weight(String name, Expect expect, TensorProto.Builder weight) {
    var graph = sound().getGraphBuilder();
    graph.setInitializer(0, weight.setName("layers.0.weight"));
    add("tensor-" + name, expect, sound().setGraph(graph).build().toByteArray());
  }

  private static TensorProto.Builder raw(int type, int bytes, long... dims) {
    return OnnxBuild.tensor("", type, dims).setRawData(ByteString.copyFrom(new byte[bytes]));
  }

  private void shapes() {
    weight("negative-dim", REFUSED, raw(FLOAT, 36, -3, -3));
    weight("dims-overflow", REFUSED, raw(FLOAT, 36, 1L << 32, 1L << 32));
    weight("dims-overflow-to-match", REFUSED, raw(FLOAT, 0, 1L << 32, 1L << 32));
    weight("dims-overflow-behind-zero", REFUSED, raw(FLOAT, 0, 0, 1L << 62, 1L << 62));
    weight("bytes-overflow", REFUSED, raw(FLOAT, 36, 1L << 62));
    weight("bytes-overflow-to-zero", REFUSED, raw(DataType.DOUBLE_VALUE, 0, 1L << 61));
    weight("huge-without-data", REFUSED, OnnxBuild.tensor("", FLOAT, 1_000_000, 1_000_000));
    weight("huge-with-little", REFUSED, raw(FLOAT, 36, 1_000_000_000_000L));
    weight("rank-100000", REFUSED, raw(FLOAT, 4, ones(100_000)));
    weight("too-short", REFUSED, raw(FLOAT, 35, 3, 3));
    weight("too-long", REFUSED, raw(FLOAT, 37, 3, 3));
    weight("no-data", REFUSED, OnnxBuild.tensor("", FLOAT, 3, 3));
    weight("scalar-with-nine", REFUSED, raw(FLOAT, 36));
    weight("empty", READ, raw(FLOAT, 0, 0, 3));
    weight("few-floats", REFUSED, OnnxBuild.tensor("", FLOAT, 3, 3).addFloatData(1));
    weight("ints-for-floats", REFUSED, OnnxBuild.tensor("", FLOAT, 1).addInt32Data(1));
    weight(
        "segment",
        REFUSED,
        raw(FLOAT, 36, 3, 3)
            .setSegment(TensorProto.Segment.newBuilder().setBegin(0).setEnd(1L << 40)));
  }

  private static long[] ones(int n) {
    long[] v = new long[n];
    Arrays.fill(v, 1);
    return v;
  }

  private void types() {
    weight("type-undefined", REFUSED, raw(0, 36, 3, 3));
    weight("type-99", REFUSED, raw(99, 36, 3, 3));
    weight("type-negative", REFUSED, raw(-1, 36, 3, 3));
    weight(
        "type-string",
        READ,
        OnnxBuild.tensor("", DataType.STRING_VALUE, 1).addStringData(ByteString.EMPTY));
    weight("type-complex", READ, raw(DataType.COMPLEX64_VALUE, 72, 3, 3));
    weight("type-float4", READ, raw(23, 5, 3, 3));
    weight("type-int4", READ, raw(DataType.INT4_VALUE, 5, 3, 3));
    weight("type-int4-short", REFUSED, raw(DataType.INT4_VALUE, 4, 3, 3));
    weight("type-fp8-fnuz", READ, raw(DataType.FLOAT8E4M3FNUZ_VALUE, 9, 3, 3));
    var half = OnnxBuild.tensor("", DataType.FLOAT16_VALUE, 1);
    weight("fp16-bits-too-large", REFUSED, half.addInt32Data(1 << 16));
    var bool = OnnxBuild.tensor("", DataType.BOOL_VALUE, 1);
    weight("bool-42", READ, bool.addInt32Data(42));
  }

  private void values() {
    float[] nan = {Float.NaN, 1, Float.POSITIVE_INFINITY, 2, Float.NEGATIVE_INFINITY, 0, -0f, 4, 5};
    weight("nan-inf", READ, OnnxBuild.floats("", new long[] {3, 3}, nan).toBuilder());
    float[] all = new float[9];
    Arrays.fill(all, Float.NaN);
    weight("all-nan", READ, OnnxBuild.floats("", new long[] {3, 3}, all).toBuilder());
    Arrays.fill(all, Float.MAX_VALUE);
    weight("all-max", READ, OnnxBuild.floats("", new long[] {3, 3}, all).toBuilder());
    Arrays.fill(all, Float.MIN_VALUE);
    weight("all-denormal", READ, OnnxBuild.floats("", new long[] {3, 3}, all).toBuilder());
  }

  private void external(String name, Expect expect, Setup setup, String... keysAndValues) {
    TensorProto.Builder t = OnnxBuild.tensor("layers.0.weight", FLOAT, 3, 3);
    t.setDataLocation(TensorProto.DataLocation.EXTERNAL);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      t.addExternalData(
          StringStringEntryProto.newBuilder()
              .setKey(keysAndValues[i])
              .setValue(keysAndValues[i + 1]));
    }
    var graph = sound().getGraphBuilder().setInitializer(0, t);
    byte[] bytes = sound().setGraph(graph).build().toByteArray();
    all.add(new Mutant("external-" + name, expect, bytes, setup));
  }

  private void external() {
    Setup data = model -> Files.write(model.resolveSibling("w.data"), new byte[100]);
    external("sound", READ, data, "location", "w.data", "offset", "4", "length", "36");
    external("no-length", READ, data, "location", "w.data");
    external("unknown-key", READ, data, "location", "w.data", "checksum", "0");
    external("no-location", REFUSED, data);
    external("missing-file", REFUSED, data, "location", "other.data");
    external("wrong-length", REFUSED, data, "location", "w.data", "length", "35");
    external("wrong-offset", REFUSED, data, "location", "w.data", "offset", "65");
    external("offset-beyond", REFUSED, data, "location", "w.data", "offset", "101");
    external("offset-overflow", REFUSED, data, "location", "w.data", "offset", "" + Long.MAX_VALUE);
    external("offset-negative", REFUSED, data, "location", "w.data", "offset", "-4");
    external("offset-text", REFUSED, data, "location", "w.data", "offset", "four");
    external("length-huge", REFUSED, data, "location", "w.data", "length", "99999999999999999999");
    external(
        "itself-too-short",
        REFUSED,
        data,
        "location",
        "external-itself-too-short.onnx",
        "offset",
        "1000000");
    external("nul", REFUSED, data, "location", "w\0.data");
    external("newline", REFUSED, data, "location", "w\n.data");
    external("folder", REFUSED, data, "location", ".");
    external("absolute", REFUSED, data, "location", "/etc/passwd");
    external("climbs-back", REFUSED, data, "location", "../external-climbs-back/w.data");
    Setup outside =
        model -> {
          Path secret = model.getParent().resolveSibling(model.getParent().getFileName() + ".out");
          Files.write(secret, new byte[100]);
          link(model.resolveSibling("link.data"), secret);
          link(model.resolveSibling("sub"), model.getParent().getParent());
        };
    external("climbs", REFUSED, outside, "location", "../external-climbs.out");
    external("climbs-backslash", REFUSED, outside, "location", "..\\external-climbs-backslash.out");
    external("link", REFUSED, outside, "location", "link.data");
    external("link-folder", REFUSED, outside, "location", "sub/external-link-folder.out");
    Setup loop = model -> link(model.resolveSibling("loop"), model.resolveSibling("loop"));
    external("link-loop", REFUSED, loop, "location", "loop");
    external("name-too-long", REFUSED, data, "location", "w".repeat(5000));
    external("through-a-file", REFUSED, data, "location", "w.data/w.data");
  }

  /// Where links cannot be made, the file is missing: just as wrong.
  private static void link(Path link, Path target) throws IOException {
    Files.deleteIfExists(link);
    try {
      Files.createSymbolicLink(link, target.toAbsolutePath());
    } catch (UnsupportedOperationException _) {
      Files.deleteIfExists(link);
    }
  }

  private void sparse(String name, Expect expect, TensorProto indices, long... dims) {
    SparseTensorProto.Builder s =
        SparseTensorProto.newBuilder()
            .setValues(OnnxBuild.floats("layers.0.weight", new long[] {2}, 1, 2))
            .setIndices(indices);
    for (long d : dims) {
      s.addDims(d);
    }
    var graph = sound().getGraphBuilder().removeInitializer(0).addSparseInitializer(s);
    add("sparse-" + name, expect, sound().setGraph(graph).build().toByteArray());
  }

  private void sparse() {
    sparse("sound", READ, OnnxBuild.longs("", 1, 8), 3, 3);
    sparse("index-beyond", REFUSED, OnnxBuild.longs("", 1, 9), 3, 3);
    sparse("index-negative", REFUSED, OnnxBuild.longs("", -1, 8), 3, 3);
    sparse("too-few-indices", REFUSED, OnnxBuild.longs("", 1), 3, 3);
    sparse("huge", REFUSED, OnnxBuild.longs("", 1, 8), 1L << 40, 3);
    sparse("overflow", REFUSED, OnnxBuild.longs("", 1, 8), 1L << 61);
    sparse("negative", REFUSED, OnnxBuild.longs("", 1, 8), -3, 3);
    GraphProto.Builder many = sound().getGraphBuilder();
    for (int i = 0; i < 1000; i++) {
      many.addSparseInitializer(
          SparseTensorProto.newBuilder()
              .setValues(OnnxBuild.floats("s" + i, new long[] {0}))
              .setIndices(OnnxBuild.longs(""))
              .addDims(4 << 20));
    }
    add("sparse-a-thousand", REFUSED, sound().setGraph(many).build().toByteArray());
  }

  private void manyParts() {
    GraphProto.Builder g = sound().getGraphBuilder();
    g.addInitializer(g.getInitializer(0));
    add("model-duplicate-initializer", REFUSED, sound().setGraph(g).build().toByteArray());
    GraphProto.Builder noName = sound().getGraphBuilder();
    noName.setInitializer(0, noName.getInitializer(0).toBuilder().clearName());
    add("model-unnamed-initializer", REFUSED, sound().setGraph(noName).build().toByteArray());
    GraphProto.Builder empties = sound().getGraphBuilder();
    for (int i = 0; i < 100_000; i++) {
      empties.addNode(NodeProto.getDefaultInstance());
    }
    add("model-empty-nodes", REFUSED, sound().setGraph(empties).build().toByteArray());
    NodeProto.Builder node = NodeProto.newBuilder().setOpType("Relu").addInput("x").addOutput("q");
    for (int i = 0; i < 100_000; i++) {
      node.addAttribute(AttributeProto.getDefaultInstance());
    }
    add(
        "model-empty-attributes",
        REFUSED,
        sound().setGraph(sound().getGraphBuilder().addNode(node)).build().toByteArray());
  }
}
