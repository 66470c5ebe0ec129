package org.fanin.audit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.fanin.model.ModelFormatException;

/// Runs the pass over many tensors on a few threads. Spans are handed out in file order; each
/// tensor is finished by whoever merged its last span.
final class Scanner {
  private final List<Site> sites;
  private final long exact;
  private final long sampled;
  private final LongConsumer progress;
  private final AtomicLong bytes = new AtomicLong();
  private final Examined[] done;
  private int site;
  private int span;
  private TensorScan current;
  private Throwable failure;

  private Scanner(List<Site> sites, long exact, long sampled, LongConsumer progress) {
    this.sites = sites;
    this.exact = exact;
    this.sampled = sampled;
    this.progress = progress;
    this.done = new Examined[sites.size()];
  }

  /// @param progress told the bytes read so far, from any thread
  static List<Examined> run(
      List<Site> sites, int threads, long exact, long sampled, LongConsumer progress)
      throws IOException, ModelFormatException {
    var scanner = new Scanner(sites, exact, sampled, progress);
    List<Thread> others = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      others.add(Thread.ofPlatform().daemon().name("audit-" + i).start(scanner::work));
    }
    scanner.work();
    for (Thread t : others) {
      join(t);
    }
    return scanner.result();
  }

  private static void join(Thread t) {
    boolean interrupted = false;
    while (t.isAlive()) {
      try {
        t.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Examined> result() throws IOException, ModelFormatException {
    switch (failure) {
      case null -> {}
      case IOException e -> throw e;
      case ModelFormatException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
    return List.of(done);
  }

  private record Task(int site, TensorScan scan, int span) {}

  private synchronized Task next() {
    while (failure == null && site < sites.size()) {
      if (current == null) {
        Site s = sites.get(site);
        current = new TensorScan(s.tensor(), s.layout(), exact, sampled);
        span = 0;
      }
      if (span < current.spans().size()) {
        return new Task(site, current, span++);
      }
      if (current.spans().isEmpty()) {
        done[site] = Examiner.examine(sites.get(site), current.finish());
      }
      current = null;
      site++;
    }
    return null;
  }

  private void work() {
    try {
      for (Task t = next(); t != null; t = next()) {
        boolean last = t.scan().scan(t.span());
        Site s = sites.get(t.site());
        long read = t.scan().spans().get(t.span()).count() * s.tensor().dtype().bytes();
        progress.accept(bytes.addAndGet(read));
        if (last) {
          done[t.site()] = Examiner.examine(s, t.scan().finish());
        }
      }
    } catch (Throwable e) { // rethrown by the thread that waits: a mapped file may be cut short
      fail(e);
    }
  }

  private synchronized void fail(Throwable e) {
    failure = failure == null ? e : failure;
  }
}
