package org.fanin.formats;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Reads the head of safetensors files: eight bytes of length, JSON, then the elements of all
/// tensors without a hole (github.com/huggingface/safetensors, README, "Format"). What the
/// reference implementation refuses is refused.
final class SafetensorsReader {
  /// MAX_HEADER_SIZE of the reference implementation.
  private static final long MAX_HEAD = 100_000_000;

  private static final String METADATA = "__metadata__";

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final String source;
  private final Budget budget;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final List<Entry> entries = new ArrayList<>();

  private SafetensorsReader(Path file, String source, Budget budget) {
    this.file = file;
    this.source = source;
    this.budget = budget;
  }

  /// @param from first byte behind the head
  /// @param to one behind the last
  private record Entry(String name, String type, Shape shape, long from, long to) {}

  /// @param all the mapped file; not kept
  static Checkpoint read(Path file, MemorySegment all, String source, Budget budget)
      throws ModelFormatException, IOException {
    var reader = new SafetensorsReader(file, source, budget);
    long head = reader.headLength(all);
    MemorySegment json = all.asSlice(8, head);
    if (json.get(ValueLayout.JAVA_BYTE, 0) != '{') {
      throw reader.bad("", "a head that does not start with {", "a JSON object");
    }
    try (var in = new JsonInput(source + ": head", json, budget)) {
      reader.head(in);
    }
    List<StoredTensor> tensors = reader.tensors(8 + head, all.byteSize());
    return new Checkpoint(source, "safetensors", tensors, reader.metadata, List.of(file));
  }

  private ModelFormatException bad(String name, String found, String wanted) {
    String where = name.isEmpty() ? source : where(name);
    return new ModelFormatException(where, found, wanted);
  }

  private String where(String name) {
    return source + ": tensor " + OnnxContext.quoted(name);
  }

  private long headLength(MemorySegment all) throws ModelFormatException {
    if (all.byteSize() < 10) {
      throw bad("", all.byteSize() + " bytes", "a safetensors file");
    }
    long n = all.get(LONG, 0);
    if (n < 2 || n > MAX_HEAD) {
      throw bad("", "a head of " + Long.toUnsignedString(n) + " bytes", "2 to " + MAX_HEAD);
    }
    if (n > all.byteSize() - 8) {
      throw bad(
          "",
          "a head of " + n + " bytes in a file of " + all.byteSize(),
          "a whole file (did a download stop early?)");
    }
    return n;
  }

  private void head(JsonInput in) throws ModelFormatException, IOException {
    in.expect(JsonToken.START_OBJECT, "an object of tensors");
    boolean seen = false;
    for (String name = in.name(); name != null; name = in.name()) {
      if (!name.equals(METADATA)) {
        entries.add(entry(name, in));
        continue;
      }
      if (seen) {
        throw in.bad("a second " + METADATA, "one");
      }
      seen = true;
      metadata(in);
    }
    in.expectEnd();
  }

  private void metadata(JsonInput in) throws ModelFormatException, IOException {
    in.expect(JsonToken.START_OBJECT, "an object of texts in " + METADATA);
    for (String key = in.name(); key != null; key = in.name()) {
      String value = in.text("a text for each name in " + METADATA);
      if (metadata.put(key, value) != null) {
        throw in.bad("two of " + OnnxContext.quoted(key) + " in " + METADATA, "one");
      }
    }
  }

  private Entry entry(String name, JsonInput in) throws ModelFormatException, IOException {
    budget.charge(200);
    in.expect(JsonToken.START_OBJECT, "dtype, shape and data_offsets of " + name);
    String type = null;
    long[] dims = null;
    long[] span = null;
    for (String key = in.name(); key != null; key = in.name()) {
      boolean twice = false;
      switch (key) {
        case "dtype" -> {
          twice = type != null;
          type = in.text("the name of a type");
        }
        case "shape" -> {
          twice = dims != null;
          dims = numbers(in, OnnxTensors.MAX_RANK, "extents");
        }
        case "data_offsets" -> {
          twice = span != null;
          span = numbers(in, 2, "two offsets");
        }
        default -> in.skip();
      }
      if (twice) {
        throw bad(name, "two of '" + key + "'", "one");
      }
    }
    if (type == null || dims == null || span == null || span.length != 2) {
      throw bad(name, "a tensor not wholly described", "dtype, shape and two data_offsets");
    }
    return new Entry(name, type, shape(name, dims), span[0], span[1]);
  }

