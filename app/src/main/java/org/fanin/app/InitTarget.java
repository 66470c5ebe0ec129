package org.fanin.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.fanin.fill.Fills;
import org.fanin.formats.Checkpoints;
import org.fanin.formats.NpzWriter;
import org.fanin.formats.OnnxRewriter;
import org.fanin.formats.SafetensorsWriter;
import org.fanin.formats.TensorOut;
import org.fanin.formats.WriteOptions;
import org.fanin.formats.WriteReport;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.plan.InitPlan;
import org.fanin.plan.TensorPlan;

/// Where weights go: its kind is told by the name.
///
/// @param shardBytes most bytes of a shard, for folders
/// @param externalData whether an ONNX model's tensors go to a file beside it
record InitTarget(Path path, long shardBytes, boolean externalData) {
  private static final String JOURNAL = ".fanin-progress";

  private enum Kind {
    ONNX,
    SAFETENSORS,
    NPZ,
    FOLDER
  }

  private Kind kind() {
    String name =
        path.getFileName() == null ? "" : path.getFileName().toString().toLowerCase(Locale.ROOT);
    if (Files.isDirectory(path)) {
      return Kind.FOLDER;
    }
    if (name.endsWith(".onnx")) {
      return Kind.ONNX;
    }
    if (name.endsWith(".safetensors")) {
      return Kind.SAFETENSORS;
    }
    if (name.endsWith(".npz")) {
      return Kind.NPZ;
    }
    if (name.contains(".")) {
      throw new UsageException(
          "-o: found " + path + ", wanted .onnx, .safetensors, .npz or a folder (sharded)");
    }
    return Kind.FOLDER;
  }

  /// All that a write may write, replace or delete, as far as it has a name already.
  List<Path> touched() throws IOException {
    Path real = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
    List<Path> all = new ArrayList<>(List.of(real, journal()));
    switch (kind()) {
      case ONNX -> all.add(real.resolveSibling(path.getFileName() + ".data"));
      case SAFETENSORS, NPZ -> {}
      case FOLDER -> all.addAll(SafetensorsWriter.inFolder(path));
    }
    return all;
  }

  /// @throws UsageException when another output would lie where a shard or the index will
  void checkBeside(String option, String file) throws IOException {
    if (file == null || JsonTarget.isStdout(file) || kind() != Kind.FOLDER) {
      return;
    }
    Path whole = JsonTarget.path(option, file).toAbsolutePath().normalize();
    Path folder = whole.getParent();
    boolean inside =
        folder != null
            && (Files.isDirectory(folder) && Files.isDirectory(path)
                ? Files.isSameFile(folder, path)
                : folder.equals(path.toAbsolutePath().normalize()));
    if (inside && SafetensorsWriter.writesName(whole.getFileName().toString())) {
      throw new UsageException(option + " and -o both write " + file);
    }
  }

  boolean isOnnx() {
    return kind() == Kind.ONNX;
  }

  /// Where a write of this target that can be continued keeps its journal (docs/init-files.md).
  Path journal() {
    Path real = path.toAbsolutePath();
    return kind() == Kind.FOLDER
        ? real.resolve(JOURNAL)
        : real.resolveSibling("." + real.getFileName() + JOURNAL);
  }

  /// @throws UsageException when this target cannot be continued
  void checkResume() {
    if (kind() == Kind.NPZ) {
      throw new UsageException(
          "--resume: an .npz file cannot be resumed, for its checksums stand before the data; leave"
              + " --resume out, and it is written anew (.safetensors and folders can be resumed)");
    }
  }

  /// @throws UsageException when this source cannot become this target
  void check(InitSource source) {
    if (kind() == Kind.ONNX && source.kind() != InitSource.Kind.MODEL) {
      throw new UsageException(
          "-o: an .onnx file is written from an .onnx model, found " + source.file());
    }
  }

  WriteReport write(InitSource source, InitPlan plan, WriteOptions options)
      throws ModelFormatException, IOException {
    List<TensorOut> out = new ArrayList<>();
    for (TensorPlan t : plan.tensors()) {
      out.add(new TensorOut(t.name(), t.dtype(), t.shape(), () -> Fills.open(plan.seed(), t)));
    }
    return switch (kind()) {
      case ONNX -> {
        Map<String, TensorOut> values = new LinkedHashMap<>();
        out.forEach(t -> values.put(t.name(), t));
        yield OnnxRewriter.rewrite(source.file(), path, values, externalData, options);
      }
      case SAFETENSORS -> SafetensorsWriter.write(path, complete(source, plan, out), options);
      case NPZ -> NpzWriter.write(path, complete(source, plan, out), options);
      case FOLDER ->
          SafetensorsWriter.writeSharded(path, complete(source, plan, out), shardBytes, options);
    };
  }

  /// With the tensors that keep their values, in the source's order.
  private static List<TensorOut> complete(InitSource source, InitPlan plan, List<TensorOut> drawn)
      throws ModelFormatException, IOException {
    if (plan.kept().isEmpty()) {
      return drawn;
    }
    if (source.kind() == InitSource.Kind.SHAPES) {
      InitPlan.Kept k = plan.kept().getFirst();
      throw new UsageException(
          k.name()
              + ": "
              + k.because()
              + ", and a shapes file has no values to keep; give it a scheme with --scheme, or"
              + " leave it out");
    }
    Map<String, TensorOut> all = new HashMap<>();
    drawn.forEach(t -> all.put(t.name(), t));
    Map<String, StoredTensor> stored = new HashMap<>();
    Checkpoints.weightsOnly(Checkpoints.open(source.file()))
        .tensors()
        .forEach(t -> stored.put(t.name(), t));
    Set<String> computed = source.computed();
    for (InitPlan.Kept k : plan.kept()) {
      StoredTensor t = stored.get(k.name());
      if (t == null && computed.contains(k.name())) {
        continue; // its elements are in no tensor of the file
      }
      if (t == null) {
        throw new IllegalStateException("kept tensor " + k.name() + " is not in the file");
      }
      all.put(k.name(), new TensorOut(t.name(), t.dtype(), t.shape(), () -> new CopiedValues(t)));
    }
    List<TensorOut> ordered = new ArrayList<>();
    source.specs().stream()
        .map(s -> all.get(s.name()))
        .filter(Objects::nonNull)
        .forEach(ordered::add);
    return ordered;
  }
}
