package org.fanin.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;

/// Values whose elements no operator needs on its way back, as derivatives.yaml of libtorch has it:
/// a sum saves nothing, a softmax and a rectifier what they made. Their memory can go as soon as
/// the last reader has run, while a gradient is still asked of autograd for them.
final class Unsaved {
  private final boolean[] unsaved;

  Unsaved(Graph graph) {
    unsaved = new boolean[graph.values().size()];
    java.util.Arrays.fill(unsaved, true);
    for (Node n : graph.nodes()) {
      boolean needs = !leaves(n);
      for (int in : n.inputs()) {
        if (in >= 0) {
          unsaved[in] &= !needs;
        }
      }
    }
  }

  boolean is(int id) {
    return unsaved[id];
  }

  /// Whether an operator saves none of its inputs and makes a tensor of its own.
  private static boolean leaves(Node n) {
    return switch (n.op()) {
      case Op.Softmax _, Op.Concat _ -> true;
      case Op.Pointwise(Fn fn) ->
          fn.form() instanceof Fn.Form.AbRelu(double below, double above)
              && below == 0
              && above == 1;
      case Op.Arithmetic a ->
          n.inputs().size() == 2
              && (a.kind() == Op.Arithmetic.Kind.ADD || a.kind() == Op.Arithmetic.Kind.SUB);
      case Op.Reduce r ->
          !r.axes().isEmpty()
              && (r.kind() == Op.Reduce.Kind.MEAN || r.kind() == Op.Reduce.Kind.SUM);
      case Op _ -> false;
    };
  }

  /// Lets go of a tensor's elements; what autograd has to say of it stays.
  static void empty(Tensor t) {
    t.set_data(torch.empty(new long[] {0}, new TensorOptions(Bridge.type(t)), null));
  }
}
