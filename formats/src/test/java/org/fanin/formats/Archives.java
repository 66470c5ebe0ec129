package org.fanin.formats;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Builds checkpoint files for tests, the same bytes every time.
final class Archives {
  private Archives() {}

  static byte[] zip(boolean stored, Map<String, byte[]> entries) {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      for (var e : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(e.getKey());
        entry.setTimeLocal(LocalDateTime.of(2026, 1, 1, 0, 0)); // else it is now
        if (stored) {
          CRC32 crc = new CRC32();
          crc.update(e.getValue());
          entry.setMethod(ZipEntry.STORED);
          entry.setSize(e.getValue().length);
          entry.setCrc(crc.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(e.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /// A PyTorch file with this pickle and the storages of [Pickles#stateDict].
  static byte[] torch(byte[] pickle) {
    return zip(true, torchEntries(pickle));
  }

  static Map<String, byte[]> torchEntries(byte[] pickle) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("model/data.pkl", pickle);
    entries.put("model/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    entries.put("model/data/0", floats(1, 2, 3, 4, 5, 6));
    entries.put("model/data/1", floats(-1, -2, -3));
    entries.put("model/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    return entries;
  }

  static byte[] floats(double... values) {
    ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double v : values) {
      b.putFloat((float) v);
    }
    return b.array();
  }

  /// @param head with ' for "
  static byte[] safetensors(String head, byte[] data) {
    byte[] json = head.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return safetensors(json.length, json, data);
  }

  static byte[] safetensors(long length, byte[] head, byte[] data) {
    return ByteBuffer.allocate(8 + head.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(head)
        .put(data)
        .array();
  }

  /// One tensor as it stands in the head, with ' for ".
  static String entry(String name, String type, String shape, long from, long to) {
    return String.format(
        Locale.ROOT,
        "'%s':{'dtype':'%s','shape':%s,'data_offsets':[%d,%d]}",
        name,
        type,
        shape,
        from,
        to);
  }

  /// Two float tensors, 2×3 and 3, not in the order of their bytes.
  static byte[] soundSafetensors() {
    String head =
        "{'__metadata__':{'format':'pt'},"
            + entry("layer.bias", "F32", "[3]", 24, 36)
            + ","
            + entry("layer.weight", "F32", "[2,3]", 0, 24)
            + "}";
    return safetensors(head, floats(1, 2, 3, 4, 5, 6, -1, -2, -3));
  }
}
