package org.fanin.torch;

import static org.fanin.torch.Elementwise.c;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Pooling windows.
final class Pools {
  private Pools() {}

  static List<Tensor> pool(Call call, Op.Pool op) {
    List<Integer> end = reach(call, op);
    return switch (op.kind()) {
      case MAX -> {
        Tensor x = Windows.padded(call.x(), op.padBegin(), end, Double.NEGATIVE_INFINITY);
        yield call.wantsOut(1) ? maxAndWhere(call, x, op) : List.of(max(x, op));
      }
      case AVERAGE -> List.of(average(call, op, end));
    };
  }

  /// Roots of sums of powers.
  static Tensor lp(Call call, Op.LpPool op) {
    Op.Pool w = op.window();
    Tensor power = power(call.x(), op.p());
    Tensor sum = sums(Windows.padded(power, w.padBegin(), reach(call, w), 0), w);
    return torch.pow(sum, new Scalar(1.0 / op.p()));
  }

  static Tensor lp(Call call, Op.GlobalLpPool op) {
    long[] axes = LongStream.range(2, call.shapeIn(0).rank()).toArray();
    Tensor sum = Reductions.sum(power(call.x(), op.p()), axes, true);
    return torch.pow(sum, new Scalar(1.0 / op.p()));
  }

  private static Tensor power(Tensor x, int p) {
    return torch.pow(torch.abs(x), new Scalar((double) p));
  }

  /// End pads that let the last window fit (ceil_mode reaches beyond the file's own pads).
  private static List<Integer> reach(Call call, Op.Pool op) {
    if (op.kernel().size() > 3) {
      throw new Call.NotRunnable("pooling over more than 3 axes");
    }
    Shape in = call.shapeIn(0);
    Shape out = call.shapeOut(0);
    List<Integer> end = new ArrayList<>();
    for (int i = 0; i < op.kernel().size(); i++) {
      long span = (op.kernel().get(i) - 1L) * op.dilations().get(i) + 1;
      long need = (out.dim(2 + i) - 1) * op.strides().get(i) + span;
      long has = in.dim(2 + i) + op.padBegin().get(i);
      end.add((int) Math.max(op.padEnd().get(i), need - has));
    }
    return end;
  }

  private static Tensor max(Tensor x, Op.Pool op) {
    long[] k = Call.longs(op.kernel());
    long[] s = Call.longs(op.strides());
    long[] d = Call.longs(op.dilations());
    long[] none = new long[k.length];
    return switch (k.length) {
      case 1 -> torch.max_pool1d(x, k, s, none, d, false);
      case 2 -> torch.max_pool2d(x, k, s, none, d, false);
      default -> torch.max_pool3d(x, k, s, none, d, false);
    };
  }

  /// torch counts within one padded plane, ONNX in the whole tensor.
  private static List<Tensor> maxAndWhere(Call call, Tensor x, Op.Pool op) {
    long[] k = Call.longs(op.kernel());
    long[] s = Call.longs(op.strides());
    long[] d = Call.longs(op.dilations());
    long[] none = new long[k.length];
    T_TensorTensor_T r =
        switch (k.length) {
          case 1 -> torch.max_pool1d_with_indices(x, k, s, none, d, false);
          case 2 -> torch.max_pool2d_with_indices(x, k, s, none, d, false);
          default -> torch.max_pool3d_with_indices(x, k, s, none, d, false);
        };
    Shape in = call.shapeIn(0);
    Tensor rest = new Tensor(r.get1());
    Tensor at = torch.zeros_like(rest);
    long stride = 1;
    for (int i = k.length - 1; i >= 0; i--) {
      Scalar extent = new Scalar(x.size(2 + i));
      Tensor position = torch.sub(torch.remainder(rest, extent), new Scalar(op.padBegin().get(i)));
      at = torch.add(at, torch.mul(position, new Scalar(stride)));
      rest = torch.floor_divide(rest, extent);
      stride *= in.dim(2 + i);
    }
    long[] planes = new long[k.length + 2];
    Arrays.fill(planes, 1);
    planes[0] = in.dim(0);
    planes[1] = in.dim(1);
    long each = stride;
    long[] first = LongStream.range(0, planes[0] * planes[1]).map(p -> p * each).toArray();
    Tensor whole = torch.add(at, Bridge.longs(first).reshape(planes));
    return List.of(new Tensor(r.get0()), whole);
  }

  private static Tensor average(Call call, Op.Pool op, List<Integer> end) {
    long[] k = Call.longs(op.kernel());
    boolean plain =
        op.padBegin().stream().allMatch(p -> p == 0)
            && end.stream().allMatch(p -> p == 0)
            && op.dilations().stream().allMatch(p -> p == 1);
    if (plain && k.length > 1) {
      long[] s = Call.longs(op.strides());
      long[] none = new long[k.length];
      LongOptional own = new LongOptional();
      return k.length == 2
          ? torch.avg_pool2d(call.x(), k, s, none, false, true, own)
          : torch.avg_pool3d(call.x(), k, s, none, false, true, own);
    }
    Tensor sum = sums(Windows.padded(call.x(), op.padBegin(), end, 0), op);
    if (plain) {
      return torch.div(sum, c((double) LongStream.of(k).reduce(1, (a, b) -> a * b)));
    }
    return torch.div(sum, counts(call, op, end));
  }

  /// How many elements each window averages over: those of the input, and of the file's pads when
  /// they count; never those beyond.
  private static Tensor counts(Call call, Op.Pool op, List<Integer> end) {
    long[] d = call.shapeIn(0).toArray();
    d[0] = 1;
    d[1] = 1;
    Tensor ones = torch.ones_like(Place.put(torch.zeros(d)).to(call.real()));
    List<Integer> rest = end;
    List<Integer> begin = op.padBegin();
    if (op.countIncludePad()) {
      ones = Windows.padded(ones, op.padBegin(), op.padEnd(), 1);
      rest = new ArrayList<>();
      for (int i = 0; i < end.size(); i++) {
        rest.add(end.get(i) - op.padEnd().get(i));
      }
      begin = end.stream().map(_ -> 0).toList();
    }
    return sums(Windows.padded(ones, begin, rest, 0), op);
  }

  /// Sum over each window, any number of axes, by a convolution with ones.
  private static Tensor sums(Tensor x, Op.Pool op) {
    int n = op.kernel().size();
    long[] from = sizes(x);
    long[] flat = from.clone();
    flat[0] = from[0] * from[1];
    flat[1] = 1;
    long[] kernel = new long[n + 2];
    Arrays.fill(kernel, 1);
    for (int i = 0; i < n; i++) {
      kernel[2 + i] = op.kernel().get(i);
    }
    Tensor ones = Place.put(torch.ones(kernel)).to(Bridge.type(x));
    Tensor y =
        torch.convolution(
            x.reshape(flat),
            ones,
            new TensorOptional(),
            Call.longs(op.strides()),
            new long[n],
            Call.longs(op.dilations()),
            false,
            new long[n],
            1);
    long[] to = sizes(y);
    to[0] = from[0];
    to[1] = from[1];
    return y.reshape(to);
  }

  private static long[] sizes(Tensor t) {
    long[] d = new long[(int) t.dim()];
    for (int i = 0; i < d.length; i++) {
      d[i] = t.size(i);
    }
    return d;
  }
}
