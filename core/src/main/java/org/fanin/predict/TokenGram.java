package org.fanin.predict;

import java.util.List;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;

/// What keys and values have in common because they are made of the same tokens. The gradient of a
/// query is Σ_j δ_j k_j with δ = D·η, D = diag(a) − aaᵀ, η_j = g·v_j, and over fresh W_k, W_v
///
///     E |Σ δ_j k_j|² ∝ Σ_{j,l} (D R D)_{jl}·R_{jl} = tr (D R)²,
///
/// R the Gram matrix of the tokens. Its means are pair moments: what all tokens share falls out
/// since D·1 = 0, which leaves R = I and tr D² = Σ a²(1 − 2a + Σ a²). But T tokens of d features
/// are not orthogonal: two of them have a squared cosine τ ≥ 1/d, of either sign, and R squares it:
///
///     tr (D R)² = tr D² + τ·Σ_{j≠l} (D_jj D_ll + D_jl²) ≈ tr D²·(1 + τ·((1 − Σ a²)² − tr D²)/tr D²),
///
/// 1 + τ(T − 2) for even weights. The gradient of a key meets no Gram matrix twice: it sums over
/// queries, whose gradients are independent of them.
final class TokenGram {
  private static final int HOPS = 6;

  private TokenGram() {}

  /// Positions that are rotated into keys leave those less in common with values: E ρ_k ρ_v is
  /// taken as if ρ_k were ρ_v times one number, √(τ_k·τ_v).
  ///
  /// @param keys its overlap has τ, the mean squared cosine of two tokens beyond their mean
  ///   correlation
  /// @param rows numbers of keys of the attention's rows
  /// @param s deviation of the logits from key to key
  static double factor(Field keys, Field values, List<Integer> rows, double s) {
    double self = RowLaw.backward(rows, s);
    double more = shared(keys, values) * Math.max(0, RowLaw.open(rows, s) - self);
    return self > 0 ? 1 + more / self : 1;
  }

  private static double shared(Field keys, Field values) {
    return Math.sqrt(keys.overlap.cosine() * values.overlap.cosine());
  }

  /// The gradient of queries with the factor, row by row under a causal mask: early rows see few
  /// keys, and tr D² of the late ones is small.
  ///
  /// @param query atom of the rows
  static Field applied(
      Field gradient, int query, Field keys, Field values, List<Integer> rows, double s) {
    Optional<double[]> self = RowLaw.causalBackward(rows, s);
    boolean perRow = self.isPresent() && query >= 0 && gradient.atoms[query] == self.get().length;
    if (!perRow) {
      return gradient.scaled(Math.log(factor(keys, values, rows, s)));
    }
    double[] open = RowLaw.causalOpen(rows, s).orElseThrow();
    double[] w = new double[open.length];
    for (int i = 0; i < w.length; i++) {
      double j = self.get()[i];
      w[i] = j > 0 ? 1 + shared(keys, values) * Math.max(0, open[i] - j) / j : 1;
    }
    return Fields.weighted(gradient, query, w);
  }

  /// [#applied] at operand `to` of a product of two data tensors, where the product is that of
  /// queries and keys and `to` is the queries'; elsewhere the gradient itself.
  ///
  /// @param labels of the axes of `gradient`
  static Field atQuery(
      Context c, Node n, Op.Contract op, int to, Field gradient, List<Integer> labels) {
    if (c.isParameter(n.input(0)) || c.isParameter(n.input(1)) || gradient.isZero()) {
      return gradient;
    }
    List<Integer> others = to == 0 ? op.b() : op.a();
    Node softmax = softmaxBehind(c, n.outputs().getFirst());
    if (softmax == null || !(softmax.op() instanceof Op.Softmax s) || s.log()) {
      return gradient;
    }
    int key = op.out().get(s.axis());
    Optional<Field> values = values(c, softmax.outputs().getFirst());
    if (labels.contains(key) || !others.contains(key) || values.isEmpty()) {
      return gradient;
    }
    Signal.Known logits = c.known(softmax.input(0));
    Field x = SoftmaxRule.single(logits.field(), s.axis());
    int row = s.axis() == 0 ? -1 : labels.indexOf(op.out().get(s.axis() - 1));
    int atom = row >= 0 && gradient.runs[row] == 1 ? gradient.first(row) : -1;
    return applied(
        gradient,
        atom,
        c.field(n.input(1 - to)),
        values.get(),
        SoftmaxRule.rows(logits, x, s),
        SoftmaxRule.between(x, s.axis()));
  }

  /// The softmax that reads a value through scales, masks and position biases.
  private static Node softmaxBehind(Context c, int value) {
    int at = value;
    for (int hop = 0; hop < HOPS && c.readers(at).size() == 1; hop++) {
      Node n = c.graph.nodes().get(c.readers(at).getFirst());
      if (n.op() instanceof Op.Softmax) {
        return n;
      }
      boolean through =
          n.op() instanceof Op.Pointwise
              || n.op() instanceof Op.Arithmetic
              || n.op() instanceof Op.Where;
      if (!through || !c.shape(n.outputs().getFirst()).equals(c.shape(value))) {
        return null;
      }
      at = n.outputs().getFirst();
    }
    return null;
  }

  /// What the weights are multiplied with.
  private static Optional<Field> values(Context c, int weights) {
    int at = weights;
    for (int hop = 0; hop < HOPS && c.readers(at).size() == 1; hop++) {
      Node n = c.graph.nodes().get(c.readers(at).getFirst());
      if (n.op() instanceof Op.Contract) {
        return Optional.of(c.field(n.input(n.input(0) == at ? 1 : 0)));
      }
      if (!(n.op() instanceof Op.Dropout)) {
        return Optional.empty();
      }
      at = n.outputs().getFirst();
    }
    return Optional.empty();
  }
}
