package org.fanin.solve;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.ResidualSums;
import org.fanin.graph.Role;
import org.fanin.math.Fn;
import org.fanin.math.Fns;

/// Residual streams and chains of layers: how many branches a stream has, which parameter scales
/// each, and how many layers lie between one setting of the scale and the next. Linear in nodes.
final class Streams {
  private static final int FAR = 24;

  /// A parameter by which a residual branch can be scaled.
  ///
  /// @param sum value id of the branch's operand of the sum
  /// @param skip the other operand
  /// @param branches branches on the stream this one adds to
  /// @param earlier how many of them come before it
  /// @param share branch operands that end in different parameters divide its second moment
  /// @param after what multiplies the branch after this one
  record Branch(int sum, int skip, int branches, int earlier, int share, After after) {}

  /// @param parameters kept from the file
  /// @param fn activations and constant factors
  record After(List<Integer> parameters, Fn fn) {
    static final After NOTHING = new After(List.of(), Fns.identity());

    After and(int parameter) {
      List<Integer> more = new ArrayList<>(parameters);
      more.add(parameter);
      return new After(List.copyOf(more), fn);
    }

    After through(Fn f) {
      return new After(parameters, Fns.compose(fn, f));
    }
  }

  private final Wiring wiring;
  private final Onward onward;
  private final Graph graph;
  private final BitSet ends;
  private final int[] sumsBefore;
  private final int[] sumsAfter;
  private final double[] depth;
  private final double[] chain;

  /// The same past normalisations.
  private final double[] path;

  private final double[] wholePath;

  /// Σ 1/(elements of a layer's output per sample), likewise.
  private final double[] thinness;

  private final double[] chainThinness;
  private final BitSet residual = new BitSet();
  private final Map<Integer, Branch> branches = new HashMap<>();

