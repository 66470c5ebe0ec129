package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.fanin.graph.Opening.Cause;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/// First steps with a gradient, worked out by hand.
class OpeningsTest {
  private static final Shape SQUARE = Shape.of(2, 2);
  private static final Op.Contract DENSE =
      new Op.Contract(List.of(0, 1), List.of(1, 2), List.of(0, 2), 1, 1);

  private final List<Value> values = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<Parameter> parameters = new ArrayList<>();
  private final BitSet zero = new BitSet();
  private final int x = value("x", Value.Kind.INPUT, DType.F32, -1);

  private int value(String name, Value.Kind kind, DType type, int producer) {
    int id = values.size();
    Optional<Shape> shape = Optional.of(SQUARE);
    values.add(new Value(id, name, kind, type, shape, Optional.empty(), id, producer));
    return id;
  }

  private int parameter(Role role, boolean isZero) {
    int index = parameters.size();
    int id = value("p" + index, Value.Kind.PARAMETER, DType.F32, -1);
    Tensor data = Tensor.ofDoubles(SQUARE, new double[4]);
    parameters.add(new Parameter(id, "p" + index, role, data, Optional.empty(), List.of(), false));
    zero.set(index, isZero);
    return id;
  }

  private int weight(boolean isZero) {
    return parameter(Role.WEIGHT, isZero);
  }

  private int node(Op op, DType type, int... inputs) {
    int out = value("v" + nodes.size(), Value.Kind.ACTIVATION, type, nodes.size());
    nodes.add(
        new Node(
            nodes.size(),
            "n" + nodes.size(),
            op.getClass().getSimpleName(),
            op,
            IntStream.of(inputs).boxed().toList(),
            List.of(out)));
    return out;
  }

  private int node(Op op, int... inputs) {
    return node(op, DType.F32, inputs);
  }

  private int dense(int from, boolean isZero) {
    return node(DENSE, from, weight(isZero));
  }

  private int fn(Fn f, int from) {
    return node(new Op.Pointwise(f), from);
  }

  private int add(int a, int b) {
    return node(new Op.Arithmetic(Op.Arithmetic.Kind.ADD), a, b);
  }

  private List<Opening> openings(int output) {
    return openings(output, Openings.Known.NOTHING);
  }

  private List<Opening> openings(int output, Openings.Known known) {
    Graph g =
        new Graph(
            "hand.onnx",
            values,
            nodes,
            List.of(x),
            List.of(output),
            parameters,
            List.of(),
            Map.of());
    return Openings.of(g, zero, known);
  }

  /// 0 for what never opens.
  private List<Integer> steps(int output) {
    return openings(output).stream().map(o -> o.first().orElse(0)).toList();
  }

  @Test
  void zeroHeadOpensTheRestAtStepTwo() {
    assertEquals(List.of(2, 2, 1), steps(dense(dense(dense(x, false), false), true)));
  }

  @Test
  void zeroLayerBeforeTheHeadOpensTheHeadAtStepTwo() {
    assertEquals(List.of(2, 1, 2), steps(dense(dense(dense(x, false), true), false)));
    assertEquals(OptionalInt.of(1), ((Opening.At) openings(values.size() - 1).get(2)).after());
  }

  @Test
  void twoZeroFactorsNeverOpen() {
    int out = dense(dense(x, true), true);
    assertEquals(
        List.of(
            new Opening.Never(Cause.ZERO_FACTOR, OptionalInt.of(1)),
            new Opening.Never(Cause.ZERO_FACTOR, OptionalInt.of(0))),
        openings(out));
  }

  /// W + B·A with A = 0: A moves at once, B one step later. With both 0 neither does.
  @Test
  void loraPair() {
    int frozen = dense(x, false);
    int out = dense(fn(Fns.relu(), add(frozen, dense(dense(x, true), false))), false);
    assertEquals(List.of(1, 1, 2, 1), steps(out));
    zero.set(2);
    assertEquals(List.of(1, 0, 0, 1), steps(out));
    assertEquals(Opening.At.ONCE, Opening.ofFactor(true, false));
    assertEquals(2, Opening.ofFactor(false, true).first().orElseThrow());
    assertInstanceOf(Opening.Never.class, Opening.ofFactor(true, true));
  }

  /// x + g·f(x), g = 0, in two blocks, then a drawn head.
  @Test
  void reZero() {
    int at = x;
    for (int block = 0; block < 2; block++) {
      int branch = fn(Fns.tanh(), dense(at, false));
      int gated =
          node(new Op.Arithmetic(Op.Arithmetic.Kind.MUL), branch, parameter(Role.GATE, true));
      at = add(at, gated);
    }
    assertEquals(List.of(2, 1, 2, 1, 1), steps(dense(at, false)));
  }

  /// A zero head over residual blocks whose last layers are zero: head, last layers, what is in
  /// front of them.
  @Test
  void zeroBranchesUnderAZeroHead() {
    int at = add(x, dense(fn(Fns.gelu(), dense(x, false)), true));
    assertEquals(List.of(3, 2, 1), steps(dense(at, true)));
  }

