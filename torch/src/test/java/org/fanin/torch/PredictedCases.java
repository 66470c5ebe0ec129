package org.fanin.torch;

import static org.fanin.torch.OnnxNodes.d;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.fanin.math.Addressed;
import org.junit.jupiter.params.provider.Arguments;

/// Operators that have a rule, each alone in a file of float inputs: name and file. Extents are
/// large enough that one run's second moments are within a few percent of their mean.
final class PredictedCases {
  private PredictedCases() {}

  private static Arguments one(OnnxNodes n, String spec, Object... attributes) {
    return named(spec, n, spec, attributes);
  }

  private static Arguments named(String name, OnnxNodes n, String spec, Object... attributes) {
    return arguments(name, n.node(spec, attributes).output(outputs(spec)));
  }

  private static String[] outputs(String spec) {
    return Stream.of(spec.split(" = ", -1)[0].split(" ", -1))
        .filter(o -> !o.equals("_"))
        .toArray(String[]::new);
  }

  private static OnnxNodes net() {
    return OnnxNodes.of(18);
  }

  private static OnnxNodes x(long... dims) {
    return net().input("x", dims);
  }

  private static OnnxNodes newest(long... dims) {
    return OnnxNodes.of(23).input("x", dims);
  }

  private static double[] normal(int n, double std) {
    double[] v = new double[n];
    for (int i = 0; i < n; i++) {
      v[i] = std * Addressed.normal(11, n, i);
    }
    return v;
  }

  private static double[] all(int n, double v) {
    double[] a = new double[n];
    java.util.Arrays.fill(a, v);
    return a;
  }

  private static long[] turns(int n, int below) {
    long[] v = new long[n];
    for (int i = 0; i < n; i++) {
      v[i] = i * 7L % below;
    }
    return v;
  }

  static Stream<Arguments> all() {
    return Stream.of(elements(), sums(), norms(), moves(), picks(), windows(), sequences())
        .flatMap(s -> s);
  }

  private static Stream<Arguments> elements() {
    return Stream.of(
        one(x(64, 64), "y = Relu x"),
        one(x(64, 64), "y = Tanh x"),
        one(x(64, 64).input("z", 64, 64), "y = Add x z"),
        one(x(64, 64).input("z", 64, 64), "y = Mul x z"),
        one(x(64, 64).floats("s", d(1), 0.25), "y = PRelu x s"),
        one(x(64, 64), "y = RandomNormalLike x", "mean", 0.5f, "scale", 2f),
        one(x(64, 64), "y = Trilu x"),
        named("lower triangle", x(8, 32, 32), "y = Trilu x", "upper", 0),
        one(x(64, 64), "y = Dropout x"),
        one(
            x(64, 64).input("z", 64, 64).ints("c", BOOL, d(64, 1), turns(64, 2)),
            "y = Where c x z"));
  }

  private static final ai.onnx.proto.OnnxMl.TensorProto.DataType BOOL =
      ai.onnx.proto.OnnxMl.TensorProto.DataType.BOOL;

  private static Stream<Arguments> sums() {
    return Stream.of(
        one(x(64, 64).input("w", 64, 64), "y = MatMul x w"),
        one(x(64, 64, 4).longs("a", d(1), 2), "y = ReduceMean x a"),
        one(x(64, 64).longs("a", d(1), 1), "y = ReduceSum x a", "keepdims", 0),
        one(x(256, 16).longs("a", d(), 1), "y = CumSum x a"),
        one(x(64, 64), "y = Softmax x"));
  }

  private static Stream<Arguments> norms() {
    return Stream.of(
        named(
            "BatchNormalization",
            x(16, 16, 4, 4)
                .floats("g", d(16), all(16, 1.5))
                .floats("b", d(16), all(16, 0))
                .floats("m", d(16), all(16, 0))
                .floats("v", d(16), all(16, 4)),
            "y = BatchNormalization x g b m v"),
        one(x(16, 16, 8, 8), "y = LRN x", "size", 5, "alpha", 0.5f, "beta", 0.75f, "bias", 1f),
        named(
            "InstanceNormalization",
            x(8, 8, 8, 8).floats("g", d(8), all(8, 1.5)).floats("b", d(8), all(8, 0.5)),
            "y = InstanceNormalization x g b"),
        named(
            "GroupNormalization",
            OnnxNodes.of(21)
                .input("x", 8, 16, 8, 8)
                .floats("g", d(16), all(16, 1.5))
                .floats("b", d(16), all(16, 0.5)),
            "y = GroupNormalization x g b",
            "num_groups",
            4),
        one(x(64, 64).floats("g", d(64), all(64, 1)), "y = LayerNormalization x g"));
  }

