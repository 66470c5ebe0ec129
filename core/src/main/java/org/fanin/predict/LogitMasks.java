package org.fanin.predict;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoublePredicate;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;
import org.fanin.predict.Signal.Curve;
import org.fanin.predict.Signal.LogitMask;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Masks of attention logits: what is added to logits, or put in their place, to remove them from a
/// softmax. They are no part of the logits' moments; they are carried beside them from where they
/// enter to the softmax.
final class LogitMasks {
  /// At or below this, elements are removed whatever reads them.
  static final double MASKED = -1e4;

  /// At or below this, elements that reach a softmax are removed (Swin: −100).
  static final double WINDOW = -100;

  /// Above this, a constant added to logits is a bias.
  private static final double BIAS = -50;

  /// Nodes between a mask and its softmax.
  private static final int REACH = 48;

  /// Longer masks are not read.
  private static final long LARGEST = 16_000_000;

  /// Rows of a mask that comes with the data are represented by this many of their quantiles.
  private static final int QUANTILES = 9;

  private LogitMasks() {}

  // ---- where masks enter ----

  /// The mask that a sum or difference adds, and the logits it is added to.
  ///
  /// @param logits value id
  record Added(int logits, LogitMask mask) {}

  static Optional<Added> added(Context c, Node n, Op.Arithmetic.Kind kind) {
    boolean minus = kind == Op.Arithmetic.Kind.SUB;
    if (kind != Op.Arithmetic.Kind.ADD && !minus || n.inputs().size() != 2) {
      return Optional.empty();
    }
    Optional<Added> right = added(c, n, n.input(0), n.input(1), minus ? -1 : 1);
    return right.isPresent() || minus ? right : added(c, n, n.input(1), n.input(0), 1);
  }

  private static Optional<Added> added(Context c, Node n, int logits, int mask, double sign) {
    int y = n.outputs().getFirst();
    if (!c.isKnown(logits)) {
      return Optional.empty();
    }
    Optional<Tensor> t = c.graph.value(mask).constant();
    Optional<LogitMask> m =
        t.isPresent()
            ? t.filter(x -> removes(x, sign))
                .flatMap(x -> of(x, c.shape(y), v -> sign * v <= WINDOW))
            : fromData(c, mask, c.shape(y), sign);
    return m.map(x -> x.withValue(sign * x.value()))
        .filter(x -> x.value() <= MASKED || reachesSoftmax(c, y))
        .map(x -> new Added(logits, x));
  }

  /// Elements far below and others near 0, none between.
  private static boolean removes(Tensor t, double sign) {
    if (t.count() > LARGEST) {
      return false;
    }
    boolean any = false;
    for (long i = 0; i < t.count(); i++) {
      double v = sign * t.at(i);
      if (!(v <= WINDOW) && !(v > BIAS)) {
        return false;
      }
      any |= v <= WINDOW;
    }
    return any;
  }

  /// Ones and zeros of the data made 0 and a large negative number.
  private static Optional<LogitMask> fromData(Context c, int mask, Shape logits, double sign) {
    if (!c.isKnown(mask) || logits.rank() == 0) {
      return Optional.empty();
    }
    Curve cv = PointwiseRule.curveOf(c, mask);
    Optional<Double> ones = cv.root() < 0 ? Optional.empty() : BitLaw.shareOfOnes(c, cv.root());
    if (ones.isEmpty() || cv.fn() == null) {
      return Optional.empty();
    }
    double zero = sign * cv.fn().at(0);
    double one = sign * cv.fn().at(1);
    boolean removesZeros = zero <= WINDOW && one > BIAS;
    if (!removesZeros && !(one <= WINDOW && zero > BIAS)) {
      return Optional.empty();
    }
    double kept = removesZeros ? ones.get() : 1 - ones.get();
    return Optional.of(random(logits, kept, sign * Math.min(zero, one)));
  }

