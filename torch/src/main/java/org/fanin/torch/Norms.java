package org.fanin.torch;

import static org.fanin.torch.Elementwise.c;
import static org.fanin.torch.Reductions.mean;
import static org.fanin.torch.Reductions.plus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Normalisations.
final class Norms {
  private Norms() {}

  static List<Tensor> batch(Call call, Op.BatchNorm op) {
    boolean training = call.training(op.trainingMode());
    Tensor y =
        torch.batch_norm(
            call.x(),
            new TensorOptional(call.in()[1]),
            new TensorOptional(call.in()[2]),
            training ? new TensorOptional() : new TensorOptional(call.in()[3].detach()),
            training ? new TensorOptional() : new TensorOptional(call.in()[4].detach()),
            training,
            0.1,
            op.epsilon(),
            false);
    return List.of(y);
  }

  static List<Tensor> norm(Call call, Op.Norm op) {
    return switch (op.kind()) {
      case LAYER -> layer(call, op);
      case RMS -> rms(call, op);
      case GROUP, INSTANCE -> List.of(group(call, op));
      case L2 -> List.of(l2(call, op));
    };
  }

  private static List<Tensor> layer(Call call, Op.Norm op) {
    long[] axes = Call.longs(op.axes());
    Shape in = call.shapeIn(0);
    boolean trailing =
        op.axes().getLast() == in.rank() - 1
            && op.axes().getFirst() == in.rank() - op.axes().size();
    if (trailing && !call.wantsOut(1) && !call.wantsOut(2)) {
      long[] over = Arrays.copyOfRange(in.toArray(), op.axes().getFirst(), in.rank());
      return List.of(
          affine(
              call,
              torch.layer_norm(
                  call.x(),
                  over,
                  new TensorOptional(),
                  new TensorOptional(),
                  op.epsilon(),
                  false)));
    }
    Tensor mean = mean(call.x(), axes);
    Tensor centred = torch.sub(call.x(), mean);
    Tensor inverse = torch.rsqrt(plus(mean(torch.square(centred), axes), op.epsilon()));
    return List.of(affine(call, torch.mul(centred, inverse)), mean, inverse);
  }

  private static Tensor affine(Call call, Tensor y) {
    Tensor scaled = call.has(1) ? torch.mul(y, call.in()[1]) : y;
    return call.has(2) ? torch.add(scaled, call.in()[2]) : scaled;
  }

  private static List<Tensor> rms(Call call, Op.Norm op) {
    Tensor square = mean(torch.square(call.x()), Call.longs(op.axes()));
    Tensor inverse = torch.rsqrt(plus(square, op.epsilon()));
    List<Tensor> outs = new ArrayList<>();
    outs.add(affine(call, torch.mul(call.x(), inverse)));
    return outs;
  }

  private static Tensor group(Call call, Op.Norm op) {
    long groups = op.kind() == Op.Norm.Kind.INSTANCE ? call.shapeIn(0).dim(1) : op.groups();
    return torch.group_norm(
        call.x(), groups, call.optional(1), call.optional(2), op.epsilon(), false);
  }

  private static Tensor l2(Call call, Op.Norm op) {
    Tensor square = Reductions.sum(torch.square(call.x()), Call.longs(op.axes()), true);
    return torch.div(call.x(), torch.sqrt(op.epsilon() == 0 ? square : plus(square, op.epsilon())));
  }

  /// x / (bias + α/size·Σx²)^β over neighbouring channels (Krizhevsky et al. 2012).
  static Tensor lrn(Call call, Op.Lrn op) {
    int rank = call.shapeIn(0).rank();
    long[] pads = new long[2 * (rank - 1)];
    pads[pads.length - 2] = (op.size() - 1) / 2;
    pads[pads.length - 1] = op.size() - 1 - (op.size() - 1) / 2;
    Tensor square = torch.constant_pad_nd(torch.square(call.x()), pads, c(0));
    Tensor sum = Reductions.sum(square.unfold(1, op.size(), 1), new long[] {-1}, false);
    Tensor base = plus(torch.mul(sum, c(op.alpha() / op.size())), op.bias());
    return torch.mul(call.x(), torch.pow(base, c(-op.beta())));
  }
}
