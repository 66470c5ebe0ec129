package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/// The bytes of an npz file: a zip archive (PKWARE APPNOTE 6.3) of stored `.npy` arrays (NumPy
/// Enhancement Proposal 1), with zip64 records only where numbers need them, one fixed date, and
/// every array's data at a multiple of 64. Checksums are filled in when the data has gone by.
final class NpzLayout implements StreamedWrite.Watcher {
  private static final long MAX32 = 0xffff_ffffL;
  private static final int MAX16 = 0xffff;
  private static final int LOCAL = 30;
  private static final int CENTRAL = 46;
  private static final int CRC_IN_LOCAL = 14;
  private static final int CRC_IN_CENTRAL = 16;
  private static final short DATE_1980_01_01 = 0x21;

  /// Extra field of Android's zipalign: alignment, then padding that everybody skips.
  private static final short PADDING = (short) 0xd935;

  private static final int PADDING_HEAD = 6;
  private static final int ALIGN = 64;

  /// @param start of the local header
  /// @param from first byte of the content
  private record Entry(byte[] name, long start, long from, long size) {
    long to() {
      return from + size;
    }
  }

  private final List<Part> parts = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();
  private final List<Long> centrals = new ArrayList<>();
  private final Map<Long, byte[]> patches = new TreeMap<>();
  private long length;
  private int watched;
  private CRC32 crc = new CRC32();

  NpzLayout(List<TensorOut> tensors, String comment) {
    tensors.forEach(this::add);
    directory(comment.getBytes(StandardCharsets.UTF_8));
  }

  FileImage image() {
    return new FileImage(parts);
  }

  private void add(TensorOut t) {
    byte[] name = (t.name() + ".npy").getBytes(StandardCharsets.UTF_8);
    if (name.length > MAX16) {
      throw new IllegalArgumentException("a tensor name of " + name.length + " bytes fits no zip");
    }
    byte[] head = head(t);
    long size = head.length + t.bytes();
    boolean zip64 = size >= MAX32;
    int extra = zip64 ? 20 : 0;
    long unpadded = length + LOCAL + name.length + extra + PADDING_HEAD;
    int pad = (int) (-unpadded & (ALIGN - 1));
    ByteBuffer b = le(LOCAL + name.length + extra + PADDING_HEAD + pad);
    b.putInt(0x04034b50).putShort(version(zip64)).putShort(flags(name)).putShort((short) 0);
    b.putShort((short) 0).putShort(DATE_1980_01_01).putInt(0);
    b.putInt((int) Math.min(size, MAX32)).putInt((int) Math.min(size, MAX32));
    b.putShort((short) name.length).putShort((short) (extra + PADDING_HEAD + pad)).put(name);
    if (zip64) {
      b.putShort((short) 1).putShort((short) 16).putLong(size).putLong(size);
    }
    b.putShort(PADDING).putShort((short) (2 + pad)).putShort((short) ALIGN);
    entries.add(new Entry(name, length, length + b.capacity(), size));
    literal(b.array());
    literal(head);
    parts.add(new Part.Filled(t));
    length += t.bytes();
  }

  private void literal(byte[] bytes) {
    parts.add(Part.Literal.of(bytes));
    length += bytes.length;
  }

