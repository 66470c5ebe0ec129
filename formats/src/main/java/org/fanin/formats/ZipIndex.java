package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.fanin.model.ModelFormatException;

/// The directory of a zip archive, zip64 included (PKWARE APPNOTE.TXT 6.3): where in the file each
/// entry's bytes stand, which [java.util.zip.ZipFile] does not tell and a mapping needs.
///
/// Stricter than most: one disk, no encryption, names in UTF-8 and once each, entries that do not
/// overlap (so that no small file can be a large one many times), nothing before or after.
final class ZipIndex {
  static final int STORED = 0;
  static final int DEFLATED = 8;

  /// Deflate cannot do better (zlib.net/zlib_tech.html): more would be a lie about the size.
  private static final long MOST_PER_PACKED_BYTE = 1032;

  private static final int END_LENGTH = 22;
  private static final int LOCATOR_LENGTH = 20;
  private static final int MAX_COMMENT = 0xffff;
  private static final long NOT_HERE = 0xffff_ffffL;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment all;
  private final String source;
  private final Budget budget;

  private ZipIndex(MemorySegment all, String source, Budget budget) {
    this.all = all;
    this.source = source;
    this.budget = budget;
  }

  /// @param at of the packed bytes in the file
  /// @param packed bytes in the file
  /// @param size bytes when unpacked
  record Entry(String name, int method, long at, long packed, long size, long crc) {
    StoredBytes bytes(Path file) {
      return method == STORED
          ? new StoredBytes.Plain(file, at, size)
          : new DeflatedBytes(file, at, packed, size, crc);
    }

    /// The first `length` bytes, or all if there are less, straight from the mapped file.
    ///
    /// @param inflater used and left reset
    MemorySegment head(MemorySegment all, int length, Inflater inflater)
        throws DataFormatException {
      int n = (int) Math.min(length, size);
      if (method == STORED) {
        return all.asSlice(at, n);
      }
      // deflate makes nothing longer by more than 5 bytes in 16 KiB, and its tables are small
      inflater.setInput(all.asSlice(at, Math.min(packed, 2L * length)).asByteBuffer());
      byte[] out = new byte[n];
      int done = 0;
      for (int got = 1; got > 0 && done < n; done += got) {
        got = inflater.inflate(out, done, n - done);
      }
      inflater.reset();
      return MemorySegment.ofArray(out).asSlice(0, done);
    }
  }

  /// What the end of the file says of the directory.
  private record Directory(long at, long size, long count) {}

  /// @return the entries that are no folders, by name, in the order of the directory
  static Map<String, Entry> read(MemorySegment all, String source, Budget budget)
      throws ModelFormatException {
    return new ZipIndex(all, source, budget).entries();
  }

  private ModelFormatException damaged(String found, String wanted) {
    return new ModelFormatException(source, "a damaged zip archive: " + found, wanted);
  }

  private int u16(long at) {
    return all.get(SHORT, at) & 0xffff;
  }

  private long u32(long at) {
    return all.get(INT, at) & 0xffff_ffffL;
  }

  /// @return −1 for what no file can have
  private long u64(long at) {
    return Math.max(-1, all.get(LONG, at));
  }

  private Map<String, Entry> entries() throws ModelFormatException {
    Directory directory = directory();
    Map<String, Entry> found = new LinkedHashMap<>();
    long at = directory.at;
    long end = directory.at + directory.size;
    long count = 0;
    while (at < end) {
      if (end - at < 46 || u32(at) != 0x0201_4b50) {
        throw damaged("no entry at byte " + at, "one in its directory");
      }
      long next = at + 46 + u16(at + 28) + u16(at + 30) + u16(at + 32);
      if (next > end) {
        throw damaged("an entry at byte " + at + " that ends behind the directory", "it inside");
      }
      Entry e = entry(at, directory.at);
      if (!e.name.endsWith("/") && found.putIfAbsent(e.name, e) != null) {
        throw damaged("two entries " + OnnxContext.quoted(e.name), "one");
      }
      at = next;
      count++;
    }
    if (count != directory.count) {
      throw damaged(count + " entries", directory.count + ", by its end");
    }
    checkOverlaps(found);
    return found;
  }

