package org.fanin.formats;

import java.nio.file.Path;
import java.util.List;

/// What was written.
///
/// @param files in the order of their appearance
/// @param verified bytes that an earlier, unfinished write had left and that were found good
/// @param damaged files or parts of an earlier write that were found bad and written again
public record WriteReport(List<Written> files, long verified, List<String> damaged) {
  public WriteReport {
    files = List.copyOf(files);
    damaged = List.copyOf(damaged);
  }

  /// @param sha256 lower-case hex, "" when not asked for
  public record Written(Path file, long bytes, String sha256) {}

  /// Bytes of all files.
  public long bytes() {
    return files.stream().mapToLong(Written::bytes).sum();
  }
}
