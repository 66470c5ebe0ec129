package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.Shape;

/// NumPy arrays as a checkpoint: the heads are read, the elements are left where they are, in
/// whatever byte and axis order they have.
final class NpzCheckpoint {
  /// As much of an entry as its head can take.
  private static final int HEAD = 10_100;

  private NpzCheckpoint() {}

  static Checkpoint array(Path file, MemorySegment all, String source, Budget budget)
      throws ModelFormatException {
    var listing = new Listing(source, budget);
    NpyHeader header = NpyHeader.parse(source, all);
    var bytes = new StoredBytes.Plain(file, 0, all.byteSize());
    listing.add(tensor(NpzReader.ONLY_ARRAY, header, bytes, source));
    return new Checkpoint(source, "npz", listing.all(), Map.of(), List.of(file));
  }

  static Checkpoint archive(
      Path file,
      MemorySegment all,
      Map<String, ZipIndex.Entry> entries,
      String source,
      Budget budget)
      throws ModelFormatException {
    var listing = new Listing(source, budget);
    Inflater inflater = new Inflater(true);
    try {
      for (ZipIndex.Entry e : entries.values()) {
        String name = e.name().endsWith(".npy") ? cut(e.name()) : e.name();
        String where = source + ": array " + OnnxContext.quoted(name);
        MemorySegment head = head(e, all, inflater, where);
        listing.add(tensor(name, NpyHeader.parse(where, head), e.bytes(file), where));
      }
    } finally {
      inflater.end();
    }
    return new Checkpoint(source, "npz", listing.all(), Map.of(), List.of(file));
  }

  private static MemorySegment head(
      ZipIndex.Entry e, MemorySegment all, Inflater inflater, String where)
      throws ModelFormatException {
    MemorySegment head;
    try {
      head = e.head(all, HEAD, inflater);
    } catch (DataFormatException x) {
      throw new ModelFormatException(
          where, "compressed data that is damaged (" + x.getMessage() + ")", "deflated data", x);
    }
    if (!NpyHeader.isNpy(head)) {
      throw new ModelFormatException(where, "no NumPy array", "only .npy files in the archive");
    }
    return head;
  }

  private static String cut(String name) {
    return name.substring(0, name.length() - 4);
  }

  private static StoredTensor tensor(String name, NpyHeader h, StoredBytes bytes, String where)
      throws ModelFormatException {
    long found = bytes.size() - h.length();
    if (found != h.dataBytes()) {
      throw h.wrongSize(where, found);
    }
    List<Long> strides = h.fortran() && h.shape().rank() > 1 ? columnMajor(h.shape()) : List.of();
    return new SpanTensor(
        name, h.dtype(), h.shape(), bytes, h.length(), strides, h.bigEndian(), where);
  }

  private static List<Long> columnMajor(Shape shape) {
    Long[] strides = new Long[shape.rank()];
    long n = 1;
    for (int a = 0; a < strides.length; a++) {
      strides[a] = n;
      n *= Math.max(1, shape.dim(a));
    }
    return Collections.unmodifiableList(Arrays.asList(strides));
  }
}
