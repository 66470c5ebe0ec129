package org.fanin.torch;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.predict.PredictSettings.Mode;
import org.fanin.tensor.Shape;

/// One node about to run.
///
/// @param in torch tensors by input; null for one left out
record Call(Graph graph, Node node, Tensor[] in, ScalarType real, Mode mode, long seed) {
  /// An operator, or a use of one, that this engine cannot run.
  static final class NotRunnable extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotRunnable(String because) {
      super(because, null, false, false);
    }
  }

  Tensor x() {
    return in[0];
  }

  boolean has(int i) {
    return i < in.length && in[i] != null;
  }

  TensorOptional optional(int i) {
    return has(i) ? new TensorOptional(in[i]) : new TensorOptional();
  }

  Shape shapeIn(int i) {
    return graph
        .value(node.input(i))
        .shape()
        .orElseThrow(() -> new NotRunnable("its input's shape is known only when it runs"));
  }

  Shape shapeOut(int i) {
    return graph
        .value(node.outputs().get(i))
        .shape()
        .orElseThrow(() -> new NotRunnable("its output's shape is known only when it runs"));
  }

  boolean wantsOut(int i) {
    return i < node.outputs().size() && node.outputs().get(i) >= 0;
  }

  /// Whether the node behaves as in training.
  boolean training(boolean fileSays) {
    return switch (mode) {
      case TRAIN -> true;
      case EVAL -> false;
      case FILE -> fileSays;
    };
  }

  /// A random stream of this node alone.
  long stream() {
    return (1L << 40) + node.index();
  }

  static long[] longs(List<? extends Number> l) {
    return l.stream().mapToLong(Number::longValue).toArray();
  }
}
