package org.fanin.torch;

import static org.fanin.torch.Elementwise.c;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Convolutions.
final class Windows {
  private Windows() {}

  static Tensor conv(Call call, Op.Conv op) {
    Tensor x = call.x();
    Tensor w = call.in()[1];
    boolean whole = Bridge.type(x) == torch.ScalarType.Long;
    if (whole) {
      // torch convolves floats only; sums of products of bytes are exact in doubles.
      x = x.to(torch.ScalarType.Double);
      w = w.to(torch.ScalarType.Double);
    }
    long[] pad = Call.longs(op.padBegin());
    if (!op.padBegin().equals(op.padEnd()) || Arrays.stream(pad).anyMatch(p -> p < 0)) {
      x = padded(x, op.padBegin(), op.padEnd(), 0);
      pad = new long[pad.length];
    }
    Tensor y =
        torch.convolution(
            x,
            w,
            call.optional(2),
            Call.longs(op.strides()),
            pad,
            Call.longs(op.dilations()),
            false,
            new long[pad.length],
            op.group());
    return whole ? y.to(torch.ScalarType.Long) : y;
  }

  /// A transposed convolution by the kernel's elements, each of which is one channel.
  static Tensor image(Call call, Op.Col2Im op) {
    int n = op.kernel().size();
    if (n > 3) {
      throw new Call.NotRunnable("Col2Im over more than 3 axes");
    }
    Shape in = call.shapeIn(0);
    Shape out = call.shapeOut(0);
    long block = in.dim(1) / out.dim(1);
    long[] columns = new long[n + 2];
    long[] kernel = new long[n + 2];
    Integer[] begin = new Integer[n];
    Integer[] end = new Integer[n];
    for (int i = 0; i < n; i++) {
      long span = (op.kernel().get(i) - 1L) * op.dilations().get(i) + 1;
      begin[i] = -op.padBegin().get(i);
      long padded = op.image().get(i) + op.padBegin().get(i) + op.padEnd().get(i);
      columns[2 + i] = (padded - span) / op.strides().get(i) + 1;
      kernel[2 + i] = op.kernel().get(i);
      long full = (columns[2 + i] - 1) * op.strides().get(i) + span;
      end[i] = Math.toIntExact(op.image().get(i) + op.padBegin().get(i) - full);
    }
    columns[0] = in.dim(0) * out.dim(1);
    columns[1] = block;
    kernel[0] = block;
    kernel[1] = 1;
    Tensor ones = Place.put(torch.eye(block)).to(call.real()).reshape(kernel);
    Tensor y = spread(call.x().reshape(columns), ones, op.strides(), op.dilations(), 1);
    return padded(y, List.of(begin), List.of(end), 0).reshape(out.toArray());
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

  /// A transposed convolution without padding.
  private static Tensor spread(
      Tensor x, Tensor w, List<Integer> strides, List<Integer> dilations, long groups) {
    int n = strides.size();
    return torch.convolution(
        x,
        w,
        new TensorOptional(),
        Call.longs(strides),
        new long[n],
        Call.longs(dilations),
        true,
        new long[n],
        groups);
  }

  /// Without padding first, then cropped or, where the output reaches beyond every window,
  /// extended: torch itself wants equal pads and an output padding below the stride.
  static Tensor convTranspose(Call call, Op.ConvTranspose op) {
    int n = op.kernel().size();
    Tensor full = spread(call.x(), call.in()[1], op.strides(), op.dilations(), op.group());
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
