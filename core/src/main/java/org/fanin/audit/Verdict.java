package org.fanin.audit;

import java.util.List;

/// A finding about the file as a whole, or one that many tensors share.
///
/// @param tensors names it is about
public record Verdict(Finding finding, List<String> tensors) {
  public Verdict {
    tensors = List.copyOf(tensors);
  }
}
