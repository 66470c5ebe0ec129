package org.fanin.torch;

import org.bytedeco.pytorch.Tensor;
import org.fanin.graph.Node;

/// One node that ran under autograd, cut off from its neighbours: its inputs are leaves of their
/// own. Owns its handles.
///
/// @param leaves inputs that a gradient is wanted for
/// @param ids their value ids
/// @param outs outputs, by the node's order; null where there is none or it has no gradient
record Step(Node node, Tensor[] leaves, int[] ids, Tensor[] outs) {
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
