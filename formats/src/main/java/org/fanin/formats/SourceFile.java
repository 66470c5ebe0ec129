package org.fanin.formats;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file that parts are copied from. Read by position, not mapped: mapped pages would count as
/// memory of ours.
final class SourceFile implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;

  private SourceFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  static SourceFile open(Path path) throws IOException {
    return new SourceFile(path, FileChannel.open(path, StandardOpenOption.READ));
  }

  Path path() {
    return path;
  }

  /// Fills `out` from position `at`; safe to call from any thread.
  void read(long at, MemorySegment out) throws IOException {
    ByteBuffer b = out.asByteBuffer();
    long pos = at;
    while (b.hasRemaining()) {
      int n = channel.read(b, pos);
      if (n < 0) {
        throw new EOFException(path + " ended at byte " + pos + ": was it changed meanwhile?");
      }
      pos += n;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
