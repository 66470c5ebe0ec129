package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointsTest {
  @TempDir Path temp;

  private Path file(String name, byte[] bytes) throws IOException {
    Path file = temp.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }

  private Checkpoint open(byte[] bytes) throws Exception {
    return Checkpoints.open(file("weights", bytes));
  }

  private String refused(byte[] bytes) throws IOException {
    Path file = file("weights", bytes);
    return refused(file);
  }

  private static String refused(Path file) {
    return assertThrows(ModelFormatException.class, () -> Checkpoints.open(file)).getMessage();
  }

  static StoredTensor tensor(Checkpoint c, String name) {
    return c.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  /// Reads span by span, in an arena for each.
  static double[] values(StoredTensor t, long span) throws Exception {
    double[] all = new double[Math.toIntExact(t.shape().count())];
    for (long i = 0; i < all.length; i += span) {
      try (Arena arena = Arena.ofConfined()) {
        Tensor part = t.read(i, Math.min(span, all.length - i), arena);
        assertEquals(1, part.shape().rank());
        System.arraycopy(part.toDoubles(), 0, all, (int) i, (int) part.count());
      }
    }
    return all;
  }

  private static byte[] torch() {
    return Archives.torch(Pickles.stateDict());
  }

  @Test
  void readsSafetensorsInTheOrderOfTheBytes() throws Exception {
    Checkpoint c = open(Archives.soundSafetensors());
    assertEquals("safetensors", c.format());
    assertEquals(Map.of("format", "pt"), c.metadata());
    assertEquals(
        List.of("layer.weight", "layer.bias"),
        c.tensors().stream().map(StoredTensor::name).toList());
    assertEquals(Shape.of(2, 3), c.tensors().get(0).shape());
    for (long span : new long[] {1, 2, 5, 6}) {
      assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, values(tensor(c, "layer.weight"), span));
    }
    assertArrayEquals(new double[] {-1, -2, -3}, values(tensor(c, "layer.bias"), 100));
  }

  @ParameterizedTest
  @CsvSource({
    "F64, F64, 8",
    "F32, F32, 4",
    "F16, F16, 2",
    "BF16, BF16, 2",
    "F8_E4M3, F8E4M3, 1",
    "F8_E5M2, F8E5M2, 1",
    "I64, I64, 8",
    "I32, I32, 4",
    "I16, I16, 2",
    "I8, I8, 1",
    "U64, U64, 8",
    "U32, U32, 4",
    "U16, U16, 2",
    "U8, U8, 1",
    "BOOL, BOOL, 1"
  })
  void safetensorsTypes(String type, DType dtype, int width) throws Exception {
    String head =
        "{"
            + Archives.entry("a", type, "[]", 0, width)
            + ","
            + Archives.entry("b", type, "[0,7]", width, width)
            + "}";
    Checkpoint c = open(Archives.safetensors(head, new byte[width]));
    assertEquals(dtype, tensor(c, "a").dtype());
    assertEquals(Shape.of(), tensor(c, "a").shape());
    assertArrayEquals(new double[1], values(tensor(c, "a"), 1));
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(0, tensor(c, "b").read(0, 0, arena).count());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "F4, '[4]', 2",
    "F6_E2M3, '[4]', 3",
    "F8_E8M0, '[4]', 4",
    "C64, '[4]', 32",
    "Q7, '[4]', 9"
  })
  void typesThatAreNoNumbersAreListed(String type, String shape, int bytes) throws Exception {
    String head = "{" + Archives.entry("a", type, shape, 0, bytes) + "}";
    StoredTensor a = tensor(open(Archives.safetensors(head, new byte[bytes])), "a");
    assertEquals(DType.OTHER, a.dtype());
    assertEquals(Shape.of(4), a.shape());
    var e = assertThrows(ModelFormatException.class, () -> a.read(0, 1, Arena.global()));
    assertTrue(e.getMessage().contains("elements of type " + type), e.getMessage());
  }

  @Test
  void spansOutsideTheTensorAreTheCallersFault() throws Exception {
    StoredTensor t = tensor(open(Archives.soundSafetensors()), "layer.weight");
    for (long[] span : new long[][] {{-1, 1}, {0, 7}, {6, 1}, {0, -1}, {Long.MAX_VALUE, 2}}) {
      assertThrows(IllegalArgumentException.class, () -> t.read(span[0], span[1], Arena.global()));
    }
  }

  @Test
  void aFileThatShrinksIsNoticed() throws Exception {
    byte[] sound = Archives.soundSafetensors();
    Checkpoint c = open(sound);
    file("weights", java.util.Arrays.copyOf(sound, sound.length - 1));
    StoredTensor bias = tensor(c, "layer.bias");
    var e = assertThrows(ModelFormatException.class, () -> bias.read(0, 3, Arena.global()));
    assertTrue(e.getMessage().contains("shrunk"), e.getMessage());
  }

  private Path sharded(String index) throws IOException {
    for (String name : new String[] {"one", "two"}) {
      String head = "{" + Archives.entry(name, "F32", "[2]", 0, 8) + "}";
      file(name + ".safetensors", Archives.safetensors(head, Archives.floats(1, 2)));
    }
    return file(
        "model.safetensors.index.json", index.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static final String MAP =
      "'weight_map':{'two':'two.safetensors','one':'one.safetensors'}";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{" + MAP + "}",
        " \n{'metadata':{'total_size':16, 'x':[]}," + MAP + ",'y':{}}",
        "{'metadata':{'total_size':1.6e1}," + MAP + "}"
      })
  void readsShards(String index) throws Exception {
    Path file = sharded(index);
    for (Path named : new Path[] {file, temp}) {
      Checkpoint c = Checkpoints.open(named);
      assertEquals("safetensors", c.format());
      assertEquals(3, c.files().size());
      assertEquals(List.of("one", "two"), c.tensors().stream().map(StoredTensor::name).toList());
      assertArrayEquals(new double[] {1, 2}, values(tensor(c, "two"), 2));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {'weight_map':{'one':'one.safetensors'}, 'weight_map':{}} | a second weight_map
          {'weight_map':{'one':'one.safetensors', 'one':'two.safetensors'}} | two files for tensor 'one'
          {'weight_map':{'one':'one.safetensors', 'two':'one.safetensors'}} | tensor 'two' mapped to one.safetensors
          {'weight_map':{'one':'two.safetensors', 'two':'two.safetensors'}} | tensor 'one' mapped to two.safetensors
          {'weight_map':{'two':'one.safetensors', 'one':'two.safetensors'}} | tensor 'one' in one.safetensors, wanted it in two.safetensors
          {'weight_map':{'x':'one.safetensors'}} | tensor 'one' in one.safetensors, wanted it in weight_map
          {'weight_map':{'one':'three.safetensors'}} | no file 'three.safetensors'
          {'weight_map':{'one':'../one.safetensors'}} | file name '../one.safetensors'
          {'weight_map':{'one':'/etc/passwd'}} | file name '/etc/passwd'
          {'weight_map':{'one':'..'}} | file name '..'
          {'weight_map':{'one':''}} | file name ''
          {'weight_map':{'one':'a\\u0000b'}} | file name 'a?b'
          {'weight_map':{'one':'model.safetensors.index.json'}} | found JSON, wanted weights
          {'weight_map':{}} | without a weight_map
          {'metadata':{'total_size':16}} | without a weight_map
          {'metadata':{'total_size':15},'weight_map':{'one':'one.safetensors','two':'two.safetensors'}} | total_size 15, wanted 16
          {'metadata':{'total_size':-1},'weight_map':{}} | total_size -1
          {'metadata':{'total_size':'16'},'weight_map':{}} | found a text
          {'weight_map':{'one':['one.safetensors']}} | found an array
          {'weight_map':['one']} | found an array
          ['weight_map'] | found JSON, wanted weights
          {'weight_map':{'one':'one.safetensors'}}} | no sound JSON
          {'weight_map':{'one':'one.safetensors'} | no sound JSON
          """)
  void refusesIndexes(String index, String says) throws Exception {
    String text = refused(sharded(index));
    assertTrue(text.contains(says), text);
  }

  @Test
  void shardsStayInTheFolder() throws Exception {
    byte[] shard =
        Archives.safetensors("{" + Archives.entry("w", "F32", "[]", 0, 4) + "}", new byte[4]);
    Path outside = file("elsewhere/secret", shard);
    byte[] index = "{\"weight_map\":{\"w\":\"w.safetensors\"}}".getBytes(StandardCharsets.UTF_8);
    Path named = file("model/a.index.json", index);
    Files.createSymbolicLink(temp.resolve("model/w.safetensors"), outside);
    assertTrue(refused(named).contains("leads out of the folder by a link"));
    // as huggingface_hub lays out what it downloads
    Path blob = file("repo/blobs/c0ffee", shard);
    Path snapshot = file("repo/snapshots/main/a.index.json", index);
    Files.createSymbolicLink(snapshot.resolveSibling("w.safetensors"), blob);
    assertEquals(1, Checkpoints.open(snapshot).tensors().size());
  }

  @Test
  void foldersHoldOneCheckpoint() throws Exception {
    assertTrue(refused(temp).contains("a folder without weights"));
    file("a.safetensors", Archives.soundSafetensors());
    file("notes.txt", new byte[3]);
    Files.createDirectories(temp.resolve("c.safetensors"));
    assertEquals(2, Checkpoints.open(temp).tensors().size());
    file("b.safetensors", Archives.soundSafetensors());
    assertTrue(refused(temp).contains("found 2 files *.safetensors (a.safetensors, …)"));
    Path usual = file("model.safetensors", Archives.soundSafetensors());
    assertEquals(List.of(usual), Checkpoints.open(temp).files());
  }

  @Test
  void foldersOfPyTorch() throws Exception {
    file("training_args.bin", new byte[9]);
    file("pytorch_model.bin", torch());
    assertEquals("pt", Checkpoints.open(temp).format());
    Path index =
        file(
            "pytorch_model.bin.index.json",
            "{\"metadata\":{\"total_size\":1},\"weight_map\":{\"layer.weight\":\"pytorch_model.bin\",\"layer.bias\":\"pytorch_model.bin\"}}"
                .getBytes(StandardCharsets.UTF_8));
    assertEquals(2, Checkpoints.open(temp).files().size());
    assertEquals(2, Checkpoints.open(index).tensors().size());
  }

  static List<Path> onnx() throws IOException {
    return Examples.all(".onnx");
  }

  @ParameterizedTest
  @MethodSource("onnx")
  void readsOnnx(Path file) throws Exception {
    Checkpoint c = Checkpoints.open(file);
    assertEquals("onnx", c.format());
    var initializers = OnnxReader.read(file).graph().initializers();
    for (var e : initializers.entrySet()) {
      StoredTensor t = tensor(c, e.getKey());
      assertEquals(e.getValue().shape(), t.shape());
      long n = t.shape().count();
      if (n > 0) {
        Tensor last = t.read(n - 1, 1, Arena.global());
        assertEquals(e.getValue().at(n - 1), last.at(0));
      }
    }
    assertEquals(c.tensors().size(), Checkpoints.of(OnnxReader.read(file)).tensors().size());
  }

  @Test
  void onnxConstantsAreWeightsToo() throws Exception {
    Path file = Examples.file("mlp5_relu_default.onnx");
    assertTrue(
        Checkpoints.open(file).tensors().stream().anyMatch(t -> t.name().endsWith("weight")));
  }

  @Test
  void shapesAreThoseOfTheTensors() throws Exception {
    Path file = file("x", torch());
    assertEquals(
        List.of(
            new Checkpoints.Listed("layer.weight", DType.F32, Shape.of(2, 3)),
            new Checkpoints.Listed("layer.bias", DType.F32, Shape.of(3))),
        Checkpoints.shapes(file));
  }

  @Test
  void contentDecidesNotTheName() throws Exception {
    assertEquals("pt", Checkpoints.open(file("a.safetensors", torch())).format());
    assertEquals(
        "safetensors", Checkpoints.open(file("a.pt", Archives.soundSafetensors())).format());
    byte[] npy = NpzReaderTest.npy(1, "<f4", false, "(2,)", Archives.floats(1, 2));
    assertEquals("npz", Checkpoints.open(file("a.onnx", npy)).format());
    byte[] npz = Archives.zip(true, Map.of("w.npy", npy));
    Checkpoint c = Checkpoints.open(file("a.bin", npz));
    assertEquals("npz", c.format());
    assertArrayEquals(new double[] {1, 2}, values(tensor(c, "w"), 1));
    assertEquals(
        "onnx", Checkpoints.open(file("m", OnnxBuild.reluMlp(2, 3).toByteArray())).format());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                   | an empty file
          hello                | found text, wanted weights
          <html>404            | a web page
          version https://git-lfs.github.com/spec/v1 | a Git LFS pointer
          {"a": 1}             | without a weight_map
          GGUF\\3\\0\\0\\0          | a GGUF file
          """)
  void saysWhatOtherFilesAre(String text, String says) throws Exception {
    String said = refused(text.translateEscapes().getBytes(StandardCharsets.ISO_8859_1));
    assertTrue(said.contains(says), said);
  }

  @Test
  void missingFilesAndStandardInput() {
    assertThrows(NoSuchFileException.class, () -> Checkpoints.open(temp.resolve("none")));
    assertTrue(refused(Path.of("-")).contains("only ONNX models can come through a pipe"));
  }

  @Test
  void compressedArraysAreReadInAnyOrder() throws Exception {
    double[] numbers = new double[50_000];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (i * 7919L) % 1009;
    }
    byte[] npy = NpzReaderTest.npy(1, "<f4", false, "(50000,)", Archives.floats(numbers));
    StoredTensor t = tensor(open(Archives.zip(false, Map.of("w.npy", npy))), "w");
    assertArrayEquals(numbers, values(t, 12_345));
    for (int at : new int[] {40_000, 39_999, 0, 20_000, 20_001, 49_999, 3}) {
      assertEquals(numbers[at], t.read(at, 1, Arena.global()).at(0));
    }
    assertArrayEquals(numbers, values(t, 50_000));
  }

  @Test
  void damagedCompressedArraysAreRefusedWhenRead() throws Exception {
    Random random = new Random(1);
    double[] numbers = new double[50_000];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextGaussian();
    }
    byte[] npy = NpzReaderTest.npy(1, "<f4", false, "(50000,)", Archives.floats(numbers));
    byte[] zip = Archives.zip(false, Map.of("w.npy", npy));
    int refused = 0;
    for (int at = zip.length / 2; at < zip.length / 2 + 20; at++) {
      byte[] damaged = zip.clone();
      damaged[at] ^= 0x10;
      StoredTensor t = tensor(open(damaged), "w");
      try {
        values(t, 7_000);
      } catch (ModelFormatException e) {
        refused++;
        assertTrue(e.getMessage().contains("array 'w'"), e.getMessage());
      }
    }
    assertEquals(20, refused);
  }

  @Test
  void weightsOfATrainingCheckpoint() throws Exception {
    byte[] pickle =
        Pickles.protocol(2)
            .op('}', '(')
            .text("optimizer")
            .op('}')
            .text("moment")
            .tensor("1", 3, 0, new long[] {3}, 1)
            .op('s')
            .text("state_dict")
            .op('}')
            .text("layer.weight")
            .tensor("0", 6, 0, new long[] {2, 3}, 3, 1)
            .op('s', 'u')
            .stop();
    Checkpoint all = open(Archives.torch(pickle));
    assertEquals(
        List.of("optimizer.moment", "state_dict.layer.weight"),
        all.tensors().stream().map(StoredTensor::name).toList());
    Checkpoint weights = Checkpoints.weightsOnly(all);
    assertEquals(1, weights.tensors().size());
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, values(tensor(weights, "layer.weight"), 4));
    assertEquals(
        List.of(new Checkpoints.Listed("layer.weight", DType.F32, Shape.of(2, 3))),
        Checkpoints.shapes(temp.resolve("weights")));
    Checkpoint plain = open(torch());
    assertEquals(plain, Checkpoints.weightsOnly(plain));
  }

  @Test
  void tiedWeightsSaySo() throws Exception {
    byte[] pickle =
        Pickles.protocol(2)
            .op('}', '(')
            .text("a")
            .tensor("0", 6, 0, new long[] {2, 3}, 3, 1)
            .text("b")
            .tensor("0", 6, 0, new long[] {3, 2}, 1, 3)
            .op('u')
            .stop();
    Checkpoint c = open(Archives.torch(pickle));
    assertFalse(tensor(c, "a").where().contains("shared"));
    assertTrue(tensor(c, "b").where().endsWith("storage '0' shared with 'a'"));
    assertArrayEquals(new double[] {1, 4, 2, 5, 3, 6}, values(tensor(c, "b"), 4));
  }

  @Test
  void torchFilesMayBeBigEndianOrCompressed() throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>(Archives.torchEntries(Pickles.stateDict()));
    Checkpoint packed = open(Archives.zip(false, entries));
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, values(tensor(packed, "layer.weight"), 4));
    entries.put("model/byteorder", "big".getBytes(StandardCharsets.US_ASCII));
    byte[] turned = entries.get("model/data/1").clone();
    for (int i = 0; i < turned.length; i += 4) {
      for (int k = 0; k < 2; k++) {
        byte b = turned[i + k];
        turned[i + k] = turned[i + 3 - k];
        turned[i + 3 - k] = b;
      }
    }
    entries.put("model/data/1", turned);
    Checkpoint big = open(Archives.zip(true, entries));
    assertArrayEquals(new double[] {-1, -2, -3}, values(tensor(big, "layer.bias"), 2));
  }

  @Test
  void gathersEveryKindOfStrides() throws Exception {
    double[] stored = new double[720];
    for (int i = 0; i < stored.length; i++) {
      stored[i] = i;
    }
    long[][] cases = { // sizes, then strides
      {3, 4, 5, 20, 5, 1},
      {5, 4, 3, 1, 5, 20},
      {4, 5, 3, 5, 1, 20},
      {2, 3, 4, 240, 80, 20},
      {1, 6, 2, 999, 7, 3},
      {3, 1, 4, 9, 999, 2},
      {2, 2, 2, 0, 3, 1}
    };
    for (long[] c : cases) {
      byte[] pickle =
          Pickles.protocol(2)
              .tensor("0", 720, 11, new long[] {c[0], c[1], c[2]}, c[3], c[4], c[5])
              .stop();
      Map<String, byte[]> entries = new LinkedHashMap<>(Archives.torchEntries(pickle));
      entries.put("model/data/0", Archives.floats(stored));
      List<Double> want = new ArrayList<>();
      for (long i = 0; i < c[0]; i++) {
        for (long j = 0; j < c[1]; j++) {
          for (long k = 0; k < c[2]; k++) {
            want.add((double) (11 + i * c[3] + j * c[4] + k * c[5]));
          }
        }
      }
      double[] expected = want.stream().mapToDouble(d -> d).toArray();
      for (boolean storedEntries : new boolean[] {true, false}) {
        StoredTensor t = open(Archives.zip(storedEntries, entries)).tensors().getFirst();
        for (long span : new long[] {1, 3, 7, 1000}) {
          assertArrayEquals(expected, values(t, span), java.util.Arrays.toString(c));
        }
      }
    }
  }

  /// Integers with scales stand for floats; an audit looks at those.
  @Test
  void quantisedWeightsAreThereAsNumbers() throws Exception {
    byte[] file = OnnxBuild.model(HostileNetworks.all().get("quantised").toBuilder()).toByteArray();
    RawModel model = OnnxReader.read(new java.io.ByteArrayInputStream(file), "test");
    Graph graph = GraphBuilder.build(model, new Bindings(2, Map.of()));
    Checkpoint all = Checkpoints.of(model, graph);
    StoredTensor v =
        all.tensors().stream().filter(t -> t.name().equals("vd")).findFirst().orElseThrow();
    assertEquals(Shape.of(8, 8), v.shape());
    try (Arena arena = Arena.ofConfined()) {
      double[] x = v.read(0, 64, arena).toDoubles();
      for (int i = 0; i < x.length; i++) {
        assertEquals((i * 37 % 251 - 125) * 0.005, x[i], 1e-6);
      }
    }
    assertTrue(Checkpoints.of(model).tensors().stream().noneMatch(t -> t.name().equals("vd")));
  }
}
