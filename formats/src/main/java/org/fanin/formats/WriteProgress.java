package org.fanin.formats;

/// Told how far a long write has come; called from one thread, about ten times a second.
@FunctionalInterface
public interface WriteProgress {
  /// Tells nobody.
  WriteProgress NONE = (_, _, _) -> {};

  /// @param done bytes written or verified so far, of `total`
  /// @param what the file under way
  void update(long done, long total, String what);
}
