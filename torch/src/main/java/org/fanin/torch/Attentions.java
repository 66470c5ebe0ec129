package org.fanin.torch;

import static org.fanin.torch.Elementwise.c;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Attention and rotary embedding of opset 23, written out.
final class Attentions {
  private Attentions() {}

  static List<Tensor> attention(Call call, Op.Attention op) {
    Tensor q = heads(call, 0, op.queryHeads());
    Tensor k = heads(call, 1, op.keyHeads());
    Tensor v = heads(call, 2, op.keyHeads());
    int group = op.queryHeads() / op.keyHeads();
    Tensor scores = torch.mul(torch.matmul(q, repeated(k, group).transpose(-2, -1)), c(op.scale()));
    scores = masked(call, op, scores, q.size(2), k.size(2));
    Tensor y = torch.matmul(torch.softmax(scores, -1), repeated(v, group));
    if (call.shapeIn(0).rank() == 3) {
      y = y.transpose(1, 2).reshape(call.shapeOut(0).toArray());
    }
    List<Tensor> outs = new ArrayList<>(List.of(y));
    if (call.wantsOut(1) || call.wantsOut(2) || call.wantsOut(3)) {
      outs.addAll(List.of(k.alias(), v.alias(), scores.alias()));
    }
    return outs;
  }

  private static Tensor heads(Call call, int input, int heads) {
    Shape s = call.shapeIn(input);
    Tensor x = call.in()[input];
    return s.rank() == 4
        ? x
        : x.reshape(s.dim(0), s.dim(1), heads, s.dim(2) / heads).transpose(1, 2);
  }

  private static Tensor repeated(Tensor x, int group) {
    return group == 1
        ? x
        : torch.repeat_interleave(
            x,
            group,
            new org.bytedeco.pytorch.LongOptional(1),
            new org.bytedeco.pytorch.LongOptional());
  }

  private static Tensor masked(Call call, Op.Attention op, Tensor scores, long queries, long keys) {
    Tensor s = scores;
    if (call.has(3)) {
      Tensor m = call.in()[3];
      s =
          Bridge.type(m) == torch.ScalarType.Bool
              ? torch.masked_fill(s, torch.logical_not(m), c(Double.NEGATIVE_INFINITY))
              : torch.add(s, m);
    }
    if (op.causal()) {
      Tensor ahead = torch.triu(Place.put(torch.ones(queries, keys)), 1).to(torch.ScalarType.Bool);
      s = torch.masked_fill(s, ahead, c(Double.NEGATIVE_INFINITY));
    }
    return s;
  }

  /// Inputs x [B, H, T, D] or [B, T, H·D], cos, sin [positions, D/2] with position ids [B, T], or
  /// [B, T, D/2] without.
  static Tensor rotary(Call call, Op.RotaryEmbedding op) {
    Shape s = call.shapeIn(0);
    Tensor x = call.x();
    if (s.rank() == 3) {
      if (op.heads() < 1) {
        throw new Call.NotRunnable("rotary embedding without a number of heads");
      }
      x = x.reshape(s.dim(0), s.dim(1), op.heads(), s.dim(2) / op.heads());
    } else {
      x = x.transpose(1, 2);
    }
    long size = x.size(3);
    long turned = op.size() == 0 ? size : op.size();
    Tensor y = turn(x.narrow(3, 0, turned), table(call, 1), table(call, 2), op.interleaved());
    if (turned < size) {
      y = torch.cat(new TensorVector(y, x.narrow(3, turned, size - turned)), 3);
    }
    return s.rank() == 3 ? y.reshape(s.toArray()) : y.transpose(1, 2);
  }

  /// [B, T, 1, D/2]
  private static Tensor table(Call call, int input) {
    Tensor t = call.in()[input];
    if (call.has(3)) {
      Shape ids = call.shapeIn(3);
      t =
          torch
              .index_select(t, 0, call.in()[3].reshape(-1))
              .reshape(ids.dim(0), ids.dim(1), t.size(1));
    }
    return t.unsqueeze(2);
  }

  private static Tensor turn(Tensor x, Tensor cos, Tensor sin, boolean interleaved) {
    long half = x.size(3) / 2;
    Tensor pairs = interleaved ? x.reshape(x.size(0), x.size(1), x.size(2), half, 2) : null;
    Tensor a = interleaved ? pairs.select(4, 0) : x.narrow(3, 0, half);
    Tensor b = interleaved ? pairs.select(4, 1) : x.narrow(3, half, half);
    Tensor real = torch.sub(torch.mul(a, cos), torch.mul(b, sin));
    Tensor imaginary = torch.add(torch.mul(b, cos), torch.mul(a, sin));
    return interleaved
        ? torch
            .stack(new TensorVector(real, imaginary), 4)
            .reshape(x.size(0), x.size(1), x.size(2), 2 * half)
        : torch.cat(new TensorVector(real, imaginary), 3);
  }
}
