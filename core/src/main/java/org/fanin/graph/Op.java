package org.fanin.graph;

import java.util.List;
import java.util.Optional;
import org.fanin.math.Fn;

/// What a node computes, with every attribute resolved: negative axes made positive, default
/// strides and pads filled in, `auto_pad` turned into pads, shape arguments folded from constants.
/// A closed set: a switch over it has no `default`. The rule that predicts each operator is in
/// `org.fanin.predict` under the operator's name.
public sealed interface Op {
  /// Cheaper than comparing records, and asked of every node.
  default boolean isArithmetic(Arithmetic.Kind kind) {
    return this instanceof Arithmetic a && a.kind() == kind;
  }

  /// y = fn(x), element by element, one data input. Binary arithmetic with a constant SCALAR is
  /// also this (see [Fn#addConst] and friends).
  record Pointwise(Fn fn) implements Op {}

  /// Two or more inputs with numpy broadcasting.
  record Arithmetic(Kind kind) implements Op {
    public enum Kind {
      ADD,
      SUB,
      MUL,
      DIV,
      POW,
      MIN,
      MAX,
      MEAN
    }
  }

  /// x for x ≥ 0, slope·x below; inputs x, slope.
  record PRelu() implements Op {}

  /// Sum over shared labels of a·b (einsum of two operands). Labels are small ints; a label missing
  /// from `out` is summed. An extent of 1 broadcasts. Inputs: a, b and, for Gemm, optionally a bias
  /// that broadcasts to the output. y = alpha·(a·b) + beta·bias.
  record Contract(List<Integer> a, List<Integer> b, List<Integer> out, double alpha, double beta)
      implements Op {}

  /// Inputs x [N, C, spatial…], w [M, C/group, kernel…], optional bias [M]. Every list has one
  /// entry per spatial axis.
  record Conv(
      List<Integer> kernel,
      List<Integer> strides,
      List<Integer> padBegin,
      List<Integer> padEnd,
      List<Integer> dilations,
      int group)
      implements Op {}

  /// Inputs x [N, C, spatial…], w [C, M/group, kernel…], optional bias [M].
  record ConvTranspose(
      List<Integer> kernel,
      List<Integer> strides,
      List<Integer> padBegin,
      List<Integer> padEnd,
      List<Integer> dilations,
      List<Integer> outputPadding,
      int group)
      implements Op {}

  /// Windowed pooling over the spatial axes of [N, C, spatial…]. Global pooling is a [Reduce].
  record Pool(
      Kind kind,
      List<Integer> kernel,
      List<Integer> strides,
      List<Integer> padBegin,
      List<Integer> padEnd,
      List<Integer> dilations,
      boolean countIncludePad)
      implements Op {
    public enum Kind {
      MAX,
      AVERAGE
    }
  }

  /// Reduction over `axes` (sorted, positive; never empty unless it reduces nothing).
  record Reduce(Kind kind, List<Integer> axes, boolean keepDims) implements Op {
    public enum Kind {
      MEAN,
      SUM,
      MAX,
      MIN,
      PROD,
      L1,
      L2,
      SUM_SQUARE,
      LOG_SUM,
      LOG_SUM_EXP
    }
  }

  /// Inputs x [N, C, …], scale, shift, running mean, running variance. `trainingMode` is what the
  /// node says; the mode of the forecast decides.
  record BatchNorm(double epsilon, boolean trainingMode) implements Op {}

  /// Normalisation of each sample over a group of axes. Inputs x, optional scale, optional shift
  /// (broadcasting from the right for LAYER and RMS; per channel otherwise). `axes` are normalised
  /// over for LAYER and RMS; `groups` divides axis 1 for GROUP and INSTANCE (INSTANCE: one channel
  /// each).
  record Norm(Kind kind, List<Integer> axes, int groups, double epsilon) implements Op {
    public enum Kind {
      LAYER,
      RMS,
      GROUP,
      INSTANCE,
      /// x / ‖x‖₂ over `axes`; no scale.
      L2
    }
  }

  /// Across-channel local response normalisation.
  record Lrn(int size, double alpha, double beta, double bias) implements Op {}

  record Softmax(int axis, boolean log) implements Op {}

  /// @param ratio probability of a zero
  record Dropout(double ratio, boolean trainingMode) implements Op {}

  /// Same values in another shape (Reshape, Flatten, Squeeze, Unsqueeze, Identity, Cast between
  /// floats): row-major order kept.
  record Reshape() implements Op {}

  record Transpose(List<Integer> perm) implements Op {}

