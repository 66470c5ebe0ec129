package org.fanin.graph;

import java.util.Arrays;
import java.util.List;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Windows over spatial axes: convolution, transposed convolution, pooling. `auto_pad` becomes pads
/// here.
final class ConvOps {
  /// No real window is larger; keeps every product below in range of a long.
  private static final long LARGEST = 1L << 30;

  private ConvOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "Conv" -> ConvOps::conv;
      case "ConvTranspose" -> ConvOps::convTranspose;
      case "MaxPool" -> s -> pool(s, Op.Pool.Kind.MAX);
      case "AveragePool" -> s -> pool(s, Op.Pool.Kind.AVERAGE);
      case "LpPool" -> ConvOps::lpPool;
      case "MaxUnpool" -> ConvOps::unpool;
      case "Col2Im" -> ConvOps::columns;
      case "MaxRoiPool", "RoiAlign", "DeformConv" -> s -> s.foreign("no rule for " + op);
      default -> null;
    };
  }

  /// Attributes of one window, one entry per spatial axis.
  private record Window(long[] kernel, long[] strides, long[] dilations, long[] begin, long[] end) {
    int axes() {
      return kernel.length;
    }

    /// Extent a dilated kernel covers.
    long span(int i) {
      return (kernel[i] - 1) * dilations[i] + 1;
    }
  }

  private static Window window(Site s, Shape in, long[] kernelOfWeight)
      throws ModelFormatException {
    int n = in.rank() - 2;
    if (n < 1) {
      throw s.fault("input of shape " + in, "[N, C, spatial…]");
    }
    long[] k = s.longs("kernel_shape");
    k = k == null ? kernelOfWeight : k;
    if (k == null || kernelOfWeight != null && !Arrays.equals(k, kernelOfWeight)) {
      throw s.fault(
          "kernel_shape " + Arrays.toString(k), "the kernel " + Arrays.toString(kernelOfWeight));
    }
    Window w =
        new Window(
            k, filled(s, "strides", n, 1), filled(s, "dilations", n, 1), new long[n], new long[n]);
    long[] pads = s.longs("pads");
    if (pads != null && pads.length != 2 * n) {
      throw s.fault(pads.length + " pads", "two for each of " + n + " axes");
    }
    for (int i = 0; i < n; i++) {
      w.begin[i] = pads == null ? 0 : pads[i];
      w.end[i] = pads == null ? 0 : pads[n + i];
    }
    check(s, w, n);
    return w;
  }

  private static void check(Site s, Window w, int n) throws ModelFormatException {
    if (w.kernel.length != n) {
      throw s.fault("kernel of " + w.kernel.length + " axes", n + " axes");
    }
    for (int i = 0; i < n; i++) {
      for (long v : new long[] {w.kernel[i], w.strides[i], w.dilations[i]}) {
        if (v < 1 || v > LARGEST) {
          throw s.fault("kernel, stride or dilation " + v, "between 1 and " + LARGEST);
        }
      }
      if (Math.abs(w.begin[i]) > LARGEST || Math.abs(w.end[i]) > LARGEST) {
        throw s.fault("pads " + w.begin[i] + ", " + w.end[i], "at most " + LARGEST);
      }
    }
  }

  private static long[] filled(Site s, String attribute, int n, long value)
      throws ModelFormatException {
    long[] v = s.longs(attribute);
    if (v == null) {
      v = new long[n];
      Arrays.fill(v, value);
    }
    if (v.length != n) {
      throw s.fault(v.length + " " + attribute, "one for each of " + n + " axes");
    }
    return v;
  }

  private static void autoPad(Site s, Window w, Shape in) throws ModelFormatException {
    String auto = s.text("auto_pad", "NOTSET");
    for (int i = 0; i < w.axes(); i++) {
      if (auto.equals("VALID")) {
        w.begin[i] = 0;
        w.end[i] = 0;
      } else if (auto.startsWith("SAME_")) {
        long out = (in.dim(2 + i) + w.strides[i] - 1) / w.strides[i];
        long total = Math.max(0, (out - 1) * w.strides[i] + w.span(i) - in.dim(2 + i));
        w.begin[i] = auto.equals("SAME_UPPER") ? total / 2 : total - total / 2;
        w.end[i] = total - w.begin[i];
      } else if (!auto.equals("NOTSET")) {
        throw s.fault("auto_pad " + auto, "NOTSET, VALID, SAME_UPPER or SAME_LOWER");
      }
    }
  }

  private static int group(Site s) throws ModelFormatException {
    long g = s.integer("group", 1);
    if (g < 1 || g > LARGEST) {
      throw s.fault("group " + g, "at least 1");
    }
    return (int) g;
  }

  private static Shape weight(Site s, Shape in, Shape w) throws ModelFormatException {
    if (w.rank() != in.rank() || w.rank() < 3) {
      throw s.fault("weight " + w + " for input " + in, "the same rank, at least 3");
    }
    return w;
  }

  private static long[] kernelOf(Shape w) {
    return Arrays.copyOfRange(w.toArray(), 2, w.rank());
  }

  private static Lowered conv(Site s) throws ModelFormatException {
    Shape weight = weight(s, s.shape(0), s.shape(1));
    bias(s, weight.dim(0));
    return conv(s, s.shape(0), weight);
  }

  /// Input and weight need not be the node's first two inputs.
  static Lowered conv(Site s, Shape in, Shape weight) throws ModelFormatException {
    weight(s, in, weight);
    Window w = window(s, in, kernelOf(weight));
    autoPad(s, w, in);
    int g = group(s);
    if (in.dim(1) != weight.dim(1) * g || weight.dim(0) % g != 0) {
      throw s.fault(
          "input " + in + ", weight " + weight + ", group " + g,
          "channels = group × " + weight.dim(1));
    }
    long[] d = new long[in.rank()];
    d[0] = in.dim(0);
    d[1] = weight.dim(0);
    for (int i = 0; i < w.axes(); i++) {
      d[2 + i] = (padded(s, w, in, i) - w.span(i)) / w.strides[i] + 1;
    }
    return s.to(
        new Op.Conv(
            Site.ints(w.kernel),
            Site.ints(w.strides),
            Site.ints(w.begin),
            Site.ints(w.end),
            Site.ints(w.dilations),
            g),
        s.shapeOf(d));
  }

  private static void bias(Site s, long channels) throws ModelFormatException {
    if (s.has(2) && (s.rank(2) != 1 || s.shape(2).dim(0) != channels)) {
      throw s.fault("bias of shape " + s.shape(2), "[" + channels + "]");
    }
  }

  private static long padded(Site s, Window w, Shape in, int i) throws ModelFormatException {
    long p = in.dim(2 + i) + w.begin[i] + w.end[i];
    if (p < w.span(i)) {
      throw s.fault("padded extent " + p, "at least the kernel's " + w.span(i));
    }
    return p;
  }

  private static Lowered convTranspose(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    Shape weight = weight(s, in, s.shape(1));
    Window w = window(s, in, kernelOf(weight));
    int g = group(s);
    if (in.dim(1) != weight.dim(0) || in.dim(1) % g != 0) {
      throw s.fault("input " + in + ", weight " + weight, "equal channels");
    }
    long channels = Math.multiplyExact(weight.dim(1), (long) g);
    bias(s, channels);
    int n = w.axes();
    long[] extra = filled(s, "output_padding", n, 0).clone();
    long[] wanted = s.longs("output_shape");
    String auto = s.text("auto_pad", "NOTSET");
    long[] d = new long[in.rank()];
    d[0] = in.dim(0);
    d[1] = channels;
    for (int i = 0; i < n; i++) {
      if (extra[i] < 0 || extra[i] > LARGEST) {
        throw s.fault("output_padding " + extra[i], "at least 0");
      }
      long full = w.strides[i] * (in.dim(2 + i) - 1) + extra[i] + w.span(i);
      if (wanted != null || auto.startsWith("SAME_")) {
        // output_shape may or may not list N and C.
        long out =
            wanted != null
                ? wanted[wanted.length - n + i]
                : Math.multiplyExact(in.dim(2 + i), w.strides[i]);
        long total = full - out;
        extra[i] += Math.max(0, -total);
        total = Math.max(0, total);
        w.begin[i] = auto.equals("SAME_UPPER") ? total / 2 : total - total / 2;
        w.end[i] = total - w.begin[i];
        d[2 + i] = out;
      } else {
        w.begin[i] = auto.equals("VALID") ? 0 : w.begin[i];
        w.end[i] = auto.equals("VALID") ? 0 : w.end[i];
        d[2 + i] = full - w.begin[i] - w.end[i];
      }
    }
    return s.to(
        new Op.ConvTranspose(
            Site.ints(w.kernel),
            Site.ints(w.strides),
            Site.ints(w.begin),
            Site.ints(w.end),
            Site.ints(w.dilations),
            Site.ints(extra),
            g),
        s.shapeOf(d));
  }

  private static Lowered pool(Site s, Op.Pool.Kind kind) throws ModelFormatException {
    Shape in = s.shape(0);
    Window w = window(s, in, null);
    autoPad(s, w, in);
    boolean ceil = s.flag("ceil_mode", false);
    long[] d = in.toArray();
    for (int i = 0; i < w.axes(); i++) {
      long room = in.dim(2 + i) + w.begin[i] + w.end[i] - w.span(i);
      if (room < 0 && !(ceil && room + w.strides[i] > 0)) {
        padded(s, w, in, i);
      }
      d[2 + i] = (room + (ceil ? w.strides[i] - 1 : 0)) / w.strides[i] + 1;
      // A window that would start in the padding after the end is left out (PyTorch, ONNX Runtime).
      if (ceil && (d[2 + i] - 1) * w.strides[i] >= in.dim(2 + i) + w.begin[i]) {
        d[2 + i]--;
      }
    }
    Shape out = s.shapeOf(d);
    Op op =
        new Op.Pool(
            kind,
            Site.ints(w.kernel),
            Site.ints(w.strides),
            Site.ints(w.begin),
            Site.ints(w.end),
            Site.ints(w.dilations),
            s.flag("count_include_pad", false));
    if (!s.hasOutput(1)) {
      return s.to(op, out);
    }
    Out[] outs = {Out.of(s.dtype(0), out), Out.of(DType.I64, out)};
    return s.flag("storage_order", false)
        ? s.foreign("no rule for indices that count columns first", outs)
        : s.to(op, outs);
  }

  /// Of a norm over windows.
  static int exponent(Site s) throws ModelFormatException {
    long p = s.integer("p", 2);
    if (p < 1 || p > 1 << 10) {
      throw s.fault("p = " + p, "between 1 and 1024");
    }
    return (int) p;
  }

  private static Lowered lpPool(Site s) throws ModelFormatException {
    int p = exponent(s);
    Lowered sum = pool(s, Op.Pool.Kind.AVERAGE);
    return s.to(new Op.LpPool((Op.Pool) sum.op(), p), sum.outs().getFirst());
  }

  /// A shape that is given is the one that indices count in, as it is for MaxPool's input, ONNX
  /// Runtime and PyTorch. The specification's own test counts in the shape that kernel, strides and
  /// pads give.
  private static Lowered unpool(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    Window w = window(s, in, null);
    if (!s.shape(1).equals(in)) {
      throw s.fault("indices of shape " + s.shape(1) + " for " + in, "one for each element");
    }
    long[] d = in.toArray();
    for (int i = 0; i < w.axes(); i++) {
      d[2 + i] =
          Math.multiplyExact(Math.max(0, in.dim(2 + i) - 1), w.strides[i])
              + w.kernel[i]
              - w.begin[i]
              - w.end[i];
    }
    Shape out = s.shapeOf(s.has(2) ? s.longs(2, "output_shape") : d);
    if (out.rank() != in.rank()) {
      throw s.fault("output_shape " + out, "the rank of " + in);
    }
    return s.to(new Op.MaxUnpool(), out).withInputs(List.of(s.id(0), s.id(1)));
  }

  private static Lowered columns(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long[] image = s.longs(1, "image_shape");
    long[] kernel = s.longs(2, "block_shape");
    int n = image.length;
    if (in.rank() != 3 || n < 1 || n > Site.MAX_RANK - 2) {
      throw s.fault("columns " + in + " for an image of " + n + " axes", "[N, C, positions]");
    }
    long[] d = new long[2 + n];
    System.arraycopy(image, 0, d, 2, n);
    d[0] = in.dim(0);
    d[1] = 1;
    Window w = window(s, s.shapeOf(d), kernel);
    long positions = 1;
    long block = 1;
    for (int i = 0; i < n; i++) {
      long span = padded(s, w, s.shapeOf(d), i) - w.span(i);
      positions = Math.multiplyExact(positions, span / w.strides[i] + 1);
      block = Math.multiplyExact(block, kernel[i]);
    }
    if (positions != in.dim(2) || in.dim(1) < 1 || in.dim(1) % block != 0) {
      throw s.fault("columns " + in, "[N, C·" + block + ", " + positions + "]");
    }
    d[1] = in.dim(1) / block;
    return s.to(
            new Op.Col2Im(
                Arrays.stream(image).boxed().toList(),
                Site.ints(w.kernel),
                Site.ints(w.strides),
                Site.ints(w.begin),
                Site.ints(w.end),
                Site.ints(w.dilations)),
            s.shapeOf(d))
        .withInputs(List.of(s.id(0)));
  }
}
