package org.fanin.formats;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;

/// Reads ONNX files: operator set 7 and newer, weights inline or in external data, of any size.
///
/// The file is mapped and stays mapped as long as a tensor of it is reachable; weights are not
/// copied unless the file holds them in a form other than plain little-endian numbers.
public final class OnnxReader {
  private OnnxReader() {}

  /// Reads a file, and the external data beside it.
  ///
  /// @throws ModelFormatException if the file is no ONNX model, or a damaged or forbidden one
  /// @throws IOException if it cannot be read at all
  public static RawModel read(Path file) throws ModelFormatException, IOException {
    String source = file.toString();
    if (Files.isDirectory(file)) {
      throw new ModelFormatException(source, "a folder", "an ONNX model");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // a pipe, as in <(command): it has no size to map and no folder
      try (InputStream in = Files.newInputStream(file)) {
        return read(in, source);
      }
    }
    Arena arena = Arena.ofAuto();
    MemorySegment bytes;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
    Path folder = file.toAbsolutePath().getParent();
    return decode(bytes, source, ExternalData.in(source, folder, arena), Budget.ofThisJvm(source));
  }

  /// Reads a stream to its end. External data is an error: a stream has no folder.
  ///
  /// @param source what to call the stream in messages
  /// @throws ModelFormatException if it is no ONNX model, a damaged one, or too large for the heap
  /// @throws IOException if reading fails
  public static RawModel read(InputStream in, String source)
      throws ModelFormatException, IOException {
    // collecting a stream takes twice its size for a moment
    long limit = Math.min(Integer.MAX_VALUE - 64L, Runtime.getRuntime().maxMemory() / 4);
    byte[] all = in.readNBytes((int) limit);
    if (all.length == limit && in.read() >= 0) {
      throw new ModelFormatException(
          source, "more than " + (limit >> 20) + " MiB on a stream", "less, or a file");
    }
    return decode(
        MemorySegment.ofArray(all),
        source,
        ExternalData.in(source, null, null),
        Budget.ofThisJvm(source));
  }

  static RawModel decode(MemorySegment bytes, String source, ExternalData external, Budget budget)
      throws ModelFormatException, IOException {
    if (bytes.byteSize() == 0) {
      throw new ModelFormatException(source, "an empty file", "an ONNX model");
    }
    var context = new OnnxContext(source, budget, external);
    try {
      return new OnnxModels(context).decode(Wire.of(source, budget, bytes), source);
    } catch (ModelFormatException e) {
      String kind = FileKind.guess(bytes);
      if (kind == null) {
        throw e;
      }
      throw new ModelFormatException(source, kind, "an ONNX model", e);
    }
  }
}
