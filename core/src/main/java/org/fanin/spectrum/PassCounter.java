package org.fanin.spectrum;

import java.util.concurrent.CancellationException;
import org.fanin.probe.ProbeListener;

/// Counts passes through the network, tells of them, and stops when the thread is interrupted.
final class PassCounter {
  private final ProbeListener listener;
  private final int total;
  private int done;

  /// @param total passes that are expected
  PassCounter(ProbeListener listener, int total) {
    this.listener = listener;
    this.total = total;
  }

  void next() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("interrupted while measuring");
    }
    listener.progress(Math.min(done, total), total);
    done++;
  }

  int done() {
    return done;
  }
}
