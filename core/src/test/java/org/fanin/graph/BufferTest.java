package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.fanin.plan.InitPlan;
import org.fanin.plan.Overrides;
import org.fanin.plan.PlanOptions;
import org.fanin.plan.Recipes;
import org.fanin.plan.Specs;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// What of published networks is no parameter, and what looks like it and is one.
class BufferTest {
  private static Tensor of(IntToDoubleFunction f, long... dims) {
    Shape s = Shape.of(dims);
    double[] v = new double[(int) s.count()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) f.applyAsDouble(i);
    }
    return Tensor.ofDoubles(s, v);
  }

  private static Tensor normal(double sd, long... dims) {
    Random r = new Random(Shape.of(dims).hashCode());
    return of(_ -> sd * r.nextGaussian(), dims);
  }

  private static Tensor integers(long... dims) {
    return Tensor.ofLongs(Shape.of(dims), new long[(int) Shape.of(dims).count()]);
  }

  private static Optional<Buffer.Kind> kind(Graph g, String name) {
    return Net.parameter(g, name).buffer().map(Buffer::kind);
  }

  private static void kept(Buffer.Kind kind, Graph g, String name) {
    assertEquals(Optional.of(kind), kind(g, name), name);
    assertEquals(Role.TABLE, Net.parameter(g, name).role(), name);
    InitPlan plan = Recipes.named("he-normal").plan(Specs.of(g), 1, PlanOptions.none());
    assertTrue(
        plan.kept().stream()
            .anyMatch(k -> k.name().equals(name) && k.kind().equals(Optional.of(kind))),
        name);
  }

  private static void trained(Graph g, String name) {
    assertEquals(Optional.empty(), kind(g, name), name);
  }

  // ---- quantised networks ----

  @Test
  void scalesOfQuantisedConvolutionsAreKept() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 2, 8, 8)
            .tensor("x_scale", of(_ -> .02))
            .tensor("w_scale", of(_ -> .01))
            .tensor("y_scale", of(_ -> .05))
            .ints("zx", 0)
            .tensor("w", integers(3, 2, 3, 3))
            .node("q = QuantizeLinear x x_scale")
            .node("qw = QuantizeLinear x w_scale")
            .node("d = DequantizeLinear q x_scale")
            .node("e = DequantizeLinear qw w_scale")
            .node("s = Add d e")
            .node("t = QuantizeLinear s y_scale")
            .node("y = DequantizeLinear t y_scale")
            .output("y")
            .build();
    kept(Buffer.Kind.QUANTISATION, g, "x_scale");
    kept(Buffer.Kind.QUANTISATION, g, "w_scale");
    kept(Buffer.Kind.QUANTISATION, g, "y_scale");
  }

  // ---- constants of formulas ----

  @Test
  void constantsOfADecomposedGeluAreKept() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 8)
            .tensor("fc.weight", normal(.3, 8, 8))
            .tensor("fc.bias", of(_ -> 0, 8))
            .scalar("gelu/root", Math.sqrt(2))
            .scalar("gelu/one", 1)
            .tensor("gelu/half", of(_ -> .5, 1))
            .node("m = MatMul x fc.weight")
            .node("h = Add m fc.bias")
            .node("d = Div h gelu/root")
            .node("e = Erf d")
            .node("p = Add e gelu/one")
            .node("q = Mul h p")
            .node("y = Mul q gelu/half")
            .output("y")
            .build();
    kept(Buffer.Kind.CONSTANT, g, "gelu/root");
    kept(Buffer.Kind.CONSTANT, g, "gelu/one");
    kept(Buffer.Kind.CONSTANT, g, "gelu/half");
    trained(g, "fc.weight");
    trained(g, "fc.bias");
  }

  @Test
  void hardSwishBehindAConvolutionHasConstants() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 3, 8, 8)
            .tensor("conv.weight", normal(.2, 8, 3, 3, 3))
            .tensor("conv.bias", of(_ -> 0, 8))
            .scalar("MobilenetV3/Conv/hard_swish/add/y:0", 3)
            .scalar("MobilenetV3/Conv/hard_swish/mul/y:0", 1 / 6.0)
            .node("h = Conv x conv.weight conv.bias")
            .node("a = Add h MobilenetV3/Conv/hard_swish/add/y:0")
            .node("r = Relu a")
            .node("s = Mul r MobilenetV3/Conv/hard_swish/mul/y:0")
            .node("y = Mul h s")
            .output("y")
            .build();
    assertTrue(g.parameters().stream().noneMatch(p -> p.name().contains("hard_swish")));
    trained(g, "conv.bias");
  }

  @Test
  void epsilonAndExponentOfANormAreKeptItsScaleIsTrained() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 8)
            .tensor("w", normal(.3, 8, 8))
            .scalar("norm/epsilon", 1e-5)
            .scalar("norm/two", 2)
            .tensor("norm/gamma", of(_ -> 1, 8))
            .tensor("norm/beta", of(_ -> 0, 8))
            .ints("axes", 1)
            .node("h = MatMul x w")
            .node("m = ReduceMean h", "axes", Net.longs(1))
            .node("c = Sub h m")
            .node("p = Pow c norm/two")
            .node("v = ReduceMean p", "axes", Net.longs(1))
            .node("e = Add v norm/epsilon")
            .node("s = Sqrt e")
            .node("n = Div c s")
            .node("g = Mul n norm/gamma")
            .node("y = Add g norm/beta")
            .output("y")
            .build();
    kept(Buffer.Kind.EPSILON, g, "norm/epsilon");
    kept(Buffer.Kind.CONSTANT, g, "norm/two");
    trained(g, "norm/gamma");
    trained(g, "norm/beta");
  }

  @Test
  void theFactorOfAttentionIsKeptALearnedTemperatureIsNot() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 6, 16)
            .tensor("q.weight", normal(.25, 16, 16))
            .tensor("k.weight", normal(.25, 16, 16))
            .scalar("attn_factor", .25)
            .scalar("logit_scale", 2.66)
            .node("q = MatMul x q.weight")
            .node("k = MatMul x k.weight")
            .node("t = Transpose k", "perm", Net.longs(0, 2, 1))
            .node("s = MatMul q t")
            .node("f = Mul s attn_factor")
            .node("a = Softmax f", "axis", -1)
            .node("o = MatMul a x")
            .node("e = Exp logit_scale")
            .node("y = Mul o e")
            .output("y")
            .build();
    kept(Buffer.Kind.CONSTANT, g, "attn_factor");
    trained(g, "logit_scale");
  }

  // ---- gates, slopes, scales ----

  @Test
  void learnableScalarsAreParameters() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 8)
            .tensor("a.weight", normal(.3, 8, 8))
            .tensor("b.weight", normal(.3, 8, 8))
            .tensor("head.weight", normal(.3, 8, 1))
            .tensor("head.bias", of(_ -> 0, 1))
            .scalar("blocks.0.resweight", 0)
            .tensor("blocks.1.gamma", of(_ -> 1e-5, 8))
            .tensor("act.slope", of(_ -> .25, 1))
            .tensor("bias1a", of(_ -> 0, 1))
            .node("h = MatMul x a.weight")
            .node("r = Mul h blocks.0.resweight")
            .node("u = Add x r")
            .node("p = PRelu u act.slope")
            .node("z = Add p bias1a")
            .node("k = MatMul z b.weight")
            .node("l = Mul k blocks.1.gamma")
            .node("v = Add u l")
            .node("o = MatMul v head.weight")
            .node("y = Add o head.bias")
            .output("y")
            .build();
    for (String name :
        new String[] {"blocks.0.resweight", "blocks.1.gamma", "act.slope", "bias1a", "head.bias"}) {
      trained(g, name);
    }
  }

  @Test
  void aGainOfOnesBehindNoLayerIsKeptAnAffinePairIsNot() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 8)
            .tensor("w", normal(.3, 8, 8))
            .tensor("v", normal(.3, 8, 8))
            .tensor("ones", of(_ -> 1, 8))
            .tensor("scaled", of(_ -> 1, 8))
            .tensor("shifted", of(_ -> 0, 8))
            .node("h = MatMul x w")
            .node("r = Relu h")
            .node("a = Mul r ones")
            .node("b = Tanh a")
            .node("c = Mul b scaled")
            .node("d = Add c shifted")
            .node("y = MatMul d v")
            .output("y")
            .build();
    kept(Buffer.Kind.CONSTANT, g, "ones");
    trained(g, "scaled");
    trained(g, "shifted");
  }

  // ---- masks ----

  @Test
  void masksOfZerosOnesAndLargeNegativesAreKept() throws Exception {
    IntToDoubleFunction causal = i -> i % 6 <= i / 6 ? 0 : 1;
    for (double shut : new double[] {-1e9, Double.NEGATIVE_INFINITY, -100, -3.4028235e38, 1}) {
      Graph g =
          Net.of()
              .input("x", 2, 6, 16)
              .tensor("q.weight", normal(.25, 16, 16))
              .tensor("bias_table", of(i -> causal.applyAsDouble(i) == 0 ? 0 : shut, 6, 6))
              .tensor("positions", normal(.02, 6, 6))
              .node("q = MatMul x q.weight")
              .node("t = Transpose x", "perm", Net.longs(0, 2, 1))
              .node("s = MatMul q t")
              .node("p = Add s positions")
              .node("m = Add p bias_table")
              .node("a = Softmax m", "axis", -1)
              .node("y = MatMul a x")
              .output("y")
              .build();
      kept(Buffer.Kind.MASK, g, "bias_table");
      trained(g, "positions");
    }
  }

  @Test
  void aTriangleThatSumsIsKeptAnIdentityIsAWeight() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 8)
            .tensor("sums", of(i -> i % 8 <= i / 8 ? 1 : 0, 8, 8))
            .tensor("w_hh", of(i -> i % 8 == i / 8 ? 1 : 0, 8, 8))
            .tensor("zero", of(_ -> 0, 8, 8))
            .node("a = MatMul x sums")
            .node("b = MatMul a w_hh")
            .node("y = MatMul b zero")
            .output("y")
            .build();
    kept(Buffer.Kind.MASK, g, "sums");
    trained(g, "w_hh");
    trained(g, "zero");
  }

  // ---- grids and tables ----

  @Test
  void gridsOfDetectorsAreKept() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 8, 20)
            .tensor("w", normal(.3, 20, 4))
            .tensor("priors", of(i -> (i / 2 % 20 / 4 + .5) / (i % 2 == 0 ? 4 : 5), 1, 40, 2))
            .tensor("grid", of(i -> i / 4 * .05, 8, 4))
            .tensor("variance", of(i -> i < 2 ? .1 : .2, 4))
            .tensor("position", normal(.02, 8, 20))
            .ints("shape", 1, 40, 2)
            .ints("last", 1, 8, 4, 2)
            .node("p = Add x position")
            .node("h = MatMul p w")
            .node("v = Mul h variance")
            .node("s = Add v grid")
            .node("y = Concat s s", "axis", 1)
            .output("y")
            .build();
    kept(Buffer.Kind.GRID, g, "grid");
    kept(Buffer.Kind.RESCALER, g, "variance");
    trained(g, "position");
    assertEquals(
        Optional.of(Buffer.Kind.GRID),
        BufferForms.of(
                of(i -> (i / 2 % 20 / 4 + .5) / (i % 2 == 0 ? 4 : 5), 1, 40, 2),
                BufferForms.Place.ELEMENTS)
            .map(Buffer::kind));
  }

  @Test
  void integralOfADistributionByAConvolutionIsKept() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 3, 8, 8)
            .tensor("conv.weight", normal(.3, 16, 3, 1, 1))
            .tensor("dfl.conv.weight", of(i -> i, 1, 16, 1, 1))
            .node("h = Conv x conv.weight")
            .node("s = Softmax h", "axis", 1)
            .node("y = Conv s dfl.conv.weight")
            .output("y")
            .build();
    kept(Buffer.Kind.GRID, g, "dfl.conv.weight");
    trained(g, "conv.weight");
  }

  private static double sinusoid(int i, int width) {
    int row = i / width;
    int column = i % width;
    double angle = row / Math.pow(10000, (column / 2 * 2) / (double) width);
    return column % 2 == 0 ? Math.sin(angle) : Math.cos(angle);
  }

  @Test
  void sinusoidsAreKeptWhetherAddedOrLookedUp() throws Exception {
    Graph g =
        Net.of()
            .input("ids", DType.I64, 2, 10)
            .tensor("embed", normal(1, 50, 16))
            .tensor("encoder.pe", of(i -> sinusoid(i, 16), 10, 16))
            .node("e = Gather embed ids")
            .node("y = Add e encoder.pe")
            .output("y")
            .build();
    kept(Buffer.Kind.SINUSOIDS, g, "encoder.pe");
    trained(g, "embed");
  }

  // ---- signal processing ----

  @Test
  void fourierKernelsWindowsAndFilterBanksAreKept() throws Exception {
    int n = 16;
    int k = n / 2 + 1;
    IntToDoubleFunction hann = i -> .5 - .5 * Math.cos(2 * Math.PI * i / n);
    IntToDoubleFunction stft =
        i -> {
          double angle = 2 * Math.PI * (i / n % k) * (i % n) / n;
          return hann.applyAsDouble(i % n) * (i / n < k ? Math.cos(angle) : -Math.sin(angle));
        };
    IntToDoubleFunction mel = i -> Math.max(0, 1 - Math.abs(i % 40 - 4 - 3.6 * (i / 40)) / 4);
    Graph g =
        Net.of()
            .input("x", 1, 1, 176)
            .tensor("window", of(hann, 1, 1, n))
            .tensor("forward_basis", of(stft, 2 * k, 1, n))
            .tensor("mel_basis", of(mel, 10, 40))
            .tensor("cmvn", normal(1, 10, 1))
            .tensor("conv.weight", normal(.2, 4, 10, 3))
            .ints("frames", 1, 11, 16)
            .ints("spectrum", 1, 40, 5)
            .ints("starts", 0)
            .ints("ends", 200)
            .ints("axis", 1)
            .node("f = Conv x forward_basis", "strides", Net.longs(n))
            .node("q = Reshape x frames")
            .node("w = Mul q window")
            .node("z = Mul f f")
            .node("zs = Pad z pads")
            .ints("pads", 0, 0, 0, 0, 22, 0)
            .node("m = MatMul mel_basis zs")
            .node("c = Add m cmvn")
            .node("y = Conv c conv.weight")
            .output("y", "w")
            .build();
    kept(Buffer.Kind.SINUSOIDS, g, "forward_basis");
    kept(Buffer.Kind.WINDOW, g, "window");
    kept(Buffer.Kind.FILTER_BANK, g, "mel_basis");
    kept(Buffer.Kind.NORMALISER, g, "cmvn");
    trained(g, "conv.weight");
  }

  @Test
  void blurEdgesAndInterpolationAreKept() throws Exception {
    double[] blur = {1, 2, 1, 2, 4, 2, 1, 2, 1};
    double[] sobel = {-1, 0, 1, -2, 0, 2, -1, 0, 1};
    double[] line = {1, 3, 3, 1};
    Graph g =
        Net.of()
            .input("x", 1, 3, 8, 8)
            .tensor("blur", of(i -> blur[i % 9] / 16, 3, 1, 3, 3))
            .tensor("edges", of(i -> i / 9 < 2 ? sobel[i % 9] : blur[i % 9], 3, 3, 3, 3))
            .tensor(
                "upsample",
                of(i -> i / 16 % 4 == 0 ? line[i % 4] * line[i / 4 % 4] / 16 : 0, 3, 3, 4, 4))
            .tensor("depthwise", normal(.3, 3, 1, 3, 3))
            .tensor("dirac", of(i -> i % 9 == 4 && i / 9 % 4 == 0 ? 1 : 0, 3, 3, 3, 3))
            .tensor("equal", of(_ -> .1, 3, 3, 3, 3))
            .node("a = Conv x blur", "group", 3, "pads", Net.longs(1, 1, 1, 1))
            .node("b = Conv a edges", "pads", Net.longs(1, 1, 1, 1))
            .node("c = ConvTranspose b upsample", "strides", Net.longs(2, 2))
            .node("d = Conv c depthwise", "group", 3)
            .node("e = Conv d dirac")
            .node("f = Conv e equal", "pads", Net.longs(1, 1, 1, 1))
            .tensor("box", of(_ -> 1 / 4.0, 3, 1, 2, 2))
            .node("y = Conv f box", "group", 3)
            .output("y")
            .build();
    kept(Buffer.Kind.FILTER, g, "blur");
    kept(Buffer.Kind.FILTER, g, "edges");
    kept(Buffer.Kind.FILTER, g, "upsample");
    trained(g, "depthwise");
    trained(g, "dirac");
    trained(g, "equal");
    kept(Buffer.Kind.FILTER, g, "box");
    Tensor first = of(_ -> 1 / 9.0, 8, 1, 3, 3);
    assertEquals(Optional.empty(), BufferForms.of(first, BufferForms.Place.KERNEL));
  }

  // ---- normalisers ----

  @Test
  void observationNormalisersOfAPolicyAreKept() throws Exception {
    Graph g =
        Net.of()
            .input("obs", 1, 8)
            .tensor("running_mean", normal(2, 8))
            .tensor("running_std", of(i -> 1 + .3 * (i * 7 % 5), 8))
            .tensor("pi.0.weight", normal(.3, 8, 16))
            .tensor("pi.0.bias", normal(.1, 16))
            .tensor("pi.1.weight", normal(.3, 16, 3))
            .tensor("action_range", of(i -> 1 + i * i, 3))
            .tensor("action_offset", of(i -> .5 + i * i * i, 3))
            .node("c = Sub obs running_mean")
            .node("n = Div c running_std")
            .node("h = MatMul n pi.0.weight")
            .node("b = Add h pi.0.bias")
            .node("t = Tanh b")
            .node("o = MatMul t pi.1.weight")
            .node("a = Tanh o")
            .node("s = Mul a action_range")
            .node("y = Add s action_offset")
            .output("y")
            .build();
    kept(Buffer.Kind.NORMALISER, g, "running_mean");
    kept(Buffer.Kind.NORMALISER, g, "running_std");
    kept(Buffer.Kind.RESCALER, g, "action_range");
    kept(Buffer.Kind.RESCALER, g, "action_offset");
    trained(g, "pi.0.bias");
    trained(g, "pi.0.weight");
  }

  @Test
  void shiftOfTheColoursIsKept() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 3, 8, 8)
            .tensor("sub_mean.weight", of(i -> i % 4 == 0 ? 1 : 0, 3, 3, 1, 1))
            .tensor("sub_mean.bias", of(i -> -.4 - .03 * i * i, 3))
            .tensor("conv.weight", normal(.2, 3, 3, 3, 3))
            .tensor("conv.bias", normal(.2, 3))
            .node("m = Conv x sub_mean.weight sub_mean.bias")
            .node("y = Conv m conv.weight conv.bias")
            .output("y")
            .build();
    kept(Buffer.Kind.NORMALISER, g, "sub_mean.weight");
    kept(Buffer.Kind.NORMALISER, g, "sub_mean.bias");
    trained(g, "conv.bias");
  }

  @Test
  void runningStatisticsStartAnewAndAreNoParameters() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 4, 8)
            .tensor("gamma", of(_ -> 1, 4))
            .tensor("beta", of(_ -> 0, 4))
            .tensor("mean", normal(1, 4))
            .tensor("var", of(i -> 1 + i, 4))
            .node("y = BatchNormalization x gamma beta mean var")
            .output("y")
            .build();
    assertEquals(Optional.of(Buffer.Kind.RUNNING_STATISTIC), kind(g, "mean"));
    assertEquals(Optional.of(Buffer.Kind.RUNNING_STATISTIC), kind(g, "var"));
    InitPlan plan = Recipes.named("he-normal").plan(Specs.of(g), 1, PlanOptions.none());
    assertEquals(4, plan.tensors().size());
  }

  @Test
  void weightsThatDataModulateAreParameters() throws Exception {
    Graph g =
        Net.of()
            .input("style", 1, 4, 1, 1)
            .input("x", 1, 4, 8, 8)
            .tensor("weight", normal(.2, 5, 4, 3, 3))
            .node("w = Mul weight style")
            .node("y = Conv x w")
            .output("y")
            .build();
    trained(g, "weight");
  }

  // ---- by hand ----

  @Test
  void aSchemeThatNamesItDrawsIt() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 10, 16)
            .tensor("pe", of(i -> sinusoid(i, 16), 10, 16))
            .node("y = Add x pe")
            .output("y")
            .build();
    PlanOptions byHand =
        PlanOptions.none().with(Overrides.of(java.util.List.of("^pe$=normal(0.02)")));
    InitPlan plan = Recipes.named("he-normal").plan(Specs.of(g), 1, byHand);
    assertEquals("pe", plan.tensors().getFirst().name());
    assertEquals(0, plan.kept().size());
  }

  @Test
  void drawnWeightsOfAllShapesAreNeverTaken() {
    long[][] shapes = {{8}, {9}, {64}, {5, 5}, {5, 40}, {40, 5}, {3, 3, 3, 3}, {6, 1, 5}, {2, 300}};
    Random r = new Random(7);
    for (int seed = 0; seed < 400; seed++) {
      for (long[] shape : shapes) {
        for (BufferForms.Place place : BufferForms.Place.values()) {
          boolean even = seed % 2 == 0;
          Tensor t = of(_ -> even ? r.nextGaussian() : 1 + .01 * r.nextDouble(), shape);
          assertEquals(Optional.empty(), BufferForms.of(t, place), place + " seed " + seed);
        }
      }
    }
  }
}