  private Directory directory() throws ModelFormatException {
    long end = end();
    int disks = u16(end + 4) | u16(end + 6);
    var found = new Directory(u32(end + 16), u32(end + 12), u16(end + 10));
    long limit = end;
    long locator = end - LOCATOR_LENGTH;
    if (locator >= 0 && u32(locator) == 0x0706_4b50) {
      limit = u64(locator + 8);
      if (limit < 0 || limit > locator - 56 || u32(limit) != 0x0606_4b50) {
        throw damaged("no end record at byte " + limit, "one (zip64)");
      }
      disks = 0;
      found = new Directory(u64(limit + 48), u64(limit + 40), u64(limit + 32));
    }
    if (disks != 0) {
      throw damaged("a part of several", "the whole in one file");
    }
    if (found.at < 0 || found.size < 0 || found.at > limit || found.size != limit - found.at) {
      throw damaged(
          "a directory of " + found.size + " bytes at byte " + found.at,
          "one that ends at byte " + limit);
    }
    return found;
  }

  /// The last record whose comment ends with the file.
  private long end() throws ModelFormatException {
    long last = all.byteSize() - END_LENGTH;
    for (long at = last; at >= 0 && at >= last - MAX_COMMENT; at--) {
      if (u32(at) == 0x0605_4b50 && u16(at + 20) == last - at) {
        return at;
      }
    }
    throw damaged("no directory at its end", "a whole file (did a download stop early?)");
  }

  private Entry entry(long at, long directory) throws ModelFormatException {
    int flags = u16(at + 8);
    int method = u16(at + 10);
    int nameLength = u16(at + 28);
    budget.charge(400 + 2L * nameLength);
    String name = name(at + 46, nameLength);
    long size = u32(at + 24);
    long packed = u32(at + 20);
    long local = u32(at + 42);
    long extra = at + 46 + nameLength;
    long[] large = large(extra, extra + u16(at + 30), size, packed, local);
    size = large[0];
    packed = large[1];
    local = large[2];
    String where = "entry " + OnnxContext.quoted(name);
    if ((flags & 1) != 0) {
      throw damaged(where + " encrypted", "no encryption");
    }
    if (method != STORED && method != DEFLATED) {
      throw damaged(where + " packed by method " + method, "0 (stored) or 8 (deflated)");
    }
    long data = data(where, local, at, nameLength, directory);
    if (packed < 0 || packed > directory - data) {
      throw damaged(where + " of " + packed + " bytes at byte " + data, "it before the directory");
    }
    long most = method == STORED ? packed : packed * MOST_PER_PACKED_BYTE + MOST_PER_PACKED_BYTE;
    if (size < 0 || size > most || method == STORED && size != packed) {
      throw damaged(where + " of " + size + " bytes in " + packed, "at most " + most);
    }
    return new Entry(name, method, data, packed, size, u32(at + 16));
  }

  private String name(long at, int length) throws ModelFormatException {
    ByteBuffer bytes = all.asSlice(at, length).asByteBuffer();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException _) {
      throw damaged("an entry whose name is not UTF-8", "UTF-8");
    }
  }

  /// Replaces those of the numbers that are too large for 32 bits by the field that has them.
  private long[] large(long at, long end, long... numbers) throws ModelFormatException {
    long field = at;
    while (end - field >= 4) {
      int length = u16(field + 2);
      long next = field + 4 + length;
      if (next > end) {
        break;
      }
      if (u16(field) == 1) {
        long from = field + 4;
        for (int i = 0; i < numbers.length; i++) {
          if (numbers[i] == NOT_HERE && next - from >= 8) {
            numbers[i] = u64(from);
            from += 8;
          }
        }
        return numbers;
      }
      field = next;
    }
    return numbers;
  }

  /// @return where the bytes behind the local head start, which must name the same entry
  private long data(String where, long local, long central, int nameLength, long directory)
      throws ModelFormatException {
    if (local < 0 || local > directory - 30 - nameLength || u32(local) != 0x0403_4b50) {
      throw damaged("no head of " + where + " at byte " + local, "one");
    }
    if (u16(local + 26) != nameLength
        || MemorySegment.mismatch(
                all,
                local + 30,
                local + 30 + nameLength,
                all,
                central + 46,
                central + 46 + nameLength)
            != -1) {
      throw damaged("another name in the head of " + where, "the same");
    }
    return Math.min(directory, local + 30 + nameLength + u16(local + 28));
  }

  private void checkOverlaps(Map<String, Entry> entries) throws ModelFormatException {
    List<Entry> sorted = new ArrayList<>(entries.values());
    Collections.sort(sorted, Comparator.comparingLong(Entry::at));
    long end = 0;
    for (Entry e : sorted) {
      if (e.at < end) {
        throw damaged("entry " + OnnxContext.quoted(e.name) + " inside another", "no overlap");
      }
      end = e.at + e.packed;
    }
  }
}
