package org.fanin.formats;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;

/// Threads fill a small fixed set of buffers in the order of the files; one thread takes them in
/// that order. The buffers are all the memory there is, whatever the size of the files.
final class SpanPump implements AutoCloseable {
  /// Buffers being written and hashed, beyond those being filled.
  private static final int SPARE = 3;

  private static final long PAGE = 4096;

  /// @param from first byte that is still to be made; a multiple of the block size
  record Work(FileImage image, long from) {}

  /// Takes the blocks, in order, on the thread that runs the pump.
  interface Sink {
    void begin(int file) throws IOException;

    /// @param block valid during the call, and longer if [Block#retain]ed
    void block(int file, long at, Block block) throws IOException;

    void end(int file) throws IOException;
  }

  /// A piece of a file. Its buffer is used again when everybody who holds it has let go.
  final class Block {
    private final MemorySegment buffer;
    private final MemorySegment bytes;
    private final int check;
    private final AtomicInteger holders = new AtomicInteger(1);

    private Block(MemorySegment buffer, MemorySegment bytes) {
      this.buffer = buffer;
      this.bytes = bytes;
      this.check = SpanPump.check(bytes);
    }

    MemorySegment bytes() {
      return bytes;
    }

    /// CRC-32C of the bytes.
    int check() {
      return check;
    }

    void retain() {
      holders.incrementAndGet();
    }

    void release() {
      if (holders.decrementAndGet() == 0) {
        give(buffer);
      }
    }
  }

  private final List<Work> work;
  private final int blockBytes;
  private final Arena arena = Arena.ofShared();
  private final List<Thread> threads = new ArrayList<>();
  private final ArrayDeque<MemorySegment> free = new ArrayDeque<>();
  private final Map<Long, Block> ready = new HashMap<>();
  private long claimed;
  private int file;
  private long at;
  private boolean stopped;
  private Throwable failure;

  SpanPump(List<Work> work, int threads, int blockBytes) {
    this.work = List.copyOf(work);
    this.blockBytes = blockBytes;
    this.at = work.isEmpty() ? 0 : work.getFirst().from();
    for (int i = 0; i < threads + SPARE; i++) {
      free.add(arena.allocate(blockBytes, PAGE));
    }
    for (int i = 0; i < threads; i++) {
      this.threads.add(Thread.ofPlatform().daemon().name("fill-" + i).unstarted(this::fill));
    }
  }

  /// Runs to the end of all files.
  ///
  /// @throws IOException what the sink throws, or reading a source
  void run(Sink sink) throws IOException {
    threads.forEach(Thread::start);
    long next = 0;
    for (int f = 0; f < work.size(); f++) {
      FileImage image = work.get(f).image();
      sink.begin(f);
      for (long pos = work.get(f).from(); pos < image.length(); pos += blockBytes) {
        Block b = take(next++);
        sink.block(f, pos, b);
        image.closeBefore(pos + b.bytes().byteSize());
        b.release();
      }
      sink.end(f);
    }
  }

  private record Claim(long number, FileImage image, long at, MemorySegment buffer) {}

  /// A buffer first, then a place: so every place that is taken has a buffer, and the earliest one
  /// never waits for a later one.
  private synchronized Claim claim() throws InterruptedException {
    while (free.isEmpty() && !stopped) {
      wait();
    }
    while (file < work.size() && at >= work.get(file).image().length()) {
      file++;
      at = file < work.size() ? work.get(file).from() : 0;
    }
    if (stopped || file == work.size()) {
      return null;
    }
    Claim c = new Claim(claimed++, work.get(file).image(), at, free.poll());
    at += blockBytes;
    return c;
  }

  private void fill() {
    try {
      for (Claim c = claim(); c != null; c = claim()) {
        long n = Math.min(blockBytes, c.image().length() - c.at());
        MemorySegment bytes = c.buffer().asSlice(0, n);
        c.image().render(c.at(), bytes);
        put(c.number(), new Block(c.buffer(), bytes));
      }
    } catch (Throwable e) { // rethrown by the thread that takes
      fail(e);
    }
  }

  static int check(MemorySegment bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.asByteBuffer());
    return (int) crc.getValue();
  }

  private synchronized void put(long number, Block b) {
    ready.put(number, b);
    notifyAll();
  }

  private synchronized void fail(Throwable e) {
    if (failure == null) {
      failure = e;
    }
    stopped = true;
    notifyAll();
  }

  private synchronized Block take(long number) throws IOException {
    Block b = ready.remove(number);
    while (b == null && failure == null) {
      try {
        wait();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while writing");
      }
      b = ready.remove(number);
    }
    if (b != null) {
      return b; // also after a failure: what lies before it in the file is worth keeping
    }
    switch (failure) {
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }

  private synchronized void give(MemorySegment buffer) {
    free.add(buffer);
    notifyAll();
  }

  /// Stops the threads, then frees fills and buffers.
  @Override
  public void close() {
    synchronized (this) {
      stopped = true;
      notifyAll();
    }
    boolean interrupted = false;
    for (Thread t : threads) {
      while (t.isAlive()) {
        try {
          t.join();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    }
    work.forEach(w -> w.image().closeAll());
    arena.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