  private Shape shape(String name, long[] dims) throws ModelFormatException {
    try {
      return Shape.of(dims);
    } catch (IllegalArgumentException e) {
      throw bad(name, e.getMessage(), "extents with a product below 2^63");
    }
  }

  private static long[] numbers(JsonInput in, int most, String what)
      throws ModelFormatException, IOException {
    in.expect(JsonToken.START_ARRAY, "an array of " + what);
    long[] found = new long[4];
    int n = 0;
    for (JsonToken t = in.next(); t != JsonToken.END_ARRAY; t = in.next()) {
      long v = in.number(t, "whole numbers");
      if (v < 0 || n == most) {
        throw in.bad(v < 0 ? "the number " + v : "more numbers", "at most " + most + ", none < 0");
      }
      found = n == found.length ? Arrays.copyOf(found, 2 * n) : found;
      found[n++] = v;
    }
    return Arrays.copyOf(found, n);
  }

  /// @param start of the elements in the file
  private List<StoredTensor> tensors(long start, long size) throws ModelFormatException {
    entries.sort(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to));
    var listing = new Listing(source, budget);
    long at = 0;
    for (Entry e : entries) {
      if (e.from != at || e.to < e.from) {
        throw bad(
            e.name,
            "data_offsets " + e.from + " to " + e.to + (e.from < at ? ", an overlap" : ""),
            "data from byte " + at + " on: no hole, no overlap");
      }
      if (e.to > size - start) {
        throw bad(
            e.name,
            "data to byte " + e.to + " of " + (size - start) + " that the file has",
            "a whole file (did a download stop early?)");
      }
      at = e.to;
      listing.add(tensor(e, start));
    }
    if (at != size - start) {
      throw bad("", size - start + " bytes behind the head", at + ", the end of the last tensor");
    }
    return listing.all();
  }

  private StoredTensor tensor(Entry e, long start) throws ModelFormatException {
    int bits = bits(e.type);
    long bytes = e.to - e.from;
    // 0 bits: a type younger than this program, whose size cannot be checked
    if (bits > 0 && !fits(e.shape.count(), bits, bytes)) {
      throw bad(
          e.name, bytes + " bytes of data", "those of shape " + e.shape + " of type " + e.type);
    }
    DType dtype = dtype(e.type);
    String where = where(e.name);
    if (dtype == DType.OTHER) {
      String type = e.type.length() <= 40 ? e.type : e.type.substring(0, 40) + "…";
      return new UnreadableTensor(e.name, e.shape, where, "elements of type " + type);
    }
    var stored = new StoredBytes.Plain(file, start + e.from, bytes);
    return SpanTensor.rowMajor(e.name, dtype, e.shape, stored, 0, where);
  }

  private static boolean fits(long count, int bits, long bytes) {
    return Math.multiplyHigh(count, bits) == 0
        && count * bits >= 0
        && (count * bits) % 8 == 0
        && count * bits / 8 == bytes;
  }

  static DType dtype(String type) {
    return switch (type) {
      case "F64" -> DType.F64;
      case "F32" -> DType.F32;
      case "F16" -> DType.F16;
      case "BF16" -> DType.BF16;
      case "F8_E4M3" -> DType.F8E4M3;
      case "F8_E5M2" -> DType.F8E5M2;
      case "I64" -> DType.I64;
      case "I32" -> DType.I32;
      case "I16" -> DType.I16;
      case "I8" -> DType.I8;
      case "U64" -> DType.U64;
      case "U32" -> DType.U32;
      case "U16" -> DType.U16;
      case "U8" -> DType.U8;
      case "BOOL" -> DType.BOOL;
      default -> DType.OTHER;
    };
  }

  private static int bits(String type) {
    return switch (type) {
      case "F4" -> 4;
      case "F6_E2M3", "F6_E3M2" -> 6;
      case "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ" -> 8;
      case "C64" -> 64;
      default -> 8 * dtype(type).bytes();
    };
  }
}
