package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.fanin.model.ModelFormatException;

/// Bytes of a file that are had a span at a time, so that a file larger than the memory can be read
/// through.
sealed interface StoredBytes permits StoredBytes.Plain, DeflatedBytes {
  /// How many there are.
  long size();

  /// Whether any span costs no more than the bytes in it.
  boolean random();

  /// Bytes `first` to `first + length − 1`, alive as long as the arena.
  ///
  /// @param where what they belong to, for messages
  /// @throws ModelFormatException if the file does not hold what it held when it was opened
  MemorySegment span(String where, long first, long length, Arena arena)
      throws IOException, ModelFormatException;

  /// Bytes as they stand in the file.
  record Plain(Path file, long offset, long size) implements StoredBytes {
    @Override
    public boolean random() {
      return true;
    }

    /// Opened for every span: a mapping outlives its channel, and a checkpoint that need not be
    /// closed cannot be forgotten.
    @Override
    public MemorySegment span(String where, long first, long length, Arena arena)
        throws IOException, ModelFormatException {
      if (length == 0) {
        return MemorySegment.NULL;
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        long now = channel.size();
        if (offset + first + length > now) {
          throw new ModelFormatException(
              where,
              "a file that has shrunk to " + now + " bytes since it was opened",
              "one that nobody writes to");
        }
        return channel.map(FileChannel.MapMode.READ_ONLY, offset + first, length, arena);
      }
    }
  }
}