  private static ByteBuffer le(int n) {
    return ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// Version needed to extract: 4.5 for zip64, else 2.0.
  private static short version(boolean zip64) {
    return (short) (zip64 ? 45 : 20);
  }

  /// Bit 11: the name is UTF-8.
  private static short flags(byte[] name) {
    for (byte c : name) {
      if (c < 0) {
        return 1 << 11;
      }
    }
    return 0;
  }

  private static byte[] head(TensorOut t) {
    String dims =
        t.shape().toList().stream().map(String::valueOf).collect(Collectors.joining(", "));
    String tuple = "(" + dims + (t.shape().rank() == 1 ? "," : "") + ")";
    String dict = "{'descr': '" + descr(t) + "', 'fortran_order': False, 'shape': " + tuple + ", }";
    int n = (10 + dict.length() + 1 + ALIGN - 1) / ALIGN * ALIGN;
    String padded = dict + " ".repeat(n - 10 - dict.length() - 1) + "\n";
    ByteBuffer b = le(n).put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    b.put((byte) 1).put((byte) 0).putShort((short) (n - 10));
    return b.put(padded.getBytes(StandardCharsets.US_ASCII)).array();
  }

  private static String descr(TensorOut t) {
    return switch (t.dtype()) {
      case F16 -> "<f2";
      case F32 -> "<f4";
      case F64 -> "<f8";
      case I8 -> "|i1";
      case I16 -> "<i2";
      case I32 -> "<i4";
      case I64 -> "<i8";
      case U8 -> "|u1";
      case U16 -> "<u2";
      case U32 -> "<u4";
      case U64 -> "<u8";
      case BOOL -> "|b1";
      case BF16, F8E4M3, F8E5M2, OTHER ->
          throw new IllegalArgumentException(
              "tensor "
                  + t.name()
                  + " of type "
                  + t.dtype()
                  + ": NumPy has no such type; write safetensors, or --dtype f16 or f32");
    };
  }

  /// The central directory and its end, with a comment.
  private void directory(byte[] comment) {
    if (comment.length > MAX16) {
      throw new IllegalArgumentException("provenance of " + comment.length + " bytes; 65,535 fit");
    }
    long start = length;
    for (Entry e : entries) {
      centrals.add(length);
      literal(central(e));
    }
    long size = length - start;
    boolean zip64 = entries.size() >= MAX16 || size >= MAX32 || start >= MAX32;
    if (zip64) {
      ByteBuffer b = le(56 + 20).putInt(0x06064b50).putLong(44).putShort((short) 45);
      b.putShort((short) 45).putInt(0).putInt(0).putLong(entries.size()).putLong(entries.size());
      b.putLong(size).putLong(start);
      literal(b.putInt(0x07064b50).putInt(0).putLong(length).putInt(1).array());
    }
    short n = (short) Math.min(entries.size(), MAX16);
    ByteBuffer b = le(22 + comment.length).putInt(0x06054b50).putInt(0).putShort(n).putShort(n);
    b.putInt((int) Math.min(size, MAX32)).putInt((int) Math.min(start, MAX32));
    literal(b.putShort((short) comment.length).put(comment).array());
  }

  private static byte[] central(Entry e) {
    boolean large = e.size() >= MAX32;
    boolean far = e.start() >= MAX32;
    int extra = large || far ? 4 + (large ? 16 : 0) + (far ? 8 : 0) : 0;
    ByteBuffer b = le(CENTRAL + e.name().length + extra).putInt(0x02014b50);
    b.putShort(version(extra > 0)).putShort(version(extra > 0)).putShort(flags(e.name()));
    b.putShort((short) 0).putShort((short) 0).putShort(DATE_1980_01_01).putInt(0);
    b.putInt((int) Math.min(e.size(), MAX32)).putInt((int) Math.min(e.size(), MAX32));
    b.putShort((short) e.name().length).putShort((short) extra).putShort((short) 0);
    b.putShort((short) 0).putShort((short) 0).putInt(0);
    b.putInt((int) Math.min(e.start(), MAX32)).put(e.name());
    if (extra > 0) {
      b.putShort((short) 1).putShort((short) (extra - 4));
    }
    if (large) {
      b.putLong(e.size()).putLong(e.size());
    }
    if (far) {
      b.putLong(e.start());
    }
    return b.array();
  }

  @Override
  public void block(long at, MemorySegment bytes) {
    long end = at + bytes.byteSize();
    while (watched < entries.size()) {
      Entry e = entries.get(watched);
      long from = Math.max(e.from(), at);
      long to = Math.min(e.to(), end);
      if (from < to) {
        crc.update(bytes.asSlice(from - at, to - from).asByteBuffer());
      }
      if (e.to() > end) {
        return;
      }
      byte[] sum = le(4).putInt((int) crc.getValue()).array();
      patches.put(e.start() + CRC_IN_LOCAL, sum);
      patches.put(centrals.get(watched) + CRC_IN_CENTRAL, sum);
      crc = new CRC32();
      watched++;
    }
  }

  @Override
  public Map<Long, byte[]> patches() {
    return patches;
  }
}
