package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Writes files that belong together: each under another name first, in its place when it is whole,
/// in order, the last one last. With a journal, what a killed write leaves is continued.
final class StreamedWrite {
  /// A file to be.
  ///
  /// @param watcher null when nothing in the file depends on the bytes of another part
  record Item(Path target, FileImage image, Watcher watcher) {
    Item(Path target, FileImage image) {
      this(target, image, null);
    }
  }

  /// Sees the bytes of a file in order, and afterwards sets right what depends on them.
  interface Watcher {
    void block(long at, MemorySegment bytes);

    /// Small pieces to be written over what was written, by position.
    Map<Long, byte[]> patches();
  }

  private final List<Item> items;
  private final WriteOptions options;
  private final Path journalPath;
  private final Map<String, String> facts;
  private final List<FileWrite> writes = new ArrayList<>();
  private final List<String> damaged = new ArrayList<>();
  private List<Path> obsolete = List.of();
  private List<Path> replaced = List.of();
  private long verified;

  /// @param journal where to keep the journal; null for files that are not resumed
  /// @param facts what must be the same for a write to be continued, beside layout and provenance
  StreamedWrite(List<Item> items, Path journal, Map<String, String> facts, WriteOptions options)
      throws IOException {
    List<Item> real = new ArrayList<>();
    for (Item i : items) {
      real.add(new Item(real(i.target()), i.image(), i.watcher()));
    }
    this.items = List.copyOf(real);
    this.options = options;
    this.journalPath = journal;
    this.facts = new LinkedHashMap<>(options.provenance());
    this.facts.putAll(facts);
    this.facts.put("buffer", Integer.toString(options.blockBytes()));
    this.facts.put("layout", Layouts.hash(this.items));
  }

  /// Links are followed, so that the file is replaced and not the link to it.
  private static Path real(Path target) throws IOException {
    if (Files.isDirectory(target)) {
      throw new FileAlreadyExistsException(target.toString(), null, "is a folder");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new FileSystemException(target.toString(), null, "no regular file, which is wanted");
    }
    Path real = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
    if (real.getParent() == null || !Files.isDirectory(real.getParent())) {
      throw new NoSuchFileException(target.toString(), null, "its folder does not exist");
    }
    return real;
  }

  /// Files to be deleted once nothing stands in the way any more and before anything is replaced.
  StreamedWrite deletingFirst(List<Path> files) {
    obsolete = List.copyOf(files);
    return this;
  }

  /// Files whose place the new ones take together, whatever their names.
  StreamedWrite replacing(List<Path> files) {
    replaced = List.copyOf(files);
    return this;
  }

  /// @throws FileSystemException if something is in the way, or space is short; nothing is written
  ///   then
  WriteReport run() throws IOException {
    boolean unfinished = journalPath != null && Files.exists(journalPath);
    refuse(unfinished);
    Journal journal = null;
    if (journalPath != null) {
      journal =
          unfinished && !options.force()
              ? Journal.resume(journalPath, facts, items.size())
              : Journal.start(journalPath, facts, items.size());
    }
    try (Journal j = journal) {
      WriteReport report = run(j);
      if (j != null) {
        j.finish();
      }
      return report;
    } finally {
      if (journal != null && journal.isEmpty()) {
        Files.deleteIfExists(journalPath);
      }
    }
  }

  private void refuse(boolean unfinished) throws IOException {
    if (options.force()) {
      return;
    }
    if (unfinished && !options.resume()) {
      throw new FileAlreadyExistsException(
          items.getLast().target().toString(),
          null,
          "an unfinished write is there: --resume continues it, --force starts over");
    }
    for (Item i : items) {
      // a link to a file that is not there is somebody's too
      if (!unfinished && Files.exists(i.target(), LinkOption.NOFOLLOW_LINKS)) {
        throw new FileAlreadyExistsException(
            i.target().toString(), null, "is there already; --force replaces it");
      }
    }
  }

  private WriteReport run(Journal journal) throws IOException {
    Meter meter = new Meter(options.progress(), bytes());
    try {
      Optional<Set<PosixFilePermission>> usual = narrowest();
      for (int i = 0; i < items.size(); i++) {
        Optional<Set<PosixFilePermission>> own = Outputs.mode(items.get(i).target());
        FileWrite w =
            new FileWrite(items.get(i), i, journal, options, own.isPresent() ? own : usual);
        writes.add(w);
        w.recover(meter, damaged);
        verified += w.from();
      }
      checkSpace();
      for (Path p : obsolete) {
        Files.deleteIfExists(p);
      }
      pump(meter);
      meter.done();
    } finally {
      writes.forEach(FileWrite::abandon);
    }
    return new WriteReport(writes.stream().map(FileWrite::written).toList(), verified, damaged);
  }

  /// What all files that are replaced allow: a file beside them that is new shows no more of the
  /// weights than they did.
  private Optional<Set<PosixFilePermission>> narrowest() throws IOException {
    List<Path> old = new ArrayList<>(replaced);
    items.forEach(i -> old.add(i.target()));
    Set<PosixFilePermission> all = null;
    for (Path p : old) {
      Optional<Set<PosixFilePermission>> mode = Outputs.mode(p);
      if (mode.isPresent() && all == null) {
        all = EnumSet.allOf(PosixFilePermission.class);
      }
      if (mode.isPresent()) {
        all.retainAll(mode.get());
      }
    }
    return Optional.ofNullable(all);
  }

  private long bytes() {
    return items.stream().mapToLong(i -> i.image().length()).sum();
  }

  private void checkSpace() throws IOException {
    long want = bytes() - verified;
    Path folder = items.getFirst().target().getParent();
    FileStore store = Files.getFileStore(folder);
    long free = store.getUsableSpace();
    // some network file systems do not say
    if (want > free && store.getTotalSpace() > 0) {
      throw new FileSystemException(
          folder.toString(),
          null,
          "not enough disk space: "
              + Sizes.text(want)
              + " to write, "
              + Sizes.text(free)
              + " free");
    }
  }

  private void pump(Meter meter) throws IOException {
    List<FileWrite> open = writes.stream().filter(w -> !w.finished()).toList();
    List<SpanPump.Work> work =
        open.stream().map(w -> new SpanPump.Work(w.image(), w.from())).toList();
    try (SpanPump pump = new SpanPump(work, options.threads(), options.blockBytes());
        WriteThreads threads = new WriteThreads()) {
      pump.run(
          new SpanPump.Sink() {
            @Override
            public void begin(int f) throws IOException {
              open.get(f).open();
            }

            @Override
            public void block(int f, long at, SpanPump.Block block) throws IOException {
              open.get(f).block(at, block, threads);
              meter.add(block.bytes().byteSize(), open.get(f).name());
            }

            @Override
            public void end(int f) throws IOException {
              threads.finish(open.get(f)::finish);
            }
          });
      threads.awaitFinished();
    }
  }
}
