package org.fanin.graph;

import java.util.BitSet;
import org.fanin.graph.BufferForms.Place;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Where the layers with weights are: which values depend on one, and which lead to one. Layers
/// whose weight is evidently computed (a Fourier transform, a shift of the colours) do not count.
final class Learned {
  /// Colour channels.
  private static final long MOST_SHIFTED = 4;

  private static final int VIEWS = 6;

  private final Links links;
  private final Parametric parametric;
  private final BitSet learned = new BitSet();
  private final BitSet feeding = new BitSet();
  private final BitSet layers = new BitSet();

  Learned(Links links, Parametric parametric) {
    this.links = links;
    this.parametric = parametric;
    for (Node n : links.nodes) {
      if (isLayer(n) && !isShift(n)) {
        layers.set(n.index());
      }
    }
    for (Node n : links.nodes) {
      boolean any = layers.get(n.index());
      for (int in : n.inputs()) {
        any |= in >= 0 && learned.get(in);
      }
      mark(n, any, learned);
    }
    for (int i = links.nodes.size() - 1; i >= 0; i--) {
      back(links.nodes.get(i));
    }
  }

  private static void mark(Node n, boolean any, BitSet set) {
    for (int out : n.outputs()) {
      if (any && out >= 0) {
        set.set(out);
      }
    }
  }

  private void back(Node n) {
    boolean any =
        switch (n.op()) {
          case Op.Contract _, Op.Attention _, Op.BatchNorm _, Op.Norm _ -> true;
          case Op _ -> layers.get(n.index());
        };
    for (int out : n.outputs()) {
      any |= out >= 0 && feeding.get(out);
    }
    for (int in : n.inputs()) {
      if (any && in >= 0) {
        feeding.set(in);
      }
    }
  }

  /// Does a value depend on a layer's weights?
  boolean is(int value) {
    return learned.get(value);
  }

  /// Is a layer, a product of activations or a normalisation still to come?
  boolean feeds(int value) {
    return feeding.get(value);
  }

  private boolean isLayer(Node n) {
    return switch (n.op()) {
      case Op.Contract _ -> isWeight(n, 0, Place.MATRIX) || isWeight(n, 1, Place.MATRIX);
      case Op.Conv _, Op.ConvTranspose _ ->
          !parametric.is(n.input(0)) && isWeight(n, 1, Place.KERNEL);
      case Op.Recurrent _ -> true;
      case Op.Gather _ -> isWeight(n, 0, Place.MATRIX) && !parametric.is(n.input(1));
      // Of integers: no float weight, but a layer.
      case Op.Foreign(String name, _) -> BufferNames.isQuantised(name);
      case Op.Unpredicted _, Op.ControlFlow _ -> n.op() instanceof Op.ControlFlow;
      case Op _ -> false;
    };
  }

  private boolean isWeight(Node n, int slot, Place place) {
    int id = n.input(slot);
    if (id < 0 || !parametric.is(id)) {
      return false;
    }
    Value v = links.value(id);
    Tensor t = links.value(v.origin()).constant().orElse(null);
    return t == null || BufferForms.of(t, place).isEmpty();
  }

  /// The layer whose output this is, in another shape perhaps; null when there is none.
  Node layerBehind(int value) {
    Node n = links.maker(value);
    for (int step = 0; step < VIEWS && n != null; step++) {
      if (layers.get(n.index()) && !(n.op() instanceof Op.Gather)) {
        return n;
      }
      boolean view =
          switch (n.op()) {
            case Op.Reshape _, Op.Transpose _, Op.Slice _, Op.Split _, Op.Dropout _, Op.Pad _ ->
                true;
            // What dequantises the sums of integers.
            case Op.Arithmetic(Op.Arithmetic.Kind kind) ->
                kind == Op.Arithmetic.Kind.MUL && isRescaledInteger(n);
            case Op.Discrete(String name, _, _) -> name.equals("Cast");
            case Op _ -> false;
          };
      n = view ? links.maker(n.input(0)) : null;
    }
    return null;
  }

  private boolean isRescaledInteger(Node n) {
    Node cast = links.maker(n.input(0));
    return cast != null && cast.onnxOp().equals("Cast");
  }

  /// A 1×1 convolution of a few channels, each by itself, at the input or output of a network:
  /// colours shifted and scaled, as super-resolution networks store it.
  boolean isShift(Node n) {
    if (!(n.op() instanceof Op.Conv c) || c.kernel().stream().anyMatch(k -> k != 1)) {
      return false;
    }
    Tensor t = n.input(1) < 0 ? null : links.value(n.input(1)).constant().orElse(null);
    if (t == null || t.shape().dim(0) > MOST_SHIFTED || c.group() > 1 || !isDiagonal(t)) {
      return false;
    }
    boolean first = n.input(0) < 0 || links.maker(n.input(0)) == null;
    return first || links.isOutput(n.outputs().getFirst());
  }

  private static boolean isDiagonal(Tensor t) {
    Shape s = t.shape();
    if (s.rank() < 2 || s.dim(0) != s.dim(1) || s.dim(0) < 2) {
      return false;
    }
    for (long i = 0; i < t.count(); i++) {
      boolean own = i / s.dim(1) == i % s.dim(1);
      if (own != (t.at(i) != 0)) {
        return false;
      }
    }
    return true;
  }
}
