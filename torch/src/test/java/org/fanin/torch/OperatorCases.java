package org.fanin.torch;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.fanin.graph.Graph;
import org.fanin.graph.Op;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.params.provider.Arguments;

/// Every operator that has derivatives, alone in a graph: name and graph.
final class OperatorCases {
  private OperatorCases() {}

  private static Shape s(long... d) {
    return Shape.of(d);
  }

  private static Tensor longs(Shape shape, long... v) {
    return Tensor.ofLongs(shape, v);
  }

  private static Op.Pool pool(Op.Pool.Kind kind, int end, boolean counts) {
    return new Op.Pool(
        kind, List.of(3, 2), List.of(2, 1), List.of(1, 0), List.of(end, 1), List.of(1, 1), counts);
  }

  private static Op.Resize resize(Op.Resize.Mode mode, String from) {
    return new Op.Resize(mode, List.of(1.0, 1.0, 1.5, 2.0), from, "round_prefer_floor", -0.75);
  }

  static Stream<Arguments> differentiable() {
    List<Integer> none = List.of(0, 0);
    return Stream.of(
        of(
            "contract",
            OneNode.of()
                .input(3, 4)
                .input(4, 2)
                .input(2)
                .graph(
                    new Op.Contract(List.of(0, 2), List.of(2, 1), List.of(0, 1), 0.5, 2), s(3, 2))),
        of(
            "contract with swapped axes",
            OneNode.of()
                .input(4, 3)
                .input(2, 4)
                .graph(
                    new Op.Contract(List.of(2, 0), List.of(1, 2), List.of(0, 1), 1, 0), s(3, 2))),
        of(
            "contract of batches",
            OneNode.of()
                .input(2, 3, 4)
                .input(4, 5)
                .graph(
                    new Op.Contract(List.of(0, 1, 3), List.of(3, 2), List.of(0, 1, 2), 1, 0),
                    s(2, 3, 5))),
        of(
            "einsum",
            OneNode.of()
                .input(2, 3, 4)
                .input(4, 2, 3)
                .graph(
                    new Op.Contract(List.of(0, 1, 2), List.of(2, 3, 1), List.of(3, 0), 1, 0),
                    s(2, 2))),
        of(
            "conv",
            OneNode.of()
                .input(2, 4, 5, 4)
                .input(6, 2, 3, 2)
                .input(6)
                .graph(
                    new Op.Conv(
                        List.of(3, 2),
                        List.of(2, 1),
                        List.of(1, 0),
                        List.of(2, 1),
                        List.of(1, 2),
                        2),
                    s(2, 6, 3, 3))),
        of(
            "conv 1d",
            OneNode.of()
                .input(2, 2, 5)
                .input(3, 2, 3)
                .graph(
                    new Op.Conv(List.of(3), List.of(1), List.of(1), List.of(1), List.of(1), 1),
                    s(2, 3, 5))),
        of(
            "transposed conv",
            OneNode.of()
                .input(1, 4, 3, 3)
                .input(4, 2, 3, 2)
                .input(4)
                .graph(
                    new Op.ConvTranspose(
                        List.of(3, 2),
                        List.of(2, 3),
                        List.of(1, 0),
                        List.of(0, 1),
                        none(1),
                        List.of(1, 2),
                        2),
                    s(1, 4, 7, 9))),
        of(
            "max pool",
            OneNode.of().input(2, 2, 5, 4).graph(pool(Op.Pool.Kind.MAX, 1, false), s(2, 2, 3, 4))),
        of(
            "average pool",
            OneNode.of()
                .input(2, 2, 5, 4)
                .graph(pool(Op.Pool.Kind.AVERAGE, 1, true), s(2, 2, 3, 4))),
        of(
            "Lp pool",
            OneNode.of()
                .input(2, 2, 5, 4)
                .graph(new Op.LpPool(pool(Op.Pool.Kind.AVERAGE, 1, true), 2), s(2, 2, 3, 4))),
        of("prelu", OneNode.of().input(3, 4).input(4).graph(new Op.PRelu(), s(3, 4))),
        of(
            "batch norm",
            OneNode.of()
                .input(4, 3, 2)
                .input(3)
                .input(3)
                .constant(Tensor.ofDoubles(s(3), 0, 0, 0))
                .constant(Tensor.ofDoubles(s(3), 1, 1, 1))
                .graph(new Op.BatchNorm(1e-5, true), s(4, 3, 2))),
        of(
            "batch norm, inference",
            OneNode.of()
                .input(4, 3, 2)
                .input(3)
                .input(3)
                .constant(Tensor.ofDoubles(s(3), 1, 2, 3))
                .constant(Tensor.ofDoubles(s(3), 1, 4, 2))
                .graph(new Op.BatchNorm(1e-5, false), s(4, 3, 2))),
        norm("layer", Op.Norm.Kind.LAYER, List.of(2), 1, s(4)),
        norm("RMS", Op.Norm.Kind.RMS, List.of(2), 1, s(4)),
        norm("layer over a middle axis", Op.Norm.Kind.LAYER, List.of(1), 1, s(6, 4)),
        norm("group", Op.Norm.Kind.GROUP, List.of(2), 3, s(6)),
        norm("instance", Op.Norm.Kind.INSTANCE, List.of(2), 6, s(6)),
        of(
            "L2 norm",
            OneNode.of()
                .input(2, 6, 4)
                .graph(new Op.Norm(Op.Norm.Kind.L2, List.of(1), 1, 0), s(2, 6, 4))),
        of("lrn", OneNode.of().input(2, 6, 2, 2).graph(new Op.Lrn(3, 0.5, 0.75, 1), s(2, 6, 2, 2))),
        of("softmax", OneNode.of().input(3, 4).graph(new Op.Softmax(0, false), s(3, 4))),
        of("log softmax", OneNode.of().input(3, 4).graph(new Op.Softmax(1, true), s(3, 4))),
        of("dropout", OneNode.of().input(3, 4).graph(new Op.Dropout(0.5, true), s(3, 4))),
        of("reshape", OneNode.of().input(3, 4).graph(new Op.Reshape(), s(2, 6))),
        of(
            "transpose",
            OneNode.of().input(3, 4, 2).graph(new Op.Transpose(List.of(2, 0, 1)), s(2, 3, 4))),
        of("expand", OneNode.of().input(3, 1).graph(new Op.Expand(), s(2, 3, 4))),
        of(
            "slice",
            OneNode.of()
                .input(5, 4)
                .graph(new Op.Slice(List.of(4L, 1L), List.of(-2L, 2L)), s(3, 2))),
        of("concat", OneNode.of().input(2, 3).input(2, 1).graph(new Op.Concat(1), s(2, 4))),
        of(
            "split",
            OneNode.of().input(2, 5).graph(new Op.Split(1, List.of(2L, 3L)), s(2, 2), s(2, 3))),
        pad("pad", Op.Pad.Mode.CONSTANT),
        pad("reflect", Op.Pad.Mode.REFLECT),
        pad("edge", Op.Pad.Mode.EDGE),
        pad("wrap", Op.Pad.Mode.WRAP),
        of(
            "gather",
            OneNode.of()
                .input(4, 3)
                .constant(longs(s(2, 2), 0, -1, 2, 0))
                .graph(new Op.Gather(0), s(2, 2, 3))),
        of(
            "gather elements",
            OneNode.of()
                .input(3, 2)
                .constant(longs(s(2, 2), 0, 2, -1, 1))
                .graph(new Op.GatherItems("GatherElements", 0, 0), s(2, 2))),
        of(
            "gather nd",
            OneNode.of()
                .input(2, 3, 2)
                .constant(longs(s(2, 1, 1), 1, 2))
                .graph(new Op.GatherItems("GatherND", 1, 1), s(2, 1, 2))),
        of(
            "scatter elements",
            OneNode.of()
                .input(3, 2)
                .constant(longs(s(1, 2), 0, 2))
                .input(1, 2)
                .graph(new Op.Scatter("ScatterElements", 0, false), s(3, 2))),
        of(
            "scatter nd, adding",
            OneNode.of()
                .input(4, 2)
                .constant(longs(s(3, 1), 1, 3, 1))
                .input(3, 2)
                .graph(new Op.Scatter("ScatterND", 0, true), s(4, 2))),
        of("tile", OneNode.of().input(2, 3).graph(new Op.Tile(List.of(2L, 1L)), s(4, 3))),
        of(
            "resize linear",
            OneNode.of()
                .input(1, 2, 4, 3)
                .graph(resize(Op.Resize.Mode.LINEAR, "half_pixel"), s(1, 2, 6, 6))),
        of(
            "resize cubic",
            OneNode.of()
                .input(1, 2, 4, 3)
                .graph(resize(Op.Resize.Mode.CUBIC, "align_corners"), s(1, 2, 6, 6))),
        of(
            "resize nearest",
            OneNode.of()
                .input(1, 2, 4, 3)
                .graph(resize(Op.Resize.Mode.NEAREST, "asymmetric"), s(1, 2, 6, 6))),
        of(
            "depth to space",
            OneNode.of()
                .input(1, 8, 2, 3)
                .graph(new Op.PixelShuffle(2, true, true), s(1, 2, 4, 6))),
        of(
            "space to depth",
            OneNode.of()
                .input(1, 2, 4, 6)
                .graph(new Op.PixelShuffle(2, false, false), s(1, 8, 2, 3))),
        of(
            "where",
            OneNode.of()
                .constant(bools(1, 0, 1))
                .input(2, 3)
                .input(3)
                .graph(new Op.Where(), s(2, 3))),
        of("trilu", OneNode.of().input(2, 3, 3).graph(new Op.Trilu(true, 1), s(2, 3, 3))),
        of("cumsum", OneNode.of().input(2, 3).graph(new Op.CumSum(1, false, false), s(2, 3))),
        of("cumsum back", OneNode.of().input(2, 3).graph(new Op.CumSum(1, true, true), s(2, 3))),
        of("top k", OneNode.of().input(2, 5).graph(new Op.TopK(1, false), s(2, 3))),
        recurrent(Op.Recurrent.Kind.LSTM, 2, false, 8),
        recurrent(Op.Recurrent.Kind.GRU, 1, true, 6),
        recurrent(Op.Recurrent.Kind.GRU, 2, false, 6),
        recurrent(Op.Recurrent.Kind.RNN, 1, false, 2),
        recurrent(Op.Recurrent.Kind.RELU_RNN, 2, false, 2),
        of(
            "determinant",
            OneNode.of().input(2, 3, 3).graph(new Op.Foreign("Det", "no rule for Det"), s(2))),
        of(
            "inverse",
            OneNode.of()
                .input(2, 2)
                .graph(new Op.Foreign("Inverse", "no rule for Inverse"), s(2, 2))),
        of(
            "attention",
            OneNode.of()
                .input(1, 4, 3, 2)
                .input(1, 2, 3, 2)
                .input(1, 2, 3, 2)
                .graph(new Op.Attention(4, 2, 0.7, true), s(1, 4, 3, 2))),
        of(
            "rotary",
            OneNode.of()
                .input(1, 3, 8)
                .input(1, 3, 2)
                .input(1, 3, 2)
                .graph(new Op.RotaryEmbedding(true, 2, 0), s(1, 3, 8))));
  }

