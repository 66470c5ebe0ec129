package org.fanin.formats;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Parameter;
import org.fanin.graph.Storage;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// The weights of an ONNX model as a checkpoint: its initialisers, and floating-point values of
/// Constant nodes with at least one axis, which some exporters write instead.
final class OnnxCheckpoint {
  private final String source;
  private final Listing listing;

  private OnnxCheckpoint(String source, Budget budget) {
    this.source = source;
    this.listing = new Listing(source, budget);
  }

  /// Spans are slices of what the model has mapped, so they may outlive their arena.
  private record InModel(String name, Tensor tensor, String where) implements StoredTensor {
    @Override
    public DType dtype() {
      return tensor.dtype();
    }

    @Override
    public Shape shape() {
      return tensor.shape();
    }

    @Override
    public Tensor read(long first, long count, Arena arena) {
      return tensor.span(first, count);
    }
  }

  static Checkpoint of(RawModel model, List<Path> files) throws ModelFormatException {
    var reader = new OnnxCheckpoint(model.source(), Budget.ofThisJvm(model.source()));
    reader.graph(model.graph(), "");
    return reader.checkpoint(model, files);
  }

  private Checkpoint checkpoint(RawModel model, List<Path> files) {
    Map<String, String> metadata =
        model.producer().isBlank() ? Map.of() : Map.of("producer", model.producer());
    return new Checkpoint(source, "onnx", listing.all(), metadata, files);
  }

  /// The same, and of the weights that are stored as integers with scales the numbers that they
  /// stand for, by the name of what dequantises them.
  static Checkpoint of(RawModel model, Graph graph) throws ModelFormatException {
    var reader = new OnnxCheckpoint(model.source(), Budget.ofThisJvm(model.source()));
    reader.graph(model.graph(), "");
    for (Parameter p : graph.parameters()) {
      if (p.arrival().storage() == Storage.QUANTISED && reader.listing.get(p.name()) == null) {
        reader.add(p.name(), p.data());
      }
    }
    return reader.checkpoint(model, List.of());
  }

  /// The reader has bounded how deep graphs nest.
  ///
  /// @param prefix "" for the model's own graph; branches of an If may use one name each, so what
  ///   is in them is named after the node too
  private void graph(RawGraph graph, String prefix) throws ModelFormatException {
    for (var e : graph.initializers().entrySet()) {
      add(prefix + e.getKey(), e.getValue());
    }
    int number = 0;
    for (RawNode node : graph.nodes()) {
      number++;
      for (var a : node.attributes().entrySet()) {
        if (a.getValue() instanceof Attr.Body(RawGraph body)) {
          String name = node.name().isEmpty() ? "node" + number : node.name();
          graph(body, prefix + name + "/" + a.getKey() + "/");
        } else if (a.getValue() instanceof Attr.Value(Tensor value)
            && node.op().equals("Constant")
            && value.dtype().floating()
            && value.shape().rank() > 0
            && !node.outputs().isEmpty()) {
          add(prefix + node.outputs().getFirst(), value);
        }
      }
    }
  }

  private void add(String name, Tensor tensor) throws ModelFormatException {
    String where = source + ": tensor " + OnnxContext.quoted(name);
    listing.add(new InModel(name, tensor, where));
  }
}
