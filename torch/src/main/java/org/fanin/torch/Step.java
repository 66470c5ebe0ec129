package org.fanin.torch;

import org.bytedeco.pytorch.Tensor;

/// A run of nodes that autograd has on one tape, cut off from the nodes around: what it reads of
/// them are leaves of its own. Owns its handles.
///
/// @param first index of its first node
/// @param leaves what it reads and a gradient is wanted for
/// @param ids their value ids, each once
/// @param outs everything it makes that has a gradient, in the order of making
/// @param outIds their value ids
record Step(int first, Tensor[] leaves, int[] ids, Tensor[] outs, int[] outIds) {
  void close() {
    for (Tensor t : leaves) {
      t.close();
    }
    for (Tensor t : outs) {
      t.close();
    }
  }
}
