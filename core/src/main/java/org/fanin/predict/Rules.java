package org.fanin.predict;

import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.predict.Context.MissingRule;

/// From operator to rule.
final class Rules {
  private Rules() {}

  static void forward(Context c, Node n) {
    switch (n.op()) {
      case Op.Pointwise op -> PointwiseRule.forward(c, n, op.fn());
      case Op.Arithmetic op -> JoinRule.forward(c, n, op.kind());
      case Op.PRelu _ -> GateRule.prelu(c, n);
      case Op.Contract op -> ContractRule.forward(c, n, op);
      case Op.Conv op -> WindowRule.forward(c, n, op);
      case Op.ConvTranspose op -> WindowRule.forward(c, n, op);
      case Op.Pool op -> PoolRule.forward(c, n, op);
      case Op.Reduce op -> ReduceRule.forward(c, n, op);
      case Op.BatchNorm op -> NormRule.forward(c, n, op);
      case Op.Norm op -> NormRule.forward(c, n, op);
      case Op.Softmax op -> SoftmaxRule.forward(c, n, op);
      case Op.Dropout op -> GateRule.dropout(c, n, op);
      case Op.Reshape _ -> ShapeRule.reshape(c, n);
      case Op.Transpose op -> ShapeRule.transpose(c, n, op);
      case Op.Expand _ -> ShapeRule.expand(c, n);
      case Op.Slice op -> ShapeRule.slice(c, n, op);
      case Op.Concat op -> ConcatRule.forward(c, n, op);
      case Op.Split op -> ShapeRule.split(c, n, op);
      case Op.Pad op -> ShapeRule.pad(c, n, op);
      case Op.Gather op -> GatherRule.forward(c, n, op);
      case Op.Tile op -> ShapeRule.tile(c, n, op);
      case Op.Resize op -> ResizeRule.forward(c, n, op);
      case Op.PixelShuffle op -> GateRule.shuffle(c, n, op);
      case Op.Where _ -> WhereRule.forward(c, n);
      case Op.Trilu op -> GateRule.trilu(c, n, op);
      case Op.Recurrent op -> RecurrentRule.forward(c, n, op);
      case Op.Attention op -> AttentionRule.forward(c, n, op);
      case Op.RotaryEmbedding _ -> GateRule.same(c, n);
      case Op.Random op -> GateRule.random(c, n, op);
      case Op.Discrete _ -> discrete(c, n);
      case Op.Folded _ -> {}
      case Op.GatherItems op -> GatherRule.items(c, n, op);
      case Op.Scatter op -> ScatterRule.forward(c, n, op);
      case Op.Lrn op -> LrnRule.forward(c, n, op);
      case Op.CumSum op -> CumSumRule.forward(c, n, op);
      case Op.TopK op -> TopKRule.forward(c, n, op);
      case Op.ControlFlow op -> missing(op.name() + " (its body has " + op.bodyNodes() + " nodes)");
      case Op.Unpredicted op -> BitLaw.forward(c, n, op);
    }
  }

  static void backward(Context c, Node n) {
    switch (n.op()) {
      case Op.Pointwise op -> pointwiseBackward(c, n, op);
      case Op.Arithmetic op -> JoinRule.backward(c, n, op.kind());
      case Op.PRelu _ -> GateRule.preluBackward(c, n);
      case Op.Contract op -> ContractRule.backward(c, n, op);
      case Op.Conv op -> WindowRule.backward(c, n, op);
      case Op.ConvTranspose op -> WindowRule.backward(c, n, op);
      case Op.Pool op -> PoolRule.backward(c, n, op);
      case Op.Reduce op -> ReduceRule.backward(c, n, op);
      case Op.BatchNorm op -> NormRule.backward(c, n, op);
      case Op.Norm op -> NormRule.backward(c, n, op);
      case Op.Softmax op -> SoftmaxRule.backward(c, n, op);
      case Op.Dropout op -> GateRule.dropoutBackward(c, n, op);
      case Op.Reshape _ -> ShapeRule.reshapeBackward(c, n);
      case Op.Transpose op -> ShapeRule.transposeBackward(c, n, op);
      case Op.Expand _ -> ShapeRule.expandBackward(c, n);
      case Op.Slice op -> ShapeRule.sliceBackward(c, n, op);
      case Op.Concat op -> ConcatRule.backward(c, n, op);
      case Op.Split op -> ShapeRule.splitBackward(c, n, op);
      case Op.Pad op -> ShapeRule.padBackward(c, n, op);
      case Op.Gather op -> GatherRule.backward(c, n, op);
      case Op.Tile op -> ShapeRule.tileBackward(c, n, op);
      case Op.Resize op -> ResizeRule.backward(c, n, op);
      case Op.PixelShuffle op -> GateRule.shuffleBackward(c, n, op);
      case Op.Where _ -> WhereRule.backward(c, n);
      case Op.Trilu op -> GateRule.triluBackward(c, n, op);
      case Op.Recurrent op -> RecurrentRule.backward(c, n, op);
      case Op.Attention op -> AttentionRule.backward(c, n, op);
      case Op.Lrn op -> LrnRule.backward(c, n, op);
      case Op.RotaryEmbedding _ -> GateRule.sameBackward(c, n);
      case Op.Random _, Op.Discrete _, Op.Folded _ -> {}
      case Op.GatherItems op -> GatherRule.itemsBackward(c, n, op);
      case Op.Scatter op -> ScatterRule.backward(c, n, op);
      case Op.CumSum op -> CumSumRule.backward(c, n, op);
      case Op.TopK op -> TopKRule.backward(c, n, op);
      case Op.ControlFlow op -> missing(op.name());
      case Op.Unpredicted op -> throw new MissingRule(op.because());
    }
  }

  private static void pointwiseBackward(Context c, Node n, Op.Pointwise op) {
    c.patterns
        .endingAt(n.outputs().getFirst())
        .ifPresent(
            p -> c.pass(p.root(), NormRule.atRoot(c, p, c.gradientOf(n, 0)), Radial.NORMALISED));
    if (!c.patterns.swallows(n, n.input(0))) {
      PointwiseRule.backward(c, n, op.fn());
    }
  }

  private static void missing(String what) {
    throw new MissingRule("no rule for " + what);
  }

  private static void discrete(Context c, Node n) {
    int y = n.outputs().getFirst();
    Optional<Field> hot =
        y >= 0 && c.graph.value(y).dtype().floating() ? OneHotLaw.of(c, y) : Optional.empty();
    n.outputs().forEach(o -> c.set(o, new Signal.Discrete()));
    hot.ifPresent(f -> c.set(y, f));
  }
}
