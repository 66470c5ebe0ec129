package org.fanin.formats;

/// Counts bytes and passes them on, not too often.
final class Meter {
  private static final long EVERY_NANOS = 100_000_000;

  private final WriteProgress progress;
  private final long total;
  private long done;
  private String what = "";
  private long last = System.nanoTime() - EVERY_NANOS;

  Meter(WriteProgress progress, long total) {
    this.progress = progress;
    this.total = total;
  }

  void add(long bytes, String file) {
    done += bytes;
    what = file;
    long now = System.nanoTime();
    if (now - last >= EVERY_NANOS) {
      last = now;
      progress.update(done, total, file);
    }
  }

  void done() {
    progress.update(total, total, what);
  }
}
