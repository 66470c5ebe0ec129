package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Opens files of weights: safetensors, NumPy, PyTorch state dicts and ONNX models. What a file is
/// is told by its content, never by its name. Opening reads what describes the tensors, not their
/// elements.
public final class Checkpoints {
  private static final String WANTED =
      "weights: safetensors (or its index.json or folder), npz, npy, a PyTorch state dict or ONNX";

  private static final String FILE_WANTED =
      "a file: weights are read in spans, only ONNX models can come through a pipe";

  private Checkpoints() {}

  /// What is known of a tensor before its elements are read.
  ///
  /// @param dtype [DType#OTHER] if Fanin cannot read the elements
  public record Listed(String name, DType dtype, Shape shape) {}

  /// Opens a file, an index of several files, or a folder with one of them.
  ///
  /// @return the tensors in the order of their bytes; none of them read
  /// @throws ModelFormatException if it is nothing of that kind, is damaged, or would have to be
  ///   executed to be read (a pickle that calls functions)
  /// @throws IOException if it cannot be read at all
  public static Checkpoint open(Path file) throws ModelFormatException, IOException {
    return open(file, Budget.ofThisJvm(file.toString()));
  }

  static Checkpoint open(Path file, Budget budget) throws ModelFormatException, IOException {
    String source = file.toString();
    if (Files.isDirectory(file)) {
      Path inside = CheckpointFolder.find(file);
      return openFile(inside, inside.toString(), budget, true);
    }
    if (!Files.exists(file)) {
      if (source.equals("-")) {
        throw new ModelFormatException("-", "standard input", FILE_WANTED);
      }
      throw new NoSuchFileException(source);
    }
    if (!Files.isRegularFile(file)) {
      return openPipe(file);
    }
    return openFile(file, source, budget, true);
  }

  /// The weights of a model already read: initialisers, and Constant nodes that hold floating-point
  /// arrays.
  ///
  /// @throws ModelFormatException if two of them have one name
  public static Checkpoint of(RawModel model) throws ModelFormatException {
    return OnnxCheckpoint.of(model, List.of());
  }

  /// The same with what its graph tells: weights stored as integers with scales are there as the
  /// numbers that they stand for, too.
  ///
  /// @throws ModelFormatException as [#open]
  public static Checkpoint of(RawModel model, Graph graph) throws ModelFormatException {
    return OnnxCheckpoint.of(model, graph);
  }

  /// The weights without the rest of a training checkpoint: if the file is a PyTorch dict such as
  /// `{"state_dict": {…}, "optimizer": {…}}`, only what is in the state dict, by the names it has
  /// there; else the checkpoint as it is.
  public static Checkpoint weightsOnly(Checkpoint all) {
    String under = all.metadata().get(TorchTensors.WEIGHTS_UNDER);
    if (!all.format().equals("pt") || under == null) {
      return all;
    }
    String prefix = under + ".";
    List<StoredTensor> weights =
        all.tensors().stream()
            .filter(t -> t.name().startsWith(prefix))
            .map(t -> (StoredTensor) new Renamed(t.name().substring(prefix.length()), t))
            .toList();
    return new Checkpoint(all.source(), all.format(), weights, Map.of(), all.files());
  }

  private record Renamed(String name, StoredTensor of) implements StoredTensor {
    @Override
    public DType dtype() {
      return of.dtype();
    }

    @Override
    public Shape shape() {
      return of.shape();
    }

    @Override
    public String where() {
      return of.where();
    }

    @Override
    public Tensor read(long first, long count, Arena arena)
        throws IOException, ModelFormatException {
      return of.read(first, count, arena);
    }
  }

  /// Names, types and shapes of the weights of what [#open] finds, see [#weightsOnly], in its
  /// order.
  ///
  /// @throws ModelFormatException as [#open]
  /// @throws IOException as [#open]
  public static List<Listed> shapes(Path file) throws ModelFormatException, IOException {
    return weightsOnly(open(file)).tensors().stream()
        .map((StoredTensor t) -> new Listed(t.name(), t.dtype(), t.shape()))
        .toList();
  }

