package org.fanin.torch;

import static org.fanin.torch.Elementwise.c;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;

/// Convolutions.
final class Windows {
  private Windows() {}

  static Tensor conv(Call call, Op.Conv op) {
    Tensor x = call.x();
    long[] pad = Call.longs(op.padBegin());
    if (!op.padBegin().equals(op.padEnd()) || Arrays.stream(pad).anyMatch(p -> p < 0)) {
      x = padded(x, op.padBegin(), op.padEnd(), 0);
      pad = new long[pad.length];
    }
    return torch.convolution(
        x,
        call.in()[1],
        call.optional(2),
        Call.longs(op.strides()),
        pad,
        Call.longs(op.dilations()),
        false,
        new long[pad.length],
        op.group());
  }

  /// Pads the spatial axes; negative crops.
  static Tensor padded(
      Tensor x, List<? extends Number> begin, List<? extends Number> end, double value) {
    int n = begin.size();
    long[] p = new long[2 * n];
    boolean any = false;
    for (int i = 0; i < n; i++) {
      // torch counts from the last axis.
      p[2 * (n - 1 - i)] = begin.get(i).longValue();
      p[2 * (n - 1 - i) + 1] = end.get(i).longValue();
      any |= begin.get(i).longValue() != 0 || end.get(i).longValue() != 0;
    }
    return any ? torch.constant_pad_nd(x, p, c(value)) : x;
  }

  /// Without padding first, then cropped or, where the output reaches beyond every window,
  /// extended: torch itself wants equal pads and an output padding below the stride.
  static Tensor convTranspose(Call call, Op.ConvTranspose op) {
    int n = op.kernel().size();
    Tensor full =
        torch.convolution(
            call.x(),
            call.in()[1],
            new TensorOptional(),
            Call.longs(op.strides()),
            new long[n],
            Call.longs(op.dilations()),
            true,
            new long[n],
            op.group());
    Integer[] begin = new Integer[n];
    Integer[] end = new Integer[n];
    for (int i = 0; i < n; i++) {
      begin[i] = -op.padBegin().get(i);
      end[i] = op.outputPadding().get(i) - op.padEnd().get(i);
    }
    Tensor y = padded(full, List.of(begin), List.of(end), 0);
    if (!call.has(2)) {
      return y;
    }
    long[] column = new long[n + 2];
    Arrays.fill(column, 1);
    column[1] = call.shapeOut(0).dim(1);
    return torch.add(y, call.in()[2].reshape(column));
  }
}
