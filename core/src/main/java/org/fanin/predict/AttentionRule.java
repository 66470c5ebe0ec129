package org.fanin.predict;

import java.util.List;
import java.util.stream.IntStream;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.predict.Forecast.Observation.Kind;
import org.fanin.tensor.Shape;

/// The fused Attention operator (opset 23), by the rules of its parts: scores = scale·Q·Kᵀ,
/// softmax, times V (theory.md §7).
final class AttentionRule {
  private static final List<Integer> QUERY = List.of(0, 1, 2, 4);
  private static final List<Integer> KEY = List.of(0, 1, 3, 4);
  private static final List<Integer> SCORES = List.of(0, 1, 2, 3);

  private AttentionRule() {}

  /// Heads first: [B, heads, tokens, head size].
  private record Parts(Field q, Field k, Field v, Field weights, double s, List<Integer> rows) {}

  private static Parts parts(Context c, Node n, Op.Attention op) {
    Field q = heads(c.field(n.input(0)), op.queryHeads());
    Field k = repeated(heads(c.field(n.input(1)), op.keyHeads()), op.queryHeads());
    Field v = repeated(heads(c.field(n.input(2)), op.keyHeads()), op.queryHeads());
    Field scores =
        Contraction.of(q, QUERY, k, KEY, SCORES).scaled(2 * Math.log(op.scale())).mergedAxis(3);
    int keys = (int) Math.min(Integer.MAX_VALUE, scores.dim(3));
    List<Integer> rows =
        op.causal() ? IntStream.rangeClosed(1, keys).boxed().toList() : List.of(keys);
    double s = SoftmaxRule.between(scores, 3);
    return new Parts(q, k, v, SoftmaxRule.weights(scores, 3, s, rows), s, rows);
  }

  private static Field heads(Field x, int heads) {
    if (x.rank() == 4) {
      return x;
    }
    long[] d = x.dims();
    return x.reshape(Shape.of(d[0], d[1], heads, d[2] / heads)).transpose(0, 2, 1, 3);
  }

  /// Grouped queries: key heads are shared.
  private static Field repeated(Field x, int heads) {
    long[] d = x.dims();
    if (d[1] == heads) {
      return x;
    }
    Field f = x.reshape(Shape.of(d[0], d[1], 1, d[2], d[3]));
    return f.expand(Shape.of(d[0], d[1], heads / d[1], d[2], d[3]))
        .reshape(Shape.of(d[0], heads, d[2], d[3]));
  }

  private static Field atQueries(Parts p, Field g) {
    int atom = g.runs[2] == 1 ? g.first(2) : -1;
    return TokenGram.applied(g, atom, p.k(), p.v(), p.rows(), p.s());
  }

  private static Field shared(Field g, Shape to, int keyHeads) {
    Field f = g;
    long[] d = f.dims();
    if (d[1] != keyHeads) {
      f = f.reshape(Shape.of(d[0], keyHeads, d[1] / keyHeads, d[2], d[3])).sumOver(2).dropAxis(2);
    }
    return to.rank() == 4 ? f : f.transpose(0, 2, 1, 3).reshape(to);
  }

  static void forward(Context c, Node n, Op.Attention op) {
    if (n.outputs().size() > 1 && n.outputs().stream().skip(1).anyMatch(o -> o >= 0)) {
      throw new Context.MissingRule("no rule for Attention's further outputs");
    }
    Parts p = parts(c, n, op);
    c.observe(Kind.ATTENTION_LOGIT_STD, n, p.s());
    c.observe(Kind.ATTENTION_KEYS, n, p.weights().dim(3));
    Field y = Contraction.of(p.weights(), SCORES, p.v(), KEY, QUERY);
    Shape to = c.shape(n.outputs().getFirst());
    c.set(n.outputs().getFirst(), to.rank() == 4 ? y : y.transpose(0, 2, 1, 3).reshape(to));
  }

  static void backward(Context c, Node n, Op.Attention op) {
    Parts p = parts(c, n, op);
    Field g = heads(c.gradientOf(n, 0), op.queryHeads());
    Field toV = Contraction.of(g, QUERY, p.weights(), SCORES, KEY);
    Field toWeights = Contraction.of(g, QUERY, p.v(), KEY, SCORES).mergedAxis(3);
    Field toScores =
        SoftmaxRule.throughWeights(toWeights, 3, p.s(), p.rows()).scaled(2 * Math.log(op.scale()));
    c.pass(
        n.input(0),
        shared(
            atQueries(p, Contraction.of(toScores, SCORES, p.k(), KEY, QUERY)),
            c.shape(n.input(0)),
            op.queryHeads()));
    c.pass(
        n.input(1),
        shared(
            Contraction.of(toScores, SCORES, p.q(), QUERY, KEY),
            c.shape(n.input(1)),
            op.keyHeads()));
    c.pass(n.input(2), shared(toV, c.shape(n.input(2)), op.keyHeads()));
  }
}
