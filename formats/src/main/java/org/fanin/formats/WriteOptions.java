package org.fanin.formats;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// How files are written. None of it changes a byte of a tensor.
///
/// @param threads that fill buffers, at least 1; one more writes, one hashes
/// @param force whether what stands at the target, finished or not, is replaced
/// @param resume whether an unfinished write of the same plan is continued
/// @param sha256 whether the SHA-256 of every file is computed (half a CPU second per GB)
/// @param provenance how the content came to be, written into every file as `fanin.KEY`: nothing of
///   the host or the time, so that the same plan gives the same bytes
/// @param journalFrom bytes from which on a single file is journaled, so that it can be resumed
/// @param blockBytes size of one buffer; there are `threads + 3`
public record WriteOptions(
    int threads,
    boolean force,
    boolean resume,
    boolean sha256,
    Map<String, String> provenance,
    WriteProgress progress,
    long journalFrom,
    int blockBytes) {
  private static final long JOURNAL_FROM = 256L << 20;
  private static final int BLOCK = 8 << 20;

  public WriteOptions {
    provenance = Collections.unmodifiableMap(new TreeMap<>(provenance));
    if (threads < 1 || threads > 1024) {
      throw new IllegalArgumentException(threads + " threads; 1 to 1024 are possible");
    }
    if (blockBytes < 4096 || blockBytes % 4096 != 0) {
      throw new IllegalArgumentException("blocks of " + blockBytes + " bytes: no multiple of 4096");
    }
  }

  /// One filling thread per processor, SHA-256 on, nothing replaced, nothing resumed.
  public static WriteOptions defaults() {
    return new WriteOptions(
        Math.min(1024, Runtime.getRuntime().availableProcessors()),
        false,
        false,
        true,
        Map.of(),
        WriteProgress.NONE,
        JOURNAL_FROM,
        BLOCK);
  }

  public WriteOptions threads(int n) {
    return new WriteOptions(
        n, force, resume, sha256, provenance, progress, journalFrom, blockBytes);
  }

  public WriteOptions force(boolean yes) {
    return new WriteOptions(
        threads, yes, resume, sha256, provenance, progress, journalFrom, blockBytes);
  }

  public WriteOptions resume(boolean yes) {
    return new WriteOptions(
        threads, force, yes, sha256, provenance, progress, journalFrom, blockBytes);
  }

  public WriteOptions sha256(boolean yes) {
    return new WriteOptions(
        threads, force, resume, yes, provenance, progress, journalFrom, blockBytes);
  }

  public WriteOptions provenance(Map<String, String> facts) {
    return new WriteOptions(
        threads, force, resume, sha256, facts, progress, journalFrom, blockBytes);
  }

  public WriteOptions progress(WriteProgress told) {
    return new WriteOptions(
        threads, force, resume, sha256, provenance, told, journalFrom, blockBytes);
  }

  WriteOptions journalFrom(long bytes) {
    return new WriteOptions(
        threads, force, resume, sha256, provenance, progress, bytes, blockBytes);
  }

  WriteOptions blockBytes(int bytes) {
    return new WriteOptions(
        threads, force, resume, sha256, provenance, progress, journalFrom, bytes);
  }

  /// Provenance as it stands in files: keys with their prefix, sorted.
  Map<String, String> stamped() {
    Map<String, String> all = new TreeMap<>();
    provenance.forEach((k, v) -> all.put("fanin." + k, v));
    return all;
  }
}
