package org.fanin.plan;

import java.util.List;
import org.fanin.graph.Graph;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// What is known of the tensors of a network: from its graph, or from names and shapes alone.
public final class Specs {
  private Specs() {}

  /// A tensor of a file that has no graph.
  public record Named(String name, Shape shape, DType dtype) {}

  /// Roles, fans and axes by use; residual blocks are counted along the graph, the activation is
  /// the first nonlinearity that the output of a layer meets.
  ///
  /// @return one per parameter, in the graph's order
  public static List<TensorSpec> of(Graph graph) {
    return new GraphSpecs(graph).all();
  }

  /// Guesses from names and shapes as PyTorch, Hugging Face, timm, torchvision, Keras and Flax
  /// write them. What no rule knows has role OTHER, and says so; strides and the groups of
  /// convolutions are not in a file, so fan-outs assume stride 1.
  ///
  /// @param tensors in the file's order; all of them, as layers are counted and layouts (the `[in,
  ///   out]` of GPT-2) recognised over the whole list
  public static List<TensorSpec> named(List<Named> tensors) {
    return new NameSpecs(tensors).all();
  }
}