  /// Keys kept by chance: quantiles of a binomial law.
  ///
  /// @param kept probability of a key to stay
  static LogitMask random(Shape logits, double kept, double value) {
    int keys = (int) Math.min(Integer.MAX_VALUE, logits.dim(-1));
    double sd = Math.sqrt(keys * kept * (1 - kept));
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < QUANTILES; i++) {
      double z = org.fanin.math.Normal.quantile((i + 0.5) / QUANTILES);
      rows.add(Math.clamp(Math.round(keys * kept + sd * z), 0, keys));
    }
    return new LogitMask(List.copyOf(rows), keys, value);
  }

  /// Keys kept per row of a constant mask over the last axis; empty when the constant masks
  /// nothing.
  static Optional<LogitMask> of(Tensor t, Shape logits, DoublePredicate masked) {
    int keys = t.shape().rank() == 0 ? 1 : (int) t.shape().dim(-1);
    if (logits.rank() == 0 || keys != logits.dim(-1) || t.count() > LARGEST) {
      return Optional.empty();
    }
    List<Integer> kept = new ArrayList<>();
    boolean any = false;
    double value = 0;
    for (long row = 0; row < t.count() / keys; row++) {
      int on = 0;
      for (int j = 0; j < keys; j++) {
        double v = t.at(row * keys + j);
        boolean off = masked.test(v);
        on += off ? 0 : 1;
        value = off ? v : value;
        any |= off;
      }
      kept.add(on);
    }
    return any ? Optional.of(new LogitMask(List.copyOf(kept), keys, value)) : Optional.empty();
  }

  // ---- on the way to the softmax ----

  /// Hands the mask of a node's input on to its output, where the node leaves rows of keys as they
  /// are.
  static void carry(Context c, Node n) {
    int y = n.outputs().getFirst();
    if (y < 0 || !(c.signal(y) instanceof Signal.Known k)) {
      return;
    }
    Optional<LogitMask> m = Optional.empty();
    for (int i = 0; i < Math.min(2, n.inputs().size()); i++) {
      Optional<LogitMask> in = passed(c, n, n.input(i), i);
      m = m.isPresent() && in.isPresent() ? Optional.of(both(m.get(), in.get())) : m.or(() -> in);
    }
    if (m.isPresent()) {
      LogitMask all = k.mask().isPresent() ? both(k.mask().get(), m.get()) : m.get();
      c.set(y, new Signal.Known(k.field(), k.curve(), Optional.of(all)));
    }
  }

  private static Optional<LogitMask> passed(Context c, Node n, int x, int slot) {
    if (x < 0 || !(c.signal(x) instanceof Signal.Known k) || k.mask().isEmpty()) {
      return Optional.empty();
    }
    LogitMask m = k.mask().get();
    int y = n.outputs().getFirst();
    boolean rows = c.shape(y).rank() > 0 && c.shape(y).dim(-1) == m.keys();
    boolean stays =
        switch (n.op()) {
          case Op.Reshape _, Op.Expand _, Op.Dropout _, Op.Tile _ -> slot == 0;
          case Op.Transpose t -> t.perm().getLast() == t.perm().size() - 1;
          case Op.Pointwise p -> p.fn().at(m.value()) <= WINDOW;
          case Op.Arithmetic a ->
              a.kind() == Op.Arithmetic.Kind.ADD || a.kind() == Op.Arithmetic.Kind.SUB && slot == 0;
          case Op.Where _ -> true;
          case Op.Slice s -> s.starts().getLast() == 0 && s.steps().getLast() == 1;
          case Op _ -> false;
        };
    return Optional.of(m).filter(_ -> stays && rows).map(o -> through(o, n.op()));
  }

  private static LogitMask through(LogitMask m, Op op) {
    return op instanceof Op.Pointwise(Fn fn) ? m.withValue(fn.at(m.value())) : m;
  }

  /// Two masks at once: of each row what the stricter keeps (a causal one and one of padding).
  private static LogitMask both(LogitMask a, LogitMask b) {
    LogitMask longer = a.kept().size() >= b.kept().size() ? a : b;
    LogitMask other = longer == a ? b : a;
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < longer.kept().size(); i++) {
      kept.add(Math.min(longer.kept().get(i), other.kept().get(i % other.kept().size())));
    }
    return new LogitMask(List.copyOf(kept), a.keys(), Math.min(a.value(), b.value()));
  }

  /// Whether elements of a value become elements of a softmax's input, through shapes, sums and
  /// functions.
  private static boolean reachesSoftmax(Context c, int value) {
    ArrayDeque<Integer> open = new ArrayDeque<>(List.of(value));
    Set<Integer> seen = new HashSet<>();
    for (int step = 0; step < REACH && !open.isEmpty(); step++) {
      for (int r : c.readers(open.poll())) {
        Node n = c.graph.nodes().get(r);
        if (n.op() instanceof Op.Softmax) {
          return true;
        }
        int y = n.outputs().getFirst();
        if (y >= 0 && isPassedBy(n.op()) && seen.add(y)) {
          open.add(y);
        }
      }
    }
    return false;
  }

  private static boolean isPassedBy(Op op) {
    return op instanceof Op.Reshape
        || op instanceof Op.Expand
        || op instanceof Op.Transpose
        || op instanceof Op.Pointwise
        || op instanceof Op.Arithmetic
        || op instanceof Op.Where;
  }
}