  /// Broadcast to the output's shape (Expand).
  record Expand() implements Op {}

  /// One entry per axis of the input; extents come from the value's shape. Negative steps walk
  /// back.
  record Slice(List<Long> starts, List<Long> steps) implements Op {}

  record Concat(int axis) implements Op {}

  /// Output i holds `sizes[i]` entries of `axis`.
  record Split(int axis, List<Long> sizes) implements Op {}

  /// One begin and end per axis; negative crops.
  record Pad(Mode mode, List<Long> begin, List<Long> end, double value) implements Op {
    public enum Mode {
      CONSTANT,
      REFLECT,
      EDGE,
      WRAP
    }
  }

  /// data.take(indices, axis). Inputs data, indices (constant, or token ids at run time).
  record Gather(int axis) implements Op {}

  /// GatherElements, GatherND: picks elements by index. `kind` keeps the file's operator name.
  ///
  /// @param axis of GatherElements; of GatherND the number of leading axes that data and indices
  ///   share
  /// @param depth GatherND: axes that one index tuple addresses, after the shared ones; 0 for
  ///   GatherElements
  record GatherItems(String kind, int axis, int depth) implements Op {}

  /// ScatterElements, ScatterND: inputs data, indices, updates. `add` when reduction is "add".
  ///
  /// @param axis of ScatterElements
  record Scatter(String kind, int axis, boolean add) implements Op {}

  record Tile(List<Long> repeats) implements Op {}

  /// @param scales output extent over input extent, per axis
  /// @param from how an output position becomes an input position (ONNX's
  ///   coordinate_transformation_mode)
  /// @param nearest which neighbour NEAREST takes (ONNX's nearest_mode)
  /// @param cubic coefficient of the cubic kernel
  record Resize(Mode mode, List<Double> scales, String from, String nearest, double cubic)
      implements Op {
    public enum Mode {
      NEAREST,
      LINEAR,
      CUBIC
    }
  }

  /// DepthToSpace (`toSpace`) and SpaceToDepth.
  record PixelShuffle(int block, boolean toSpace, boolean columnRowDepth) implements Op {}

  /// Inputs condition, a, b.
  record Where() implements Op {}

  /// Keeps one triangle of the last two axes (Trilu).
  record Trilu(boolean upper, long diagonal) implements Op {}

  /// Running sums; `exclusive` leaves the element itself out, `reverse` starts at the end.
  record CumSum(int axis, boolean exclusive, boolean reverse) implements Op {}

  /// Largest or smallest k along an axis: outputs values, indices.
  record TopK(int axis, boolean largest) implements Op {}

  /// ONNX LSTM, GRU, RNN with their own weight layout [directions, gates·hidden, in]. Inputs X, W,
  /// R, B?, sequence_lens?, initial_h?, initial_c?.
  record Recurrent(
      Kind kind,
      int hidden,
      int directions,
      boolean reverse,
      boolean batchFirst,
      boolean linearBeforeReset)
      implements Op {
    public enum Kind {
      LSTM,
      GRU,
      RNN,
      /// RNN with max(0, z) in place of tanh.
      RELU_RNN
    }
  }

  /// The Attention operator (opset 23): inputs Q, K, V, mask?, past…; scores scaled by `scale`.
  record Attention(int queryHeads, int keyHeads, double scale, boolean causal) implements Op {}

  /// Rotary position embedding (opset 23): inputs x, cos, sin, position ids?.
  ///
  /// @param heads of an x of three axes; 0 when x has four
  /// @param size leading elements of a head that turn; 0 for all
  record RotaryEmbedding(boolean interleaved, int heads, int size) implements Op {}

  /// Fresh random values of a known law (RandomNormal, …Like, Bernoulli).
  record Random(double mean, double variance) implements Op {}

  /// Output is integer or boolean: no gradient passes, no second moment is asked (Shape,
  /// comparisons, ArgMax, Cast to int, NonZero, OneHot …).
  ///
  /// @param of the operator that moves integers about as it would floats
  /// @param settings axis of ArgMax, ArgMin, OneHot, and of QuantizeLinear, whose scales may be
  ///   shared by blocks; 1 for a BitShift to the left and a Mod that truncates
  record Discrete(String name, Optional<Op> of, List<Long> settings) implements Op {
    public Discrete {
      settings = List.copyOf(settings);
    }

    public Discrete(String name) {
      this(name, Optional.empty(), List.of());
    }
  }

