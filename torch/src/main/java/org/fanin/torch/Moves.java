package org.fanin.torch;

import static org.fanin.torch.Elementwise.c;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// The same elements elsewhere.
final class Moves {
  private Moves() {}

  /// A parameter in another shape.
  static Tensor view(Call call, Op.Folded op) {
    if (!op.perm().isEmpty()) {
      return call.x().permute(Call.longs(op.perm()));
    }
    return call.x().reshape(call.shapeOut(0).toArray());
  }

  static Tensor slice(Call call, Op.Slice op) {
    Tensor y = call.x();
    Shape in = call.shapeIn(0);
    Shape out = call.shapeOut(0);
    for (int a = 0; a < in.rank(); a++) {
      long start = op.starts().get(a);
      long step = op.steps().get(a);
      long n = out.dim(a);
      if (start == 0 && step == 1 && n == in.dim(a)) {
        continue;
      }
      y = step > 0 ? forwards(y, a, start, step, n) : picked(y, a, start, step, n);
    }
    return y == call.x() ? y.alias() : y;
  }

  private static Tensor forwards(Tensor y, int axis, long start, long step, long n) {
    long end = n == 0 ? start : start + (n - 1) * step + 1;
    return y.slice(axis, new LongOptional(start), new LongOptional(end), step);
  }

  private static Tensor picked(Tensor y, int axis, long start, long step, long n) {
    long[] at = new long[(int) n];
    for (int i = 0; i < at.length; i++) {
      at[i] = start + i * step;
    }
    return torch.index_select(y, axis, Bridge.longs(at));
  }

  static List<Tensor> split(Call call, Op.Split op) {
    List<Tensor> outs = new ArrayList<>();
    long at = 0;
    for (long size : op.sizes()) {
      outs.add(call.x().narrow(op.axis(), at, size));
      at += size;
    }
    return outs;
  }

  static Tensor pad(Call call, Op.Pad op) {
    if (op.mode() == Op.Pad.Mode.CONSTANT) {
      Tensor y = Windows.padded(call.x(), op.begin(), op.end(), op.value());
      return y == call.x() ? y.alias() : y;
    }
    Tensor y = call.x();
    Shape in = call.shapeIn(0);
    for (int a = 0; a < in.rank(); a++) {
      long begin = op.begin().get(a);
      long n = in.dim(a);
      if (begin == 0 && op.end().get(a) == 0) {
        continue;
      }
      long[] at = new long[(int) (n + begin + op.end().get(a))];
      for (int i = 0; i < at.length; i++) {
        at[i] = source(op.mode(), i - begin, n);
      }
      y = torch.index_select(y, a, Bridge.longs(at));
    }
    return y == call.x() ? y.alias() : y;
  }

  private static long source(Op.Pad.Mode mode, long i, long n) {
    return switch (mode) {
      case REFLECT -> {
        long period = Math.max(1, 2 * (n - 1));
        long m = Math.floorMod(i, period);
        yield m < n ? m : period - m;
      }
      case EDGE -> Math.clamp(i, 0, n - 1);
      case WRAP -> Math.floorMod(i, n);
      case CONSTANT -> throw new IllegalStateException("constant padding has no source");
    };
  }

  /// Indices below 0 count from the end.
  private static Tensor counted(Tensor indices, long extent) {
    Tensor i = indices.to(torch.ScalarType.Long);
    return torch.where(
        torch.lt(i, c(0)), torch.add(i, c((double) extent)).to(torch.ScalarType.Long), i);
  }

  static Tensor gather(Call call, Op.Gather op) {
    Tensor i = counted(call.in()[1], call.shapeIn(0).dim(op.axis()));
    return torch
        .index_select(call.x(), op.axis(), i.reshape(-1))
        .reshape(call.shapeOut(0).toArray());
  }

  static Tensor items(Call call, Op.GatherItems op) {
    if (op.kind().equals("GatherElements")) {
      Tensor i = counted(call.in()[1], call.shapeIn(0).dim(op.axis()));
      return gatherAlong(call, op.axis(), i);
    }
    return torch
        .index_select(flatRows(call), 0, flatIndex(call, op.axis()))
        .reshape(call.shapeOut(0).toArray());
  }

  /// The data may be longer than the indices on other axes.
  private static Tensor gatherAlong(Call call, int axis, Tensor i) {
    return torch.gather(call.x(), axis, i, false);
  }