  Streams(Wiring wiring, Onward onward) {
    this.wiring = wiring;
    this.onward = onward;
    graph = wiring.graph;
    ends = ResidualSums.branchEnds(graph);
    // once per node, for a sum may have thousands of inputs that all ask
    graph.nodes().stream().filter(this::endsBranch).forEach(n -> residual.set(n.index()));
    int n = graph.values().size();
    sumsBefore = new int[n];
    sumsAfter = new int[n];
    depth = new double[n];
    chain = new double[n];
    path = new double[n];
    wholePath = new double[n];
    thinness = new double[n];
    chainThinness = new double[n];
    graph.nodes().forEach(this::countBefore);
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      countAfter(graph.nodes().get(i));
    }
    graph.nodes().forEach(this::measure);
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      lengthen(graph.nodes().get(i));
    }
    graph.nodes().stream().filter(this::isResidual).forEach(this::findEnds);
  }

  boolean isResidual(Node n) {
    return residual.get(n.index());
  }

  private boolean endsBranch(Node n) {
    return wiring.isSum(n) && wiring.data(n).stream().anyMatch(ends::get);
  }

  /// The skip operand of a residual sum.
  int skip(Node sum) {
    List<Integer> data = wiring.data(sum);
    return data.stream().filter(v -> !ends.get(v)).findFirst().orElse(data.getFirst());
  }

  private void countBefore(Node n) {
    int most = 0;
    if (isResidual(n)) {
      most = sumsBefore[skip(n)] + 1;
    } else {
      for (int v : wiring.data(n)) {
        most = Math.max(most, sumsBefore[v]);
      }
    }
    for (int o : n.outputs()) {
      if (o >= 0) {
        sumsBefore[o] = most;
      }
    }
  }

  private void countAfter(Node n) {
    int most = 0;
    for (int o : n.outputs()) {
      most = o < 0 ? most : Math.max(most, sumsAfter[o]);
    }
    most += isResidual(n) ? 1 : 0;
    for (int v : wiring.data(n)) {
      sumsAfter[v] = Math.max(sumsAfter[v], most);
    }
  }

  /// Branches on the stream that runs through a residual sum.
  int branches(Node sum) {
    int out = sum.outputs().getFirst();
    return Math.max(1, sumsBefore[out] + sumsAfter[out]);
  }

  // ---- chains ----

  private void measure(Node n) {
    boolean bends =
        wiring.isLayer(n) && onward.from(n.outputs().getFirst()).kind() == Onward.Kind.ACTIVATION;
    add(n, depth, bends ? 1 : 0, true);
    add(n, path, bends || normBends(n) ? 1 : 0, false);
    add(n, thinness, wiring.isLayer(n) ? 1 / width(n) : 0, true);
  }

  private void add(Node n, double[] sums, double own, boolean anew) {
    double d = 0;
    for (int v : wiring.data(n)) {
      d = Math.max(d, sums[v]);
    }
    if (isResidual(n)) {
      double skip = sums[skip(n)];
      d = skip + Math.max(0, d - skip) / branches(n);
    }
    d = anew && resets(n) ? 0 : d + own;
    for (int o : n.outputs()) {
      if (o >= 0) {
        sums[o] = anew && wiring.isNormed(o) ? 0 : d;
      }
    }
  }

  /// Elements of one sample.
  private double width(Node n) {
    int out = n.outputs().getFirst();
    return Optional.of(out)
        .filter(o -> o >= 0)
        .flatMap(o -> graph.value(o).shape())
        .filter(s -> s.rank() > 1)
        .map(s -> Math.max(1, (double) s.count() / Math.max(1, s.dim(0))))
        .orElse(1e9);
  }

  private boolean resets(Node n) {
    return wiring.isNorm(n) || n.op() instanceof Op.Softmax;
  }

  private boolean normBends(Node n) {
    int out = n.outputs().getFirst();
    return (wiring.isNorm(n) || out >= 0 && wiring.isNormed(out))
        && onward.from(out).kind() == Onward.Kind.ACTIVATION;
  }

  private void lengthen(Node n) {
    lengthen(n, depth, chain, true);
    lengthen(n, path, wholePath, false);
    lengthen(n, thinness, chainThinness, true);
  }

  private void lengthen(Node n, double[] sums, double[] longest, boolean anew) {
    boolean resets = anew && resets(n);
    double on = 0;
    for (int o : n.outputs()) {
      if (o >= 0) {
        longest[o] = Math.max(longest[o], sums[o]);
        on = resets || anew && wiring.isNormed(o) ? on : Math.max(on, longest[o]);
      }
    }
    for (int v : wiring.data(n)) {
      longest[v] = Math.max(longest[v], Math.max(sums[v], on));
    }
  }

  /// Layers with activations, residual branches counted by their share, in the chain a value is
  /// part of: from where the scale was last set to where it is set next.
  double chain(int value) {
    return Math.max(1, chain[value]);
  }

  /// As [#chain], past normalisations.
  double path(int value) {
    return Math.max(1, wholePath[value]);
  }

  /// Σ 1/width over that chain: what makes one seed differ from another.
  double thinness(int value) {
    return chainThinness[value];
  }

  // ---- what scales a branch ----

  /// The branch that a parameter scales, or null.
  Branch branchOf(int parameter) {
    return branches.get(parameter);
  }

  Collection<Branch> branches() {
    return branches.values();
  }

  /// The value that a residual stream begins with, going back from one of its values over sums and
  /// whatever leaves scales alone.
  int start(int value) {
    int v = value;
    for (Node n = wiring.maker(v); n != null; n = wiring.maker(v)) {
      boolean scales =
          wiring.isLayer(n) || wiring.isMixing(n) || wiring.isNorm(n) || wiring.isNormed(v);
      int back = isResidual(n) ? skip(n) : scales || wiring.isSum(n) ? -1 : wiring.trunk(n);
      if (back < 0) {
        return v;
      }
      v = back;
    }
    return v;
  }

  private void findEnds(Node sum) {
    for (int v : wiring.data(sum)) {
      if (ends.get(v)) {
        Map<Integer, After> handles = new HashMap<>();
        collect(v, handles, After.NOTHING, new HashSet<>());
        handles.forEach(
            (p, after) ->
                branches.putIfAbsent(
                    p,
                    new Branch(
                        v,
                        skip(sum),
                        branches(sum),
                        sumsBefore[skip(sum)],
                        handles.size(),
                        after)));
      }
    }
  }

  private void collect(int value, Map<Integer, After> found, After after, Set<Integer> seen) {
    int v = value;
    After kept = after;
    for (int step = 0; step < FAR && v >= 0 && seen.size() < FAR && seen.add(v); step++) {
      Node n = wiring.maker(v);
      if (n == null) {
        return;
      }
      if (wiring.weightSlot(n) >= 0) {
        for (int parameter : wiring.parametersAt(n.input(wiring.weightSlot(n)))) {
          found.put(parameter, kept);
        }
        return;
      }
      if (n.op() instanceof Op.BatchNorm || n.op() instanceof Op.Norm) {
        addScale(wiring.parameterAt(n.input(1)), found, kept);
        return;
      }
      Graph.Pattern p = wiring.patternTo(v);
      if (p != null && Wiring.isNorm(p)) {
        return;
      }
      if (wiring.isSum(n)) {
        for (int in : wiring.data(n)) {
          collect(in, found, kept, seen);
        }
        return;
      }
      int factor = p == null ? factor(n) : -1;
      if (factor >= 0 && wiring.parameter(factor).role() == Role.NORM_SCALE) {
        addScale(factor, found, kept);
        return;
      }
      if (factor >= 0) {
        kept = kept.and(factor);
      }
      if (p != null) {
        kept = kept.through(Wiring.activation(p));
      } else if (n.op() instanceof Op.Pointwise(Fn f)) {
        kept = kept.through(f);
      }
      v = p != null ? p.root() : wiring.trunk(n);
    }
  }

  /// A norm's scale that other norms share cannot scale one branch.
  private void addScale(int parameter, Map<Integer, After> found, After kept) {
    if (parameter >= 0) {
      Parameter p = wiring.parameter(parameter);
      if (p.uses().size() == 1 && p.role() == Role.NORM_SCALE) {
        found.put(parameter, kept);
      }
    }
  }

  private int factor(Node n) {
    if (!n.op().equals(new Op.Arithmetic(Op.Arithmetic.Kind.MUL))) {
      return -1;
    }
    return n.inputs().stream()
        .mapToInt(wiring::parameterAt)
        .filter(i -> i >= 0)
        .findFirst()
        .orElse(-1);
  }
}
