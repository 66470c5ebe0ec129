package org.fanin.formats;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Writes files so that they appear whole or not at all.
public final class Outputs {
  /// Files under way. One shutdown hook deletes what Ctrl-C leaves of them.
  private static final Set<Path> UNDER_WAY = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> UNDER_WAY.forEach(Outputs::deleteQuietly)));
  }

  private Outputs() {}

  /// What goes into the file.
  @FunctionalInterface
  public interface ByteWriter {
    /// Writes all bytes; need not flush, must not close.
    void write(OutputStream out) throws IOException;
  }

  /// Writes beside the target, forces the bytes to disk, then renames. Whatever was at the target
  /// stays as it was unless all of this works. A link is followed; a target that is no regular
  /// file, such as `/dev/stdout`, cannot be renamed onto and is written to as it is.
  ///
  /// @throws IOException if writing fails; nothing is left behind
  public static void writeAtomically(Path target, ByteWriter writer) throws IOException {
    if (Files.isDirectory(target)) {
      throw new FileAlreadyExistsException(target.toString(), null, "is a folder");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(target))) {
        writer.write(out);
      }
      return;
    }
    Path real = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
    Path folder = real.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(target.toString(), null, "its folder does not exist");
    }
    Path beside = beside(real);
    try {
      Optional<Set<PosixFilePermission>> mode = mode(real);
      fill(beside, writer, mode);
      rename(beside, real);
    } finally {
      discard(beside);
    }
  }

  /// A name for the file until it is whole; deleted when the process ends unless [#discard]ed
  /// before. Not Files.createTempFile: that makes files only their owner can read, and so would the
  /// target be.
  static Path beside(Path real) {
    for (int i = 0; ; i++) {
      String name =
          "." + real.getFileName() + "." + ProcessHandle.current().pid() + "-" + i + ".tmp";
      Path candidate = real.resolveSibling(name);
      if (UNDER_WAY.add(candidate)) {
        return candidate;
      }
    }
  }

  private static void fill(Path beside, ByteWriter writer, Optional<Set<PosixFilePermission>> mode)
      throws IOException {
    // an older file of this name is left from a process that had our number before us
    Files.deleteIfExists(beside);
    try (FileChannel channel =
            open(beside, Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), mode);
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
      writer.write(out);
      out.flush();
      channel.force(true);
    }
  }

  /// The POSIX mode of a file; empty when there is no such file, or no such thing on its disk.
  static Optional<Set<PosixFilePermission>> mode(Path file) throws IOException {
    boolean posix =
        Files.exists(file) && file.getFileSystem().supportedFileAttributeViews().contains("posix");
    return posix ? Optional.of(Files.getPosixFilePermissions(file)) : Optional.empty();
  }

  /// Opens a file; when that makes it, it has the mode of the file whose place it will take from
  /// the first byte on, so that nobody else can read what nobody else could read before.
  static FileChannel open(
      Path file, Set<StandardOpenOption> how, Optional<Set<PosixFilePermission>> mode)
      throws IOException {
    if (mode.isEmpty()) {
      return FileChannel.open(file, how);
    }
    FileChannel c = FileChannel.open(file, how, PosixFilePermissions.asFileAttribute(mode.get()));
    try {
      Files.setPosixFilePermissions(file, mode.get()); // the umask took from it
    } catch (IOException | RuntimeException e) {
      c.close();
      throw e;
    }
    return c;
  }

  static void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException _) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /// Deletes what is left of a file that [#beside] named.
  static void discard(Path beside) {
    deleteQuietly(beside);
    UNDER_WAY.remove(beside);
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException _) {
      // nothing better can be done with a file nobody will miss
    }
  }
}
