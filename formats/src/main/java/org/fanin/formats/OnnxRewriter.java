package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.fanin.model.ModelFormatException;

/// Writes an ONNX model again with other weights. Everything else stays, byte for byte: nodes,
/// names, order of fields, fields nobody knows. Weights stay where they were: in the model, in
/// Constant nodes, or outside in a data file, which is written anew beside the output. Only what a
/// ConstantOfShape node made becomes an initialiser of the same name in place of the node.
///
/// The model is never whole in memory, its tensors not even one by one.
public final class OnnxRewriter {
  /// What protobuf readers take.
  private static final long MOST_BYTES = Integer.MAX_VALUE;

  private OnnxRewriter() {}

  /// @param in is only read
  /// @param out another file; data outside the model goes to `OUT.data` beside it
  /// @param values new values by the name of the stored tensor: an initialiser, or the output of a
  ///   Constant or ConstantOfShape node. Types and shapes are those of the model
  /// @param externalData whether tensors from 1 kB on are moved out of the model; done unasked when
  ///   the model would exceed the 2 GB of protobuf
  /// @throws IllegalArgumentException if a name is no stored tensor of the model, or values do not
  ///   fit it
  /// @throws ModelFormatException if the input is no sound ONNX model
  /// @throws IOException if something is in the way, space is short or writing fails; nothing is
  ///   written then
  public static WriteReport rewrite(
      Path in, Path out, Map<String, TensorOut> values, boolean externalData, WriteOptions options)
      throws ModelFormatException, IOException {
    return rewrite(in, out, values, externalData, options, MOST_BYTES);
  }

  static WriteReport rewrite(
      Path in,
      Path out,
      Map<String, TensorOut> values,
      boolean externalData,
      WriteOptions options,
      long most)
      throws ModelFormatException, IOException {
    if (!Files.isRegularFile(in)) {
      throw new FileSystemException(in.toString(), null, "no regular file, which rewriting needs");
    }
    OnnxReader.read(in); // from here on the file is known to be sound
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(in, StandardOpenOption.READ);
        OnnxSources sources = new OnnxSources(in)) {
      MemorySegment map = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      OnnxRewriter.Made made = make(in, out, map, sources, values, externalData, options);
      if (made.model.length() > most && !externalData) {
        made = make(in, out, map, sources, values, true, options);
      }
      if (made.model.length() > most) {
        throw new IllegalArgumentException(
            in + " would take more than 2 GB even with its tensors outside: what protobuf takes");
      }
      return write(in, out, made, sources, options);
    }
  }

  private record Made(Rope model, OnnxDataFile data) {}

  private static Made make(
      Path in,
      Path out,
      MemorySegment map,
      OnnxSources sources,
      Map<String, TensorOut> values,
      boolean externalData,
      WriteOptions options)
      throws ModelFormatException, IOException {
    String source = in.toString();
    Budget budget = Budget.ofThisJvm(source);
    Path folder = in.toAbsolutePath().getParent();
    var context = new OnnxContext(source, budget, ExternalData.in(source, folder, Arena.ofAuto()));
    OnnxDataFile data = new OnnxDataFile(out.getFileName() + ".data");
    var tensors = new OnnxTensorRewrite(context, sources, data, externalData);
    var rewrite = new OnnxRewrite(context, sources, tensors, values, options.stamped());
    Rope model = rewrite.model(Wire.of(source, budget, map));
    Set<String> unused = new TreeSet<>(values.keySet());
    unused.removeAll(rewrite.used());
    if (!unused.isEmpty()) {
      throw new IllegalArgumentException(
          in
              + " stores no tensor named "
              + String.join(", ", unused.stream().limit(3).toList())
              + (unused.size() > 3 ? " and " + (unused.size() - 3) + " more" : "")
              + " (what nodes compute from stored tensors cannot be rewritten)");
    }
    return new Made(model, data);
  }

  private static WriteReport write(
      Path in, Path out, Made made, OnnxSources sources, WriteOptions options) throws IOException {
    List<StreamedWrite.Item> items = new ArrayList<>();
    // behind a link, model and data still have to lie side by side
    Path real = Files.exists(out) ? out.toRealPath() : out;
    FileImage data = new FileImage(made.data.parts());
    if (data.length() > 0) {
      items.add(new StreamedWrite.Item(real.resolveSibling(made.data.location()), data));
    }
    items.add(new StreamedWrite.Item(real, new FileImage(made.model.parts())));
    for (StreamedWrite.Item i : items) {
      refuseInput(i.target(), in, sources);
    }
    Path journal =
        items.stream().mapToLong(i -> i.image().length()).sum() < options.journalFrom()
            ? null
            : real.toAbsolutePath().resolveSibling("." + real.getFileName() + ".fanin-progress");
    String was = Files.size(in) + "_bytes_of_" + Files.getLastModifiedTime(in);
    return new StreamedWrite(items, journal, Map.of("input", was), options).run();
  }

  private static void refuseInput(Path target, Path in, OnnxSources sources) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    boolean input = Files.isSameFile(target, in);
    for (Path p : sources.dataFiles()) {
      input |= Files.isSameFile(target, p);
    }
    if (input) {
      throw new FileSystemException(
          target.toString(), null, "belongs to the input, which is never written to; name another");
    }
  }
}
