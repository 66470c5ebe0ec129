package org.fanin.formats;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// The head of a `.npy` array: element type, byte order, axis order, shape
/// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
///
/// @param length of the head itself in bytes
record NpyHeader(long length, DType dtype, boolean bigEndian, boolean fortran, Shape shape) {
  /// numpy's own reader refuses heads beyond 10,000 bytes unless told to trust the file.
  private static final int MAX_HEAD = 10_000;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /// The writer makes exactly this, with keys in alphabetical order; any order is accepted.
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*(?:'([^']*)'|(\\[))");

  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9L,\\s]*)\\)");

  static boolean isNpy(MemorySegment file) {
    if (file.byteSize() < MAGIC.length) {
      return false;
    }
    return Arrays.equals(file.asSlice(0, MAGIC.length).toArray(ValueLayout.JAVA_BYTE), MAGIC);
  }

  /// Reads as much of a stream as [#parse] needs.
  static byte[] head(String where, InputStream in, Budget budget)
      throws ModelFormatException, IOException {
    byte[] start = exactly(where, in, new byte[12], 0, 10);
    if (!isNpy(MemorySegment.ofArray(start))) {
      throw new ModelFormatException(where, "no NumPy array", "only .npy files in the archive");
    }
    int prefix = prefix(start[6]);
    exactly(where, in, start, 10, prefix);
    int total = Math.toIntExact(checkedLength(where, MemorySegment.ofArray(start)));
    budget.charge(total);
    return exactly(where, in, Arrays.copyOf(Arrays.copyOf(start, prefix), total), prefix, total);
  }

  private static byte[] exactly(String where, InputStream in, byte[] into, int from, int to)
      throws ModelFormatException, IOException {
    int got;
    try {
      got = in.readNBytes(into, from, to - from);
    } catch (EOFException e) {
      throw new ModelFormatException(where, "compressed data that ends early", "all of it", e);
    }
    if (got < to - from) {
      throw new ModelFormatException(
          where, "the end of the array's head after " + (from + got) + " bytes", "its shape");
    }
    return into;
  }

  /// Bytes before the dictionary: version 1 has a two-byte length, later ones have four.
  private static int prefix(int version) {
    return version == 1 ? 10 : 12;
  }

  /// @return length of the whole head, as the first bytes state it
  private static long checkedLength(String where, MemorySegment file) throws ModelFormatException {
    int version = file.get(ValueLayout.JAVA_BYTE, 6);
    if (version < 1 || version > 3) {
      throw new ModelFormatException(where, ".npy format version " + version, "1, 2 or 3");
    }
    long n = 0;
    for (int i = prefix(version) - 1; i >= 8; i--) {
      n = n << 8 | (file.get(ValueLayout.JAVA_BYTE, i) & 0xff);
    }
    if (n > MAX_HEAD) {
      throw new ModelFormatException(where, "a head of " + n + " bytes", "at most " + MAX_HEAD);
    }
    return prefix(version) + n;
  }

  /// @param file starts with the magic number, see [#isNpy]; may go on after the head
  static NpyHeader parse(String where, MemorySegment file) throws ModelFormatException {
    long length = file.byteSize() < 12 ? Long.MAX_VALUE : checkedLength(where, file);
    if (length > file.byteSize()) {
      throw new ModelFormatException(where, file.byteSize() + " bytes", "a whole head");
    }
    int prefix = prefix(file.get(ValueLayout.JAVA_BYTE, 6));
    byte[] bytes = file.asSlice(prefix, length - prefix).toArray(ValueLayout.JAVA_BYTE);
    String dict = new String(bytes, StandardCharsets.UTF_8).strip();
    Matcher descr = DESCR.matcher(dict);
    Matcher fortran = FORTRAN.matcher(dict);
    Matcher shape = SHAPE.matcher(dict);
    if (!dict.startsWith("{") || !descr.find() || !fortran.find() || !shape.find()) {
      throw new ModelFormatException(
          where, "head " + dict, "a dictionary of descr, fortran_order and shape");
    }
    String type = descr.group(1) == null ? "of records" : descr.group(1);
    return checked(
        where,
        new NpyHeader(
            length,
            dtype(where, type),
            type.startsWith(">"),
            fortran.group(1).equals("True"),
            shape(where, shape.group(1))));
  }

  private static DType dtype(String where, String descr) throws ModelFormatException {
    String kind =
        descr.isEmpty() ? "" : descr.substring("<>|=".indexOf(descr.charAt(0)) < 0 ? 0 : 1);
    DType found =
        switch (kind) {
          case "f2" -> DType.F16;
          case "f4" -> DType.F32;
          case "f8" -> DType.F64;
          case "i1" -> DType.I8;
          case "i2" -> DType.I16;
          case "i4" -> DType.I32;
          case "i8" -> DType.I64;
          case "u1" -> DType.U8;
          case "u2" -> DType.U16;
          case "u4" -> DType.U32;
          case "u8" -> DType.U64;
          case "b1" -> DType.BOOL;
          default -> DType.OTHER;
        };
    if (found == DType.OTHER) {
      throw new ModelFormatException(
          where, "elements " + descr, "floats of 16 to 64 bits, integers or booleans");
    }
    return found;
  }

  private static Shape shape(String where, String tuple) throws ModelFormatException {
    try {
      long[] dims =
          Arrays.stream(tuple.split(","))
              .map(s -> s.strip().replaceFirst("L$", ""))
              .filter(s -> !s.isEmpty())
              .mapToLong(Long::parseLong)
              .toArray();
      return Shape.of(dims);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          where, "shape (" + tuple + ")", "extents with a product below 2^63", e);
    }
  }

  private static NpyHeader checked(String where, NpyHeader h) throws ModelFormatException {
    if (h.shape.rank() > OnnxTensors.MAX_RANK
        || h.shape.count() > Long.MAX_VALUE / h.dtype.bytes()) {
      throw new ModelFormatException(
          where,
          "shape " + h.shape,
          "at most " + OnnxTensors.MAX_RANK + " axes and less than 2^63 bytes");
    }
    return h;
  }

  /// Bytes of the array's elements.
  long dataBytes() {
    return shape.count() * dtype.bytes();
  }

  ModelFormatException wrongSize(String where, long found) {
    return new ModelFormatException(
        where, found + " bytes of data", dataBytes() + " bytes for shape " + shape);
  }

  /// The tensor of these elements, which are copied only if their order is not ours.
  Tensor tensor(MemorySegment data, Budget budget) throws ModelFormatException {
    MemorySegment ours = data;
    if (bigEndian && dtype.bytes() > 1) {
      ours = swapped(ours, budget);
    }
    if (fortran && shape.rank() > 1) {
      ours = rowMajor(ours, budget);
    }
    return Tensor.of(dtype, shape, ours);
  }

  private MemorySegment swapped(MemorySegment in, Budget budget) throws ModelFormatException {
    int width = dtype.bytes();
    byte[] out = budget.allocate(in.byteSize());
    for (int i = 0; i < out.length; i += width) {
      for (int b = 0; b < width; b++) {
        out[i + b] = in.get(ValueLayout.JAVA_BYTE, i + width - 1L - b);
      }
    }
    return MemorySegment.ofArray(out);
  }

  /// Walks the column-major input in order and keeps the matching row-major position beside it.
  private MemorySegment rowMajor(MemorySegment in, Budget budget) throws ModelFormatException {
    int width = dtype.bytes();
    MemorySegment out = budget.segment(in.byteSize());
    int rank = shape.rank();
    long[] stride = new long[rank];
    long n = 1;
    for (int a = rank - 1; a >= 0; a--) {
      stride[a] = n;
      n *= shape.dim(a);
    }
    long[] index = new long[rank];
    long to = 0;
    for (long from = 0; from < n; from++) {
      MemorySegment.copy(in, from * width, out, to * width, width);
      int a = 0;
      while (a < rank && ++index[a] == shape.dim(a)) {
        to -= (shape.dim(a) - 1) * stride[a];
        index[a++] = 0;
      }
      to += a < rank ? stride[a] : 0;
    }
    return out;
  }
}