  /// A node all of whose outputs were folded to constants, or only show a parameter in another
  /// shape.
  ///
  /// @param perm of a transposed parameter; empty otherwise
  record Folded(String name, List<Integer> perm) implements Op {
    public Folded {
      perm = List.copyOf(perm);
    }

    public Folded(String name) {
      this(name, List.of());
    }
  }

  /// If, Loop, Scan: the body is counted (`bodyNodes`), not predicted.
  record ControlFlow(String name, int bodyNodes) implements Op {}

  /// What no rule predicts: the reason is shown, and counted in coverage. All but [Foreign] keep
  /// what it takes to run them.
  sealed interface Unpredicted extends Op {
    String name();

    default String because() {
      return "no rule for " + name();
    }
  }

  /// Nothing is known of it but the file's name for it.
  record Foreign(String name, String because) implements Unpredicted {}

  /// Einsum that is no chain of contractions. Labels as in [Contract]; twice in one operand, they
  /// take a diagonal.
  ///
  /// @param name what kind of Einsum
  record Einsum(String name, List<List<Integer>> operands, List<Integer> out)
      implements Unpredicted {
    public Einsum {
      operands = operands.stream().map(List::copyOf).toList();
      out = List.copyOf(out);
    }
  }

  /// One at the first largest element along the axis, zeros elsewhere.
  record Hardmax(int axis) implements Unpredicted {
    @Override
    public String name() {
      return "Hardmax";
    }
  }

  /// Inputs x, lengths [batch]: the first `length` steps of each item in reverse order.
  record ReverseSequence(int batchAxis, int timeAxis) implements Unpredicted {
    @Override
    public String name() {
      return "ReverseSequence";
    }
  }

  /// (Σ |x|ᵖ)^(1/p) over all axes but the first two, which p = 1 and p = 2 are a [Reduce] for.
  record GlobalLpPool(int p) implements Unpredicted {
    @Override
    public String name() {
      return "GlobalLpPool with p > 2";
    }
  }

  /// (Σ |x|ᵖ)^(1/p) over each window.
  ///
  /// @param window of the sum; its kind and what it counts do not matter
  record LpPool(Pool window, int p) implements Unpredicted {
    @Override
    public String name() {
      return "LpPool";
    }
  }

  /// Sums columns [N, C·kernel, positions] into the windows of an image that they were taken from.
  record Col2Im(
      List<Long> image,
      List<Integer> kernel,
      List<Integer> strides,
      List<Integer> padBegin,
      List<Integer> padEnd,
      List<Integer> dilations)
      implements Unpredicted {
    @Override
    public String name() {
      return "Col2Im";
    }
  }

  /// Discrete Fourier transform along one axis; the last axis holds real and imaginary part, or the
  /// real part alone.
  ///
  /// @param length of the signal; it is cut or filled with zeros
  record Dft(int axis, long length, boolean inverse, boolean oneSided) implements Unpredicted {
    @Override
    public String name() {
      return "DFT";
    }
  }

  /// Inputs x, indices into the flat output, which is 0 elsewhere.
  record MaxUnpool() implements Unpredicted {
    @Override
    public String name() {
      return "MaxUnpool";
    }
  }

  /// Inputs cache [batch, …], update, starts [batch]?: each item's update is written into its cache
  /// from its start on.
  record TensorScatter(int axis, boolean circular) implements Unpredicted {
    @Override
    public String name() {
      return "TensorScatter";
    }
  }

  /// ScatterElements and ScatterND whose updates meet the data by `mul`, `max` or `min`.
  record ScatterReduce(Scatter scatter, String reduction) implements Unpredicted {
    @Override
    public String name() {
      return scatter.kind() + " with reduction " + reduction;
    }
  }

  /// Remainder of a division of floats; with the sign of the dividend when `truncates`, of the
  /// divisor otherwise.
  record Remainder(boolean truncates) implements Unpredicted {
    @Override
    public String name() {
      return "the remainder of a division";
    }
  }

  /// (x − zero)·scale. Inputs integers x, scale, zero point?.
  ///
  /// @param axis of the scales, if there are several
  /// @param block elements of that axis that share a scale; 0 for one scale each
  record Dequantize(int axis, long block) implements Unpredicted {
    @Override
    public String name() {
      return "DequantizeLinear";
    }

    @Override
    public String because() {
      return "quantised activations have no rule";
    }
  }

  /// Outputs integers, their scale and zero point, which span all elements and 0.
  record DynamicQuantize() implements Unpredicted {
    @Override
    public String name() {
      return "DynamicQuantizeLinear";
    }
  }
}
