package org.fanin.formats;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Tensor;

/// Reads NumPy arrays: `.npz` archives (stored or deflated, zip64) and single `.npy` files, format
/// versions 1 to 3, of booleans, integers and floats.
///
/// Values come out little-endian and in C order, whatever the file has. A single array that has
/// them so already is mapped and not copied; arrays of an archive are copied to the heap.
public final class NpzReader {
  /// Name of the array of a `.npy` file, which has none; numpy.savez calls its first one so.
  public static final String ONLY_ARRAY = "arr_0";

  /// Deflate cannot do better (zlib.net/zlib_tech.html): more would be a lie about the size.
  private static final long MOST_PER_COMPRESSED_BYTE = 1032;

  private static final int CHUNK = 1 << 16;

  private NpzReader() {}

  /// Reads all arrays of a file.
  ///
  /// @return the arrays by name, in file order; `x.npy` of an archive is `x`
  /// @throws ModelFormatException if the file is no such file, is damaged, holds something other
  ///   than numbers, or would take more than half of the heap
  /// @throws IOException if it cannot be read at all
  public static Map<String, Tensor> read(Path file) throws ModelFormatException, IOException {
    return read(file, Budget.ofThisJvm(file.toString()));
  }

  static Map<String, Tensor> read(Path file, Budget budget)
      throws ModelFormatException, IOException {
    String source = file.toString();
    if (Files.isDirectory(file)) {
      throw new ModelFormatException(source, "a folder", "a NumPy file (.npz or .npy)");
    }
    MemorySegment bytes;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
    }
    if (NpyHeader.isNpy(bytes)) {
      return Map.of(ONLY_ARRAY, array(source, bytes, budget));
    }
    if (!startsLikeZip(bytes)) {
      String kind = bytes.byteSize() == 0 ? "an empty file" : FileKind.guess(bytes);
      throw new ModelFormatException(
          source, kind == null ? "unknown content" : kind, "a NumPy file (.npz or .npy)");
    }
    return archive(file, source, bytes.byteSize(), budget);
  }

  private static boolean startsLikeZip(MemorySegment bytes) {
    return bytes.byteSize() >= 4
        && bytes.get(ValueLayout.JAVA_BYTE, 0) == 'P'
        && bytes.get(ValueLayout.JAVA_BYTE, 1) == 'K';
  }

  private static Tensor array(String source, MemorySegment file, Budget budget)
      throws ModelFormatException {
    NpyHeader header = NpyHeader.parse(source, file);
    long found = file.byteSize() - header.length();
    if (found != header.dataBytes()) {
      throw header.wrongSize(source, found);
    }
    return header.tensor(file.asSlice(header.length(), found), budget);
  }

  private static Map<String, Tensor> archive(Path file, String source, long size, Budget budget)
      throws ModelFormatException, IOException {
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (Iterator<? extends ZipEntry> i = zip.entries().asIterator(); i.hasNext(); ) {
        ZipEntry entry = i.next();
        if (entry.isDirectory()) {
          continue;
        }
        String name = entry.getName().replaceFirst("\\.npy$", "");
        String where = source + ": array " + OnnxContext.quoted(name);
        budget.charge(1000 + 2L * name.length());
        if (arrays.put(name, entry(zip, entry, where, size, budget)) != null) {
          throw new ModelFormatException(where, "two arrays of this name", "one");
        }
      }
    } catch (ZipException | EOFException e) {
      throw new ModelFormatException(
          source, "a damaged archive (" + e.getMessage() + ")", "a whole NumPy archive", e);
    }
    return Collections.unmodifiableMap(arrays);
  }

  private static Tensor entry(
      ZipFile zip, ZipEntry entry, String where, long fileSize, Budget budget)
      throws ModelFormatException, IOException {
    long compressed = entry.getCompressedSize();
    if (compressed < 0 || compressed > fileSize) {
      throw new ModelFormatException(
          where, compressed + " compressed bytes in a file of " + fileSize, "no more than that");
    }
    CRC32 crc = new CRC32();
    try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), crc)) {
      byte[] head = NpyHeader.head(where, in, budget);
      NpyHeader header = NpyHeader.parse(where, MemorySegment.ofArray(head));
      long want = header.dataBytes();
      long most =
          entry.getMethod() == ZipEntry.STORED
              ? compressed
              : compressed * MOST_PER_COMPRESSED_BYTE + MOST_PER_COMPRESSED_BYTE;
      if (want > most) {
        throw new ModelFormatException(
            where,
            "at most " + most + " bytes of data",
            want + " bytes for shape " + header.shape());
      }
      MemorySegment data = body(in, header, where, budget);
      if (crc.getValue() != entry.getCrc()) { // ZipFile, unlike ZipInputStream, does not look
        throw new ModelFormatException(
            where,
            "checksum " + Long.toHexString(crc.getValue()),
            Long.toHexString(entry.getCrc()) + " (is the file damaged?)");
      }
      return header.tensor(data, budget);
    }
  }

  private static MemorySegment body(InputStream in, NpyHeader header, String where, Budget budget)
      throws ModelFormatException, IOException {
    byte[] data = budget.allocate(header.dataBytes());
    int n = 0;
    while (n < data.length) {
      int got = in.read(data, n, Math.min(CHUNK, data.length - n));
      if (got < 0) {
        throw header.wrongSize(where, n);
      }
      n += got;
    }
    if (in.read() >= 0) {
      throw new ModelFormatException(
          where, "more data than its shape " + header.shape() + " holds", data.length + " bytes");
    }
    return MemorySegment.ofArray(data);
  }
}