  private static List<Integer> none(int v) {
    return List.of(v, v);
  }

  private static Arguments of(String name, Graph g) {
    return arguments(name, g);
  }

  private static Tensor bools(int... v) {
    byte[] b = new byte[v.length];
    for (int i = 0; i < v.length; i++) {
      b[i] = (byte) v[i];
    }
    return Tensor.of(DType.BOOL, s(v.length), java.lang.foreign.MemorySegment.ofArray(b));
  }

  private static Arguments norm(
      String name, Op.Norm.Kind kind, List<Integer> axes, int groups, Shape scale) {
    return of(
        name + " norm",
        OneNode.of()
            .input(2, 6, 4)
            .input(scale.toArray())
            .input(scale.toArray())
            .graph(new Op.Norm(kind, axes, groups, 1e-5), s(2, 6, 4)));
  }

  private static Arguments pad(String name, Op.Pad.Mode mode) {
    return of(
        name,
        OneNode.of()
            .input(3, 4)
            .graph(new Op.Pad(mode, List.of(1L, 0L), List.of(2L, 2L), 0.5), s(6, 6)));
  }

  private static Arguments recurrent(
      Op.Recurrent.Kind kind, int directions, boolean after, int rows) {
    return of(
        kind + (after ? ", reset after" : "") + ", directions " + directions,
        OneNode.of()
            .input(3, 2, 2)
            .input(directions, rows, 2)
            .input(directions, rows, 2)
            .input(directions, 2 * rows)
            .graph(
                new Op.Recurrent(kind, 2, directions, directions == 1, false, after),
                s(3, directions, 2, 2),
                s(directions, 2, 2)));
  }
}
