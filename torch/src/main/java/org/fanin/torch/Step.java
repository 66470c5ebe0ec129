package org.fanin.torch;

import org.bytedeco.pytorch.Tensor;

/// A run of nodes that autograd has on one tape, cut off from the nodes around: what it reads of
/// them are leaves of its own. Owns its handles.
///
/// @param first index of its first node
/// @param leaves what it reads and a gradient is wanted for
/// @param ids their value ids, each once
/// @param outs everything it makes that has a gradient, in the order of making; null where no
///   gradient is asked of autograd and none arrives from outside
/// @param outIds their value ids
/// @param held those of outs that still hold their elements
record Step(int first, Tensor[] leaves, int[] ids, Tensor[] outs, int[] outIds, int[] held) {
  void close() {
    for (Tensor t : leaves) {
      t.close();
    }
    for (Tensor t : outs) {
      if (t != null) {
        t.close();
      }
    }
  }
}
