package org.fanin.formats;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;

/// Reads ONNX files: operator set 7 and newer, weights inline or in external data, of any size.
///
/// The file is mapped and stays mapped as long as a tensor of it is reachable; weights are not
/// copied unless the file holds them in a form other than plain little-endian numbers.
public final class OnnxReader {
  /// So much of a stream is looked at before the rest is kept.
  private static final int HEAD = 1 << 16;

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

  /// Real paths of the external data that a model names; of a damaged one those before the damage.
  static Set<Path> dataFiles(Path file) throws IOException {
    String source = file.toString();
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      var external = ExternalData.in(source, file.toAbsolutePath().getParent(), arena);
      try {
        decode(bytes, source, external, Budget.ofThisJvm(source));
      } catch (ModelFormatException _) {
        // reading it will say so
      }
      return external.files();
    }
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
    byte[] head = in.readNBytes(HEAD);
    if (!Wire.mayBegin(head)) {
      String kind =
          head.length == 0 ? "an empty file" : FileKind.guess(MemorySegment.ofArray(head));
      throw new ModelFormatException(
          source, kind == null ? "a stream of something else" : kind, "an ONNX model");
    }
    byte[] rest = in.readNBytes((int) limit - HEAD);
    byte[] all = Arrays.copyOf(head, head.length + rest.length);
    System.arraycopy(rest, 0, all, head.length, rest.length);
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
