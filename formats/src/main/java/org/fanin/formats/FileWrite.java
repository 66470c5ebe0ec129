package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;

/// One file while it is written, under another name beside its place.
final class FileWrite {
  private final StreamedWrite.Item item;
  private final int index;
  private final Journal journal;
  private final WriteOptions options;
  private final Path part;
  private final MessageDigest digest;
  private final Optional<Set<PosixFilePermission>> mode;
  private FileChannel channel;
  private Future<?> hashing;
  private long from;
  private boolean finished;
  private String sha256 = "";

  /// @param mode the file will have; empty for the usual one
  FileWrite(
      StreamedWrite.Item item,
      int index,
      Journal journal,
      WriteOptions options,
      Optional<Set<PosixFilePermission>> mode) {
    this.mode = mode;
    this.item = item;
    this.index = index;
    this.journal = journal;
    this.options = options;
    // what is not resumed is deleted by Ctrl-C, what is resumed has to be found again
    this.part =
        journal == null
            ? Outputs.beside(item.target())
            : item.target().resolveSibling("." + name() + ".fanin-part");
    this.digest = options.sha256() ? Layouts.sha256() : null;
  }

  String name() {
    return item.target().getFileName().toString();
  }

  FileImage image() {
    return item.image();
  }

  /// First byte that is not there yet.
  long from() {
    return from;
  }

  /// Whole and in its place.
  boolean finished() {
    return finished;
  }

  WriteReport.Written written() {
    return new WriteReport.Written(item.target(), image().length(), sha256);
  }

  /// Finds what an earlier write has left, and believes only what its checksums confirm.
  ///
  /// @param damaged gets a line for what is not believed
  void recover(Meter meter, List<String> damaged) throws IOException {
    Journal.State state = journal == null ? null : journal.file(index);
    if (state == null || state.blocks() == 0 && !state.done()) {
      if (journal != null) {
        Files.deleteIfExists(part);
      }
      return;
    }
    // killed between the rename and its entry in the journal, the part is in its place already
    Path there = Files.exists(part) ? part : item.target();
    long believed = Files.isRegularFile(there) ? verify(there, state, meter) : 0;
    boolean inPlace = there.equals(item.target());
    if (state.done() && !confirms(state, believed) || believed < recorded(state)) {
      damaged.add(name());
      journal.cut(index, blocks(believed));
    }
    if (inPlace && confirms(state, believed)) {
      finished = true;
      from = believed;
      if (!state.done()) {
        journal.done(index, sha256);
      }
    } else if (inPlace) {
      Files.deleteIfExists(there);
      meter.add(-believed, name());
      journal.cut(index, 0);
      restart();
    } else {
      from = believed;
    }
  }

  private int blocks(long bytes) {
    return Math.toIntExact((bytes + options.blockBytes() - 1) / options.blockBytes());
  }

  private long recorded(Journal.State state) {
    return Math.min((long) state.blocks() * options.blockBytes(), image().length());
  }

  private boolean confirms(Journal.State state, long believed) {
    if (believed < image().length()) {
      return false;
    }
    sha256 = digest == null ? "" : HexFormat.of().formatHex(clone(digest).digest());
    return sha256.isEmpty() || state.sha256().isEmpty() || sha256.equals(state.sha256());
  }

  private static MessageDigest clone(MessageDigest d) {
    try {
      return (MessageDigest) d.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 of the JDK can be cloned", e);
    }
  }

  private void restart() {
    from = 0;
    sha256 = "";
    if (digest != null) {
      digest.reset();
    }
  }

  /// @return bytes from the start that are whole blocks (or the whole file) with the right checksum
  private long verify(Path file, Journal.State state, Meter meter) throws IOException {
    long good = 0;
    try (FileChannel c = FileChannel.open(file, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(options.blockBytes());
      long size = c.size();
      for (int b = 0; b < state.blocks() && size <= image().length() && good < size; b++) {
        long n = Math.min(options.blockBytes(), image().length() - good);
        MemorySegment bytes = buffer.asSlice(0, n);
        if (good + n > size || !read(c, good, bytes) || SpanPump.check(bytes) != state.check(b)) {
          break;
        }
        if (digest != null) {
          digest.update(bytes.asByteBuffer());
        }
        good += n;
        meter.add(n, "checking " + name());
      }
      return good;
    }
  }

  private static boolean read(FileChannel c, long at, MemorySegment into) throws IOException {
    ByteBuffer b = into.asByteBuffer();
    while (b.hasRemaining()) {
      if (c.read(b, at + b.position()) < 0) {
        return false;
      }
    }
    return true;
  }

  void open() throws IOException {
    channel =
        Outputs.open(
            part,
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE),
            mode);
    channel.truncate(from);
  }

  /// Writes a block and hashes it meanwhile. Hashing may fall behind by some blocks: waiting for it
  /// at each would cost a change of threads, which is long on a busy machine.
  void block(long at, SpanPump.Block block, WriteThreads threads) throws IOException {
    if (digest != null) {
      block.retain();
      hashing =
          threads.hash(
              () -> {
                digest.update(block.bytes().asByteBuffer());
                block.release();
              });
    }
    write(at, block.bytes().asByteBuffer());
    if (item.watcher() != null) {
      item.watcher().block(at, block.bytes());
    }
    if (journal != null) {
      journal.check(index, block.check());
    }
  }

  private void write(long at, ByteBuffer bytes) throws IOException {
    long pos = at;
    try {
      while (bytes.hasRemaining()) {
        pos += channel.write(bytes, pos);
      }
    } catch (IOException e) {
      String rest = journal == null ? "" : "; what is written stays, --resume continues it";
      throw new FileSystemException(item.target().toString(), null, e.getMessage() + rest);
    }
  }

  /// Forces the file to the disk and puts it in its place.
  void finish() throws IOException {
    if (item.watcher() != null) {
      for (Map.Entry<Long, byte[]> p : item.watcher().patches().entrySet()) {
        write(p.getKey(), ByteBuffer.wrap(p.getValue()));
      }
    }
    channel.force(true);
    if (digest != null) {
      if (hashing != null) {
        WriteThreads.await(hashing);
      }
      sha256 = HexFormat.of().formatHex(item.watcher() == null ? digest.digest() : hashAgain());
    }
    channel.close();
    Outputs.rename(part, item.target());
    finished = true;
    if (journal != null) {
      journal.done(index, sha256);
    }
  }

  /// Patches came after the bytes were hashed.
  private byte[] hashAgain() throws IOException {
    MessageDigest d = Layouts.sha256();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(options.blockBytes());
      for (long at = 0; at < image().length(); at += options.blockBytes()) {
        MemorySegment bytes =
            buffer.asSlice(0, Math.min(options.blockBytes(), image().length() - at));
        if (!read(channel, at, bytes)) {
          throw new FileSystemException(item.target().toString(), null, "was cut meanwhile");
        }
        d.update(bytes.asByteBuffer());
      }
    }
    return d.digest();
  }

  /// Closes the file if the write ends early; deletes what nobody could continue.
  void abandon() {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException _) {
      // the error that brought us here is the one to report
    }
    if (journal == null) {
      Outputs.discard(part);
    }
  }
}
