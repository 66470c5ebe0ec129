package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.math.Fns;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Output shapes and resolved attributes. Expected extents are those of PyTorch's documented
/// formulas.
class ShapeInferenceTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // kernel, stride, pad, dilation, extent → floor((in + 2p − d(k−1) − 1)/s) + 1
        "3|1|1|1|7|7",
        "3|2|1|1|7|4",
        "2|2|0|1|7|3",
        "3|1|0|2|9|5",
        "7|2|3|1|224|112"
      })
  void convolution(long k, long s, long p, long d, long in, long out) throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 4, in, in)
            .weight("w", 6, 2, k, k)
            .weight("b", 6)
            .node(
                "y = Conv x w b",
                "strides",
                Net.longs(s, s),
                "pads",
                Net.longs(p, p, p, p),
                "dilations",
                Net.longs(d, d),
                "group",
                2)
            .output("y")
            .build();
    assertEquals(Shape.of(2, 6, out, out), Net.shape(g, "y"));
    Op.Conv c = assertInstanceOf(Op.Conv.class, Net.op(g, "y"));
    assertEquals(List.of((int) k, (int) k), c.kernel());
    assertEquals(2, c.group());
  }

  @Test
  void autoPadBecomesPads() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 1, 6)
            .weight("w", 1, 1, 4)
            .node("u = Conv x w", "auto_pad", "SAME_UPPER")
            .node("l = Conv x w", "auto_pad", "SAME_LOWER", "strides", Net.longs(2))
            .output("u", "l")
            .build();
    Op.Conv u = assertInstanceOf(Op.Conv.class, Net.op(g, "u"));
    Op.Conv l = assertInstanceOf(Op.Conv.class, Net.op(g, "l"));
    assertEquals(List.of(1), u.padBegin());
    assertEquals(List.of(2), u.padEnd());
    assertEquals(Shape.of(1, 1, 6), Net.shape(g, "u"));
    assertEquals(List.of(1), l.padBegin());
    assertEquals(List.of(1), l.padEnd());
    assertEquals(Shape.of(1, 1, 3), Net.shape(g, "l"));
  }

  @Test
  void transposedConvolution() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 8, 5, 5)
            .weight("w", 8, 3, 4, 4)
            .node(
                "a = ConvTranspose x w", "strides", Net.longs(2, 2), "pads", Net.longs(1, 1, 1, 1))
            .node(
                "b = ConvTranspose x w",
                "strides",
                Net.longs(2, 2),
                "output_padding",
                Net.longs(1, 1),
                "group",
                2)
            .node(
                "c = ConvTranspose x w",
                "strides",
                Net.longs(2, 2),
                "output_shape",
                Net.longs(10, 10))
            .output("a", "b", "c")
            .build();
    assertEquals(Shape.of(2, 3, 10, 10), Net.shape(g, "a"));
    assertEquals(Shape.of(2, 6, 13, 13), Net.shape(g, "b"));
    assertEquals(Shape.of(2, 3, 10, 10), Net.shape(g, "c"));
    Op.ConvTranspose c = assertInstanceOf(Op.ConvTranspose.class, Net.op(g, "c"));
    assertEquals(List.of(1, 1), c.padBegin());
    assertEquals(List.of(1, 1), c.padEnd());
  }

  @ParameterizedTest
  @CsvSource({"7,3,2,0,0,3", "7,2,2,0,1,4", "8,3,2,1,1,5", "5,2,2,1,1,3", "1,1,2,0,1,1"})
  void poolingWithCeilMode(long in, long k, long s, long p, long ceil, long out) throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 3, in)
            .node(
                "y = MaxPool x",
                "kernel_shape",
                Net.longs(k),
                "strides",
                Net.longs(s),
                "pads",
                Net.longs(p, p),
                "ceil_mode",
                ceil)
            .output("y")
            .build();
    assertEquals(Shape.of(2, 3, out), Net.shape(g, "y"));
  }

  @Test
  void matMulOfAllRanks() throws Exception {
    Graph g =
        Net.of()
            .input("m", 4, 3)
            .input("v", 3)
            .input("stack", 5, 1, 3, 2)
            .input("many", 7, 4, 3)
            .node("vv = MatMul v v")
            .node("mv = MatMul m v")
            .node("ms = MatMul m stack")
            .node("ns = MatMul many stack")
            .node("vs = MatMul v stack")
            .output("vv", "mv", "ms", "ns", "vs")
            .build();
    assertEquals(Shape.of(), Net.shape(g, "vv"));
    assertEquals(Shape.of(4), Net.shape(g, "mv"));
    assertEquals(Shape.of(5, 1, 4, 2), Net.shape(g, "ms"));
    assertEquals(Shape.of(5, 7, 4, 2), Net.shape(g, "ns"));
    assertEquals(Shape.of(5, 1, 2), Net.shape(g, "vs"));
  }

  @Test
  void einsum() throws Exception {
    Graph g =
        Net.of()
            .input("q", 2, 5, 4, 8)
            .input("k", 2, 6, 4, 8)
            .node("s = Einsum q k", "equation", "bqhd, bkhd -> bhqk")
            .node("t = Einsum q", "equation", "bqhd->hb")
            .node("e = Einsum q k", "equation", "b...d,bxyd->b...xy")
            .node("three = Einsum q q q", "equation", "abcd,abcd,abcd->a")
            .output("s", "t", "e", "three")
            .build();
    assertEquals(Shape.of(2, 4, 5, 6), Net.shape(g, "s"));
    assertEquals(Shape.of(4, 2), Net.shape(g, "t"));
    assertEquals(Shape.of(2, 5, 4, 6, 4), Net.shape(g, "e"));
    assertInstanceOf(Op.Einsum.class, Net.op(g, "three"));
    assertEquals(Shape.of(2), Net.shape(g, "three"));
  }

  @Test
  void slicesPadsSplitsAndGathers() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 10)
            .node(
                "old = Slice x",
                "starts",
                Net.longs(-3),
                "ends",
                Net.longs(99),
                "axes",
                Net.longs(1))
            .ints("from", 9)
            .ints("to", -99)
            .ints("one", 1)
            .ints("by", -3)
            .node("back = Slice x from to one by")
            .node("p = Pad x", "pads", Net.longs(0, 2, 1, -1), "mode", "reflect")
            .node("a b c = Split x", "axis", 1, "num_outputs", 3)
            .tensor("ids", Tensor.ofLongs(Shape.of(2, 2), 0, 1, 2, 3))
            .node("g = Gather x ids", "axis", 1)
            .output("old", "back", "p", "c", "g")
            .opset(18)
            .build();
    assertEquals(Shape.of(4, 3), Net.shape(g, "old"));
    assertEquals(new Op.Slice(List.of(0L, 7L), List.of(1L, 1L)), Net.op(g, "old"));
    assertEquals(Shape.of(4, 4), Net.shape(g, "back"));
    assertEquals(new Op.Slice(List.of(0L, 9L), List.of(1L, -3L)), Net.op(g, "back"));
    assertEquals(Shape.of(5, 11), Net.shape(g, "p"));
    assertEquals(Shape.of(4, 4), Net.shape(g, "a"));
    assertEquals(Shape.of(4, 2), Net.shape(g, "c"));
    assertEquals(Shape.of(4, 2, 2), Net.shape(g, "g"));
  }

  @Test
  void resizeByScalesAndBySizes() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 3, 8, 5)
            .tensor("scales", Tensor.ofDoubles(Shape.of(4), 1, 1, 2, 1.5))
            .ints("sizes", 1, 3, 16, 10)
            .node("a = Resize x _ scales", "mode", "linear")
            .node("b = Resize x _ _ sizes")
            .output("a", "b")
            .build();
    assertEquals(Shape.of(1, 3, 16, 7), Net.shape(g, "a"));
    assertEquals(Shape.of(1, 3, 16, 10), Net.shape(g, "b"));
    assertEquals(
        new Op.Resize(
            Op.Resize.Mode.NEAREST,
            List.of(1.0, 1.0, 2.0, 2.0),
            "half_pixel",
            "round_prefer_floor",
            -0.75),
        Net.op(g, "b"));
  }

  @Test
  void reductionsAndGlobalPooling() throws Exception {
    Graph g =
        Net.of()
            .opset(18)
            .input("x", 2, 3, 4, 5)
            .ints("last", -1)
            .node("a = ReduceMean x last", "keepdims", 0)
            .node("b = ReduceSum x", "noop_with_empty_axes", 1)
            .node("c = ReduceMax x")
            .node("d = GlobalAveragePool x")
            .node("i = ArgMax x", "axis", 1, "keepdims", 0)
            .output("a", "b", "c", "d", "i")
            .build();
    assertEquals(Shape.of(2, 3, 4), Net.shape(g, "a"));
    assertEquals(new Op.Reshape(), Net.op(g, "b"));
    assertEquals(Shape.of(1, 1, 1, 1), Net.shape(g, "c"));
    assertEquals(new Op.Reduce(Op.Reduce.Kind.MEAN, List.of(2, 3), true), Net.op(g, "d"));
    assertEquals("ArgMax", ((Op.Discrete) Net.op(g, "i")).name());
  }

  @Test
  void recurrent() throws Exception {
    Graph g =
        Net.of()
            .input("x", 7, 2, 5)
            .weight("w", 2, 16, 5)
            .weight("r", 2, 16, 4)
            .weight("b", 2, 32)
            .node("y h c = LSTM x w r b", "hidden_size", 4, "direction", "bidirectional")
            .output("y", "h")
            .build();
    assertEquals(Shape.of(7, 2, 2, 4), Net.shape(g, "y"));
    assertEquals(Shape.of(2, 2, 4), Net.shape(g, "h"));
    assertEquals(
        new Op.Recurrent(Op.Recurrent.Kind.LSTM, 4, 2, false, false, false), Net.op(g, "y"));
  }

  @Test
  void scalarConstantsMakeFunctionsNamedScalarsStayParameters() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 3)
            .node("half = Constant", "value", Tensor.ofDoubles(Shape.of(), 0.5))
            .scalar("123", 2)
            .scalar("logit_scale", 2)
            .node("a = Mul half x")
            .node("b = Sub 123 a")
            .node("c = Max b zero")
            .node("zero = Constant", "value_float", 0.0)
            .node("y = Mul c logit_scale")
            .output("y")
            .build();
    assertEquals(new Op.Pointwise(Fns.mulConst(0.5)), Net.op(g, "a"));
    assertEquals(List.of(Net.value(g, "x").id()), Net.maker(g, "a").inputs());
    assertEquals(new Op.Pointwise(Fns.subFrom(2)), Net.op(g, "b"));
    assertEquals(new Op.Pointwise(Fns.relu()), Net.op(g, "c"));
    assertEquals(new Op.Arithmetic(Op.Arithmetic.Kind.MUL), Net.op(g, "y"));
    assertEquals(Role.LOGIT_SCALE, Net.parameter(g, "logit_scale").role());
  }

  @Test
  void softmaxBeforeOpset13MergesAxes() throws Exception {
    Net n = Net.of().input("x", 2, 3, 4).node("y = Softmax x", "axis", 1).output("y");
    Graph old = n.opset(11).build();
    assertEquals(new Op.Reshape(), Net.op(old, "y"));
    assertTrue(old.nodes().stream().anyMatch(v -> v.op().equals(new Op.Softmax(1, false))));
    assertEquals(new Op.Softmax(1, false), Net.op(n.opset(13).build(), "y"));
  }

  @Test
  void dropoutAndBatchNormSayWhetherTheyTrain() throws Exception {
    Net n =
        Net.of()
            .input("x", 2, 3)
            .weight("s", 3)
            .weight("b", 3)
            .weight("m", 3)
            .weight("v", 3)
            .node("y = BatchNormalization x s b m v", "training_mode", 1)
            .node("z = Dropout y ratio train")
            .scalar("ratio", 0.25)
            .tensor("train", Tensor.ofLongs(Shape.of(), 1))
            .output("z");
    assertEquals(new Op.BatchNorm(1e-5, true), Net.op(n.opset(15).build(), "y"));
    assertEquals(new Op.Dropout(0.25, true), Net.op(n.opset(15).build(), "z"));
    assertEquals(new Op.BatchNorm(1e-5, false), Net.op(n.opset(13).build(), "y"));
  }

  @Test
  void groupNormOfOpset18GetsOneScalePerChannel() throws Exception {
    Graph g =
        Net.of()
            .opset(18)
            .input("x", 2, 6, 5)
            .weight("s", 3)
            .weight("b", 3)
            .node("y = GroupNormalization x s b", "num_groups", 3)
            .output("y")
            .build();
    Node n = Net.maker(g, "y");
    assertEquals(Shape.of(6), g.value(n.input(1)).shape().orElseThrow());
    assertEquals(Role.NORM_SCALE, Net.parameter(g, "s").role());
  }

  @Test
  void whatDependsOnDataIsForeignWithTheReason() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 3)
            .node("at = NonZero x")
            .node("y = GatherND x at")
            .node("z = NoSuchOperator x")
            .node("after = Relu z")
            .node("last = Softmax after")
            .output("y", "z")
            .build();
    Op.Foreign y = assertInstanceOf(Op.Foreign.class, Net.op(g, "y"));
    assertEquals(
        "the shape of at is not known before it runs: node at/node (NonZero) decides it from data",
        y.because());
    Op.Foreign z = assertInstanceOf(Op.Foreign.class, Net.op(g, "z"));
    assertEquals("no rule for NoSuchOperator", z.because());
    Op.Foreign last = assertInstanceOf(Op.Foreign.class, Net.op(g, "last"));
    assertEquals(
        "the shape of after is not known before it runs: node z/node (NoSuchOperator) is not"
            + " understood: no rule for NoSuchOperator",
        last.because());
  }

  @Test
  void integersAtRunTimeAreDiscrete() throws Exception {
    Graph g =
        Net.of()
            .input("ids", DType.I64, 2, 5)
            .ints("one", 1)
            .node("next = Add ids one")
            .node("col = Unsqueeze next one")
            .node("f = Cast ids", "to", 1)
            .output("col", "f")
            .build();
    assertEquals("Add", ((Op.Discrete) Net.op(g, "next")).name());
    assertEquals(Shape.of(2, 1, 5), Net.shape(g, "col"));
    assertInstanceOf(Op.Foreign.class, Net.op(g, "f"));
  }

  @Test
  void fusedOperatorsOfOnnxRuntimeBecomeTheirSteps() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 3, 4)
            .input("skip", 2, 3, 4)
            .weight("b", 4)
            .weight("s", 4)
            .node("a = com.microsoft:BiasGelu x b")
            .node("n _1 _2 sum = com.microsoft:SkipLayerNormalization a skip s b")
            .node("y = Add sum n")
            .output("y")
            .build();
    assertEquals(new Op.Pointwise(Fns.gelu()), Net.op(g, "a"));
    assertEquals(new Op.Arithmetic(Op.Arithmetic.Kind.ADD), g.nodes().get(0).op());
    assertInstanceOf(Op.Norm.class, Net.op(g, "n"));
    assertEquals(Shape.of(2, 3, 4), Net.shape(g, "y"));
  }
}