  private static Stream<Arguments> moves() {
    return Stream.of(
        one(x(64, 64).longs("s", d(2), 32, 128), "y = Reshape x s"),
        one(x(64, 64), "y = Transpose x", "perm", d(1, 0)),
        one(x(4096, 1).longs("s", d(2), 4096, 4), "y = Expand x s"),
        one(x(64, 64).longs("r", d(2), 1, 3), "y = Tile x r"),
        one(
            x(64, 128).longs("b", d(1), 0).longs("e", d(1), 64).longs("a", d(1), 1),
            "y = Slice x b e a"),
        one(x(64, 64).input("z", 64, 32), "y = Concat x z", "axis", 1),
        one(x(128, 80).longs("s", d(2), 32, 48), "y z = Split x s", "axis", 1),
        one(x(64, 64).longs("p", d(4), 0, 2, 0, 6), "y = Pad x p"),
        named("depth to space, DCR", x(4, 16, 8, 8), "y = DepthToSpace x", "blocksize", 2),
        named(
            "depth to space, CRD",
            x(4, 16, 8, 8),
            "y = DepthToSpace x",
            "blocksize",
            2,
            "mode",
            "CRD"),
        one(x(4, 4, 16, 16), "y = SpaceToDepth x", "blocksize", 2),
        named(
            "resize, nearest",
            x(4, 16, 8, 8).floats("s", d(4), 1, 1, 2, 2),
            "y = Resize x _ s",
            "mode",
            "nearest"),
        named(
            "resize, linear",
            x(4, 16, 16, 16).floats("s", d(4), 1, 1, 2, 2),
            "y = Resize x _ s",
            "mode",
            "linear"));
  }

  private static Stream<Arguments> picks() {
    return Stream.of(
        one(x(64, 64).longs("i", d(64), turns(64, 64)), "y = Gather x i"),
        one(x(64, 64).longs("i", d(64, 64), turns(4096, 64)), "y = GatherElements x i", "axis", 1),
        one(
            x(64, 64).longs("i", d(64, 16), turns(1024, 64)).input("z", 64, 16),
            "y = ScatterElements x i z",
            "axis",
            1),
        one(x(256, 32).longs("k", d(1), 8), "y _ = TopK x k"));
  }

  private static Stream<Arguments> windows() {
    return Stream.of(
        one(x(4, 16, 12, 12).input("w", 16, 16, 3, 3), "y = Conv x w", "pads", d(1, 1, 1, 1)),
        named(
            "transposed convolution",
            x(4, 16, 12, 12).input("w", 16, 16, 3, 3),
            "y = ConvTranspose x w"),
        named(
            "transposed convolution, stride 2",
            x(4, 16, 12, 12).input("w", 16, 16, 3, 3),
            "y = ConvTranspose x w",
            "strides",
            d(2, 2)),
        named(
            "transposed convolution, groups",
            x(4, 16, 12, 12).input("w", 16, 4, 3, 3),
            "y = ConvTranspose x w",
            "group",
            4),
        one(x(4, 16, 16, 16), "y = MaxPool x", "kernel_shape", d(2, 2), "strides", d(2, 2)),
        one(x(4, 16, 16, 16), "y = AveragePool x", "kernel_shape", d(2, 2), "strides", d(2, 2)));
  }

  private static Stream<Arguments> sequences() {
    return Stream.of(
        named(
            "fused attention",
            newest(4, 4, 32, 16).input("k", 4, 4, 32, 16).input("v", 4, 4, 32, 16),
            "y = Attention x k v"),
        named(
            "rotary embedding",
            newest(4, 4, 32, 16)
                .floats("c", d(4, 32, 8), cosines(1024, 0))
                .floats("s", d(4, 32, 8), cosines(1024, -Math.PI / 2)),
            "y = RotaryEmbedding x c s"),
        named(
            "GRU",
            x(4, 32, 32)
                .floats("w", d(1, 96, 32), normal(3072, 0.18))
                .floats("r", d(1, 96, 32), normal(3072, 0.18)),
            "y = GRU x w r",
            "hidden_size",
            32));
  }

  private static double[] cosines(int n, double phase) {
    double[] v = new double[n];
    for (int i = 0; i < n; i++) {
      v[i] = Math.cos(0.3 * i + phase);
    }
    return v;
  }
}