  /// ReLU has slope 0 at 0, tanh has 1.
  @Test
  void slopeAtZeroDecides() {
    int relu = dense(fn(Fns.relu(), dense(x, true)), false);
    assertEquals(
        List.of(
            new Opening.Never(Cause.ZERO_FACTOR, OptionalInt.of(0)),
            new Opening.Never(Cause.ZERO_FACTOR, OptionalInt.of(0))),
        openings(relu));
  }

  @Test
  void smoothSlopeAtZeroOpens() {
    assertEquals(List.of(1, 2), steps(dense(fn(Fns.tanh(), dense(x, true)), false)));
  }

  /// sigmoid(0) is not 0.
  @Test
  void sigmoidOfZeroIsOpen() {
    assertEquals(List.of(1, 1), steps(dense(fn(Fns.sigmoid(), dense(x, true)), false)));
  }

  /// Queries 0: the softmax is uniform, keys wait for the queries.
  @Test
  void zeroQueries() {
    int q = dense(x, true);
    int k = dense(x, false);
    int v = dense(x, false);
    Op.Contract keys = new Op.Contract(List.of(0, 1), List.of(2, 1), List.of(0, 2), 1, 1);
    int p = node(new Op.Softmax(1, false), node(keys, q, k));
    assertEquals(List.of(1, 2, 1, 1), steps(dense(node(DENSE, p, v), false)));
  }

  @Test
  void zeroLastNorm() {
    int h = dense(x, false);
    int scale = parameter(Role.NORM_SCALE, true);
    int shift = parameter(Role.NORM_SHIFT, true);
    int out = add(x, node(new Op.BatchNorm(1e-5, true), h, scale, shift));
    assertEquals(List.of(2, 1, 1, 1), steps(dense(out, false)));
  }

  @Test
  void noDifferentiablePathIsNotNever() {
    int out = node(new Op.Discrete("ArgMax"), DType.I64, dense(x, false));
    assertEquals(List.of(new Opening.NoPath(OptionalInt.of(1))), openings(out));
  }

  @Test
  void stepsOfSignHaveNoDerivative() {
    int out = fn(Fns.sign(), dense(x, false));
    assertEquals(List.of(new Opening.NoPath(OptionalInt.of(1))), openings(out));
  }

  @Test
  void foreignOperatorIsNotKnown() {
    int out = node(new Op.Foreign("Odd", "no rule"), dense(x, false));
    assertEquals(List.of(new Opening.NotKnown(OptionalInt.of(1))), openings(out));
  }

  /// A body may read what no node reads.
  @Test
  void whatControlFlowMayCaptureIsNotKnown() {
    int h = dense(x, false);
    int condition = node(new Op.Discrete("Greater"), DType.BOOL, h, x);
    int out = node(new Op.ControlFlow("If", 1), condition);
    assertEquals(List.of(new Opening.NotKnown(OptionalInt.of(2))), openings(out));
  }

  /// Behind an operator without a rule it is known all the same what two zero factors do.
  @Test
  void zeroPairBeforeAForeignOperatorIsNever() {
    int out =
        add(dense(node(new Op.Foreign("Odd", "no rule"), x), false), dense(dense(x, true), true));
    assertEquals(0, steps(out).get(1));
    assertInstanceOf(Opening.Never.class, openings(out).get(1));
  }

  @Test
  void unreadIsNever() {
    dense(x, false);
    assertEquals(
        new Opening.Never(Cause.UNREAD, OptionalInt.empty()), openings(dense(x, false)).getFirst());
  }

  /// A forecast that says an activation is off everywhere closes what lies before it.
  @Test
  void knownSilenceNeverOpens() {
    int relu = fn(Fns.relu(), dense(x, false));
    int out = dense(relu, false);
    int before = nodes.getFirst().outputs().getFirst();
    var known =
        new Openings.Known(
            v -> v == relu,
            v -> v == before || v == parameters.get(0).value() || v == parameters.get(1).value());
    assertEquals(
        List.of(Cause.OFF, Cause.OFF),
        openings(out, known).stream().map(o -> ((Opening.Never) o).cause()).toList());
  }

  /// x + W1(x + W2(x + W3(…))), all zero: one opens after the other. Steps and nodes together cost
  /// linear time.
  @Test
  void tenThousandStepsInLinearTime() {
    int depth = 10_000;
    Assertions.assertTimeout(
        Duration.ofSeconds(20),
        () -> {
          int at = x;
          for (int i = 0; i < depth; i++) {
            at = add(x, dense(at, true));
          }
          List<Integer> steps = steps(at);
          for (int i = 0; i < depth; i++) {
            assertEquals(depth - i, steps.get(i));
          }
        });
  }

  /// One node that sums 20,000 zero branches.
  @Test
  void wideSumInLinearTime() {
    int[] branches = IntStream.range(0, 20_000).map(i -> dense(x, i % 2 == 0)).toArray();
    int sum = node(new Op.Arithmetic(Op.Arithmetic.Kind.ADD), branches);
    Assertions.assertTimeout(
        Duration.ofSeconds(20),
        () -> assertEquals(20_001, steps(dense(sum, false)).stream().mapToInt(s -> s).sum()));
  }
}
