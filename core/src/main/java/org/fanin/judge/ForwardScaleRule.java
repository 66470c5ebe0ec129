package org.fanin.judge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;

/// The signal's second moment across depth, between one setting of the scale and the next.
record ForwardScaleRule() implements Rule {
  private static final String SOURCE = "He et al. 2015, after eq. 9; theory.md 1";

  @Override
  public List<Verdict> apply(Case c) {
    Run vanishing = null;
    Run exploding = null;
    BitSet wrapped = readBySine(c);
    for (List<Point> segment : c.spine.hidden().segments()) {
      Point first = segment.getFirst();
      for (int i = 1; i < segment.size(); i++) {
        Run r =
            new Run(
                first, level(first, wrapped), segment.get(i), level(segment.get(i), wrapped), i);
        vanishing = vanishing == null || r.decades() < vanishing.decades() ? r : vanishing;
        exploding = exploding == null || r.decades() > exploding.decades() ? r : exploding;
      }
    }
    List<Verdict> found = new ArrayList<>();
    if (vanishing != null) {
      addIfBeyond(c, found, "vanishing", vanishing, -vanishing.decades());
      addIfBeyond(c, found, "exploding", exploding, exploding.decades());
    }
    return found;
  }

  /// A sine reads angles: a deviation beyond 1 is a choice of frequencies, and leaves no more
  /// signal behind it.
  private static double level(Point p, BitSet wrapped) {
    return wrapped.get(p.value()) ? Math.min(0, p.lnM2()) : p.lnM2();
  }

  private static BitSet readBySine(Case c) {
    BitSet read = new BitSet();
    for (Node n : c.graph.nodes()) {
      if (n.op() instanceof Op.Pointwise(Fn f) && f.form() instanceof Fn.Form.Sine) {
        n.inputs().stream().filter(v -> v >= 0).forEach(read::set);
      }
    }
    return read;
  }

  /// @param lnFrom ln of the second moment that counts
  private record Run(Point from, double lnFrom, Point to, double lnTo, int steps) {
    double ln() {
      return lnTo - lnFrom;
    }

    double decades() {
      return Numbers.decades(ln());
    }
  }

  private static void addIfBeyond(
      Case c, List<Verdict> found, String rule, Run run, double decades) {
    Grade g = Grade.above(c.limits, rule, decades);
    if (g.level() == Verdict.Level.OK) {
      return;
    }
    String because =
        String.format(
            Locale.ROOT,
            "the signal's second moment goes from %s at %s to %s at %s: ×%s per layer over %d layers",
            Numbers.ofLn(run.lnFrom()),
            run.from().layer(),
            Numbers.ofLn(run.lnTo()),
            run.to().layer(),
            Numbers.ofLn(run.ln() / run.steps()),
            run.steps());
    found.add(
        new Verdict(
            rule, g.level(), run.to().layer(), decades, g.limit(), because, remedy(run), SOURCE));
  }

  /// A factor per layer where layers are maps; where they are sums, branches are what grows.
  private static String remedy(Run run) {
    if (!run.to().linear() && run.ln() > 0) {
      return String.format(
          Locale.ROOT,
          "scale the %d residual branches down, by 1/√depth or from 0 on (zero last layer, ReZero)",
          run.steps());
    }
    return String.format(
        Locale.ROOT,
        "multiply the weight variance of these layers by %s each, %s in all (for a ReLU layer:"
            + " Var(w) = 2/fan_in)",
        Numbers.ofLn(-run.ln() / run.steps()),
        Numbers.ofLn(-run.ln()));
  }
}