  private static Checkpoint openPipe(Path pipe) throws ModelFormatException, IOException {
    RawModel model;
    try {
      model = OnnxReader.read(pipe);
    } catch (ModelFormatException e) {
      throw new ModelFormatException(
          pipe.toString(), "a pipe without an ONNX model", FILE_WANTED, e);
    }
    return OnnxCheckpoint.of(model, List.of(pipe));
  }

  private enum Kind {
    SAFETENSORS,
    JSON,
    ZIP,
    NPY,
    PICKLE,
    PERHAPS_ONNX
  }

  /// @param mayBeIndex false for a file that an index names
  private static Checkpoint openFile(Path file, String source, Budget budget, boolean mayBeIndex)
      throws ModelFormatException, IOException {
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size == 0) {
        throw new ModelFormatException(source, "an empty file", WANTED);
      }
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      return switch (kind(all)) {
        case SAFETENSORS -> SafetensorsReader.read(file, all, source, budget);
        case NPY -> NpzCheckpoint.array(file, all, source, budget);
        case ZIP -> zip(file, all, source, budget);
        case PICKLE -> TorchLegacy.read(file, all, source, budget);
        case PERHAPS_ONNX -> onnx(file, all, source);
        case JSON -> {
          if (!mayBeIndex) {
            throw new ModelFormatException(source, "JSON", "weights, for an index names it");
          }
          yield ShardIndex.read(
              file, all, source, budget, f -> openFile(f, f.toString(), budget, false));
        }
      };
    }
  }

  private static Checkpoint zip(Path file, MemorySegment all, String source, Budget budget)
      throws ModelFormatException, IOException {
    Map<String, ZipIndex.Entry> entries = ZipIndex.read(all, source, budget);
    if (TorchZip.is(entries)) {
      return TorchZip.read(file, entries, source, budget);
    }
    if (entries.isEmpty() || entries.keySet().stream().noneMatch(n -> n.endsWith(".npy"))) {
      throw new ModelFormatException(source, "a zip archive of something else", WANTED);
    }
    return NpzCheckpoint.archive(file, all, entries, source, budget);
  }

  private static Kind kind(MemorySegment all) {
    int n = (int) Math.min(9, all.byteSize());
    byte[] b = new byte[9];
    MemorySegment.copy(all, ValueLayout.JAVA_BYTE, 0, b, 0, n);
    // first, for a head of 640 bytes begins as a pickle does
    if (b[8] == '{' && b[4] == 0 && b[5] == 0 && b[6] == 0 && b[7] == 0) {
      return Kind.SAFETENSORS;
    }
    if (NpyHeader.isNpy(all)) {
      return Kind.NPY;
    }
    if (b[0] == 'P' && b[1] == 'K' && b[2] < 9 && b[3] == b[2] + 1) {
      return Kind.ZIP;
    }
    if (b[0] == (byte) 0x80 && b[1] >= 2 && b[1] <= 5) {
      return Kind.PICKLE;
    }
    boolean text = true;
    int first = -1;
    for (int i = 0; i < n; i++) {
      text &= b[i] >= ' ' || b[i] >= 9 && b[i] <= 13;
      first = first < 0 && b[i] > ' ' ? b[i] : first;
    }
    if (text && first == '{') {
      return Kind.JSON;
    }
    return b[8] == '{' ? Kind.SAFETENSORS : Kind.PERHAPS_ONNX;
  }

  private static Checkpoint onnx(Path file, MemorySegment all, String source)
      throws ModelFormatException, IOException {
    try {
      return OnnxCheckpoint.of(OnnxReader.read(file), List.of(file));
    } catch (ModelFormatException e) {
      // an ONNX model starts with its IR version: field 1, a number
      if (all.get(ValueLayout.JAVA_BYTE, 0) == 8) {
        throw e;
      }
      String kind = FileKind.guess(all);
      throw new ModelFormatException(source, kind == null ? "unknown content" : kind, WANTED, e);
    }
  }
}
