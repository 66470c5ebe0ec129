package org.fanin.torch;

import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;
import org.fanin.math.Addressed;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// From operator to torch. Outputs come in the node's order; those that are not given are unknown.
final class Operators {
  private Operators() {}

  /// @throws Call.NotRunnable saying why not
  static List<Tensor> run(Call c) {
    return run(c, c.node().op());
  }

  private static List<Tensor> run(Call c, Op any) {
    return switch (any) {
      case Op.Pointwise op -> one(Elementwise.apply(op.fn(), c.x(), c.shapeOut(0)));
      case Op.Arithmetic op -> one(arithmetic(c, op.kind()));
      case Op.PRelu _ -> one(prelu(c));
      case Op.Contract op -> one(Linear.contract(c, op));
      case Op.Conv op -> one(Windows.conv(c, op));
      case Op.ConvTranspose op -> one(Windows.convTranspose(c, op));
      case Op.Pool op -> Pools.pool(c, op);
      case Op.Reduce op -> one(Reductions.reduce(c, op));
      case Op.BatchNorm op -> Norms.batch(c, op);
      case Op.Norm op -> Norms.norm(c, op);
      case Op.Lrn op -> one(Norms.lrn(c, op));
      case Op.Softmax op ->
          one(op.log() ? torch.log_softmax(c.x(), op.axis()) : torch.softmax(c.x(), op.axis()));
      case Op.Dropout op -> dropout(c, op);
      case Op.Reshape _ -> one(c.x().reshape(c.shapeOut(0).toArray()));
      case Op.Transpose op -> one(c.x().permute(Call.longs(op.perm())));
      case Op.Expand _ -> one(c.x().expand(c.shapeOut(0).toArray()));
      case Op.Slice op -> one(Moves.slice(c, op));
      case Op.Concat op -> one(torch.cat(new TensorVector(c.in()), op.axis()));
      case Op.Split op -> Moves.split(c, op);
      case Op.Pad op -> one(Moves.pad(c, op));
      case Op.Gather op -> one(Moves.gather(c, op));
      case Op.GatherItems op -> one(Moves.items(c, op));
      case Op.Scatter op -> one(Moves.scatter(c, op));
      case Op.Tile op -> one(c.x().repeat(Call.longs(op.repeats())));
      case Op.Resize op -> one(Resizing.resize(c, op));
      case Op.PixelShuffle op -> one(Moves.shuffle(c, op));
      case Op.Where _ -> one(torch.where(c.x(), c.in()[1], c.in()[2]));
      case Op.Trilu op ->
          one(op.upper() ? torch.triu(c.x(), op.diagonal()) : torch.tril(c.x(), op.diagonal()));
      case Op.CumSum op -> one(cumSum(c.x(), op));
      case Op.TopK op -> Moves.topK(c, op);
      case Op.Recurrent op -> Recurrences.run(c, op);
      case Op.Attention op -> Attentions.attention(c, op);
      case Op.RotaryEmbedding op -> one(Attentions.rotary(c, op));
      case Op.Random op -> one(random(c, op));
      case Op.Discrete op -> op.of().map(o -> run(c, o)).orElseGet(() -> Discretes.run(c, op));
      case Op.Folded op -> one(Moves.view(c, op));
      case Op.ControlFlow op -> throw new Call.NotRunnable(op.name() + " is not run");
      case Op.Unpredicted op -> Unpredicted.run(c, op);
    };
  }

  static List<Tensor> one(Tensor t) {
    return List.of(t);
  }

  private static Tensor arithmetic(Call c, Op.Arithmetic.Kind kind) {
    Tensor y = c.x();
    for (int i = 1; i < c.in().length; i++) {
      Tensor z = c.in()[i];
      y =
          switch (kind) {
            case ADD, MEAN -> torch.add(y, z);
            case SUB -> torch.sub(y, z);
            case MUL -> torch.mul(y, z);
            case DIV -> quotient(c, y, z);
            case POW -> torch.pow(y, z);
            case MIN -> torch.minimum(y, z);
            case MAX -> torch.maximum(y, z);
          };
    }
    return kind == Op.Arithmetic.Kind.MEAN ? torch.div(y, new Scalar((double) c.in().length)) : y;
  }

  private static Tensor quotient(Call c, Tensor y, Tensor z) {
    Tensor q = torch.div(y, z);
    DType d = c.graph().value(c.node().outputs().getFirst()).dtype();
    // ONNX divides integers towards 0.
    return d.floating() ? q : torch.trunc(q).to(torch.ScalarType.Long);
  }

  private static Tensor prelu(Call c) {
    Tensor x = c.x();
    Tensor below = torch.mul(torch.neg(torch.relu(torch.neg(x))), c.in()[1]);
    return torch.add(torch.relu(x), below);
  }

  private static List<Tensor> dropout(Call c, Op.Dropout op) {
    if (!c.training(op.trainingMode()) || op.ratio() == 0) {
      return one(c.x().alias());
    }
    Shape shape = c.shapeIn(0);
    double keep = 1 / (1 - op.ratio());
    Tensor mask =
        Bridge.generate(
            shape,
            c.real(),
            i -> Addressed.uniform(c.seed(), c.stream(), i) < op.ratio() ? 0 : keep);
    return List.of(torch.mul(c.x(), mask), mask.to(torch.ScalarType.Bool));
  }

  private static Tensor random(Call c, Op.Random op) {
    double sd = Math.sqrt(op.variance());
    boolean uniform = c.node().onnxOp().startsWith("RandomUniform");
    return Bridge.generate(
        c.shapeOut(0),
        c.real(),
        i ->
            op.mean()
                + sd
                    * (uniform
                        ? Math.sqrt(12) * (Addressed.uniform(c.seed(), c.stream(), i) - 0.5)
                        : sd == 0 ? 0 : Addressed.normal(c.seed(), c.stream(), i)));
  }

  private static Tensor cumSum(Tensor x, Op.CumSum op) {
    Tensor ordered = op.reverse() ? x.flip(op.axis()) : x;
    Tensor sum = ordered.cumsum(op.axis());
    Tensor before = op.exclusive() ? sum.sub(ordered) : sum;
    return op.reverse() ? before.flip(op.axis()) : before;
  }
}