  /// Data of GatherND and ScatterND as rows of what one index tuple names.
  private static Tensor flatRows(Call call) {
    Shape data = call.shapeIn(0);
    int named = depth(call);
    long rows = 1;
    for (int a = 0; a < named; a++) {
      rows *= data.dim(a);
    }
    return call.x().reshape(rows, rows == 0 ? 0 : data.count() / rows);
  }

  private static int depth(Call call) {
    int batches = call.node().op() instanceof Op.GatherItems g ? g.axis() : 0;
    return batches + (int) call.shapeIn(1).dim(-1);
  }

  /// Row number of every index tuple.
  private static Tensor flatIndex(Call call, int batches) {
    Shape data = call.shapeIn(0);
    Shape indices = call.shapeIn(1);
    int k = (int) indices.dim(-1);
    Tensor flat = null;
    for (int j = 0; j < k; j++) {
      long extent = data.dim(batches + j);
      Tensor i = counted(call.in()[1].select(indices.rank() - 1, j), extent);
      flat = flat == null ? i : torch.add(torch.mul(flat, whole(extent)), i);
    }
    long each = 1;
    for (int j = 0; j < k; j++) {
      each *= data.dim(batches + j);
    }
    long groups = 1;
    for (int a = 0; a < batches; a++) {
      groups *= data.dim(a);
    }
    long[] offset = new long[(int) groups];
    for (int g = 0; g < offset.length; g++) {
      offset[g] = g * each;
    }
    Tensor rows = flat.reshape(groups, -1);
    return torch.add(rows, Bridge.longs(offset).reshape(groups, 1)).reshape(-1);
  }

  private static org.bytedeco.pytorch.Scalar whole(long v) {
    return new org.bytedeco.pytorch.Scalar(v);
  }

  static Tensor scatter(Call call, Op.Scatter op) {
    Tensor updates = call.in()[2];
    if (op.kind().equals("ScatterElements")) {
      Tensor i = counted(call.in()[1], call.shapeIn(0).dim(op.axis()));
      return op.add()
          ? torch.scatter_add(call.x(), op.axis(), i, updates)
          : torch.scatter(call.x(), op.axis(), i, updates);
    }
    Tensor rows = flatRows(call);
    Tensor at = flatIndex(call, 0);
    long width = rows.size(1);
    Tensor from = updates.reshape(at.numel(), width);
    Tensor y = op.add() ? torch.index_add(rows, 0, at, from) : torch.index_copy(rows, 0, at, from);
    return y.reshape(call.shapeOut(0).toArray());
  }

  static Tensor scatter(Call call, Op.ScatterReduce op) {
    Op.Scatter to = op.scatter();
    String meets = op.reduction().equals("mul") ? "prod" : "a" + op.reduction();
    Tensor updates = call.in()[2];
    if (to.kind().equals("ScatterElements")) {
      Tensor i = counted(call.in()[1], call.shapeIn(0).dim(to.axis()));
      return torch.scatter_reduce(call.x(), to.axis(), i, updates, meets, true);
    }
    // index_reduce would do, but warns on standard error that it may change.
    Tensor rows = flatRows(call);
    Tensor at = flatIndex(call, 0);
    Tensor from = updates.reshape(at.numel(), rows.size(1));
    return torch
        .scatter_reduce(
            rows, 0, at.reshape(-1, 1).expand(from.size(0), from.size(1)), from, meets, true)
        .reshape(call.shapeOut(0).toArray());
  }

  static Tensor shuffle(Call call, Op.PixelShuffle op) {
    Shape in = call.shapeIn(0);
    long b = op.block();
    long n = in.dim(0);
    long ch = in.dim(1);
    long h = in.dim(2);
    long w = in.dim(3);
    long[] out = call.shapeOut(0).toArray();
    if (!op.toSpace()) {
      return call.x().reshape(n, ch, h / b, b, w / b, b).permute(0, 3, 5, 1, 2, 4).reshape(out);
    }
    return op.columnRowDepth()
        ? call.x().reshape(n, ch / (b * b), b, b, h, w).permute(0, 1, 4, 2, 5, 3).reshape(out)
        : call.x().reshape(n, b, b, ch / (b * b), h, w).permute(0, 3, 4, 1, 5, 2).reshape(out);
  }

  static List<Tensor> topK(Call call, Op.TopK op) {
    T_TensorTensor_T r =
        torch.topk(call.x(), call.shapeOut(0).dim(op.axis()), op.axis(), op.largest(), true);
    // A tuple's elements die with it.
    return List.of(new Tensor(r.get0()), new Tensor(r.get1()));
  }
}
