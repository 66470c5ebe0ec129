package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.fanin.model.ModelFormatException;

/// A deflated entry of a zip archive. Going forwards costs what is passed over; going back starts
/// anew. What is read in one go from first to last is held against the checksum.
final class DeflatedBytes implements StoredBytes {
  private static final int CHUNK = 1 << 16;

  private final Path file;
  private final long offset;
  private final long packed;
  private final long size;
  private final long crc;

  private Inflater inflater;
  private final CRC32 sum = new CRC32();
  private long taken;
  private long given;

  /// @param offset of the packed bytes in the file
  /// @param packed how many there are
  /// @param size how many bytes they should give
  DeflatedBytes(Path file, long offset, long packed, long size, long crc) {
    this.file = file;
    this.offset = offset;
    this.packed = packed;
    this.size = size;
    this.crc = crc;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public boolean random() {
    return false;
  }

  @Override
  public synchronized MemorySegment span(String where, long first, long length, Arena arena)
      throws IOException, ModelFormatException {
    if (length == 0) {
      return MemorySegment.NULL;
    }
    if (inflater == null || first < given) {
      restart();
    }
    MemorySegment out = arena.allocate(length);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer passed = ByteBuffer.allocate((int) Math.min(CHUNK, first - given));
      while (given < first) {
        inflate(where, channel, passed.clear().limit((int) Math.min(CHUNK, first - given)));
      }
      for (long done = 0; done < length; ) {
        long n = Math.min(CHUNK, length - done);
        inflate(where, channel, out.asSlice(done, n).asByteBuffer());
        done += n;
      }
    } catch (DataFormatException e) {
      release();
      throw new ModelFormatException(
          where, "compressed data that is damaged (" + e.getMessage() + ")", "deflated data", e);
    }
    if (given == size) {
      release();
      checkSum(where);
    }
    return out;
  }

  /// Frees what inflating holds outside of the heap; reading goes on from the start.
  synchronized void release() {
    if (inflater != null) {
      inflater.end();
      inflater = null;
    }
  }

  private void checkSum(String where) throws ModelFormatException {
    if (sum.getValue() != crc) {
      throw new ModelFormatException(
          where,
          "checksum " + Long.toHexString(sum.getValue()),
          Long.toHexString(crc) + " (is the file damaged?)");
    }
  }

  private void restart() {
    if (inflater == null) {
      inflater = new Inflater(true);
    } else {
      inflater.reset();
    }
    sum.reset();
    taken = 0;
    given = 0;
  }

  /// Fills the buffer.
  private void inflate(String where, FileChannel channel, ByteBuffer out)
      throws IOException, DataFormatException, ModelFormatException {
    ByteBuffer all = out.duplicate();
    while (out.hasRemaining()) {
      if (inflater.needsInput()) {
        feed(where, channel);
      }
      int n = inflater.inflate(out);
      if (n == 0 && (inflater.finished() || inflater.needsDictionary())) {
        throw early(where);
      }
      given += n;
    }
    sum.update(all);
  }

  private void feed(String where, FileChannel channel) throws IOException, ModelFormatException {
    // fresh each time, for the inflater keeps it
    ByteBuffer in = ByteBuffer.allocate((int) Math.min(CHUNK, packed - taken));
    int got = in.hasRemaining() ? channel.read(in, offset + taken) : -1;
    if (got <= 0) {
      throw early(where);
    }
    taken += got;
    inflater.setInput(in.flip());
  }

  private ModelFormatException early(String where) {
    long had = given;
    release();
    return new ModelFormatException(
        where, "compressed data that ends near byte " + had, size + " bytes");
  }
}
