package org.fanin.solve;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.fanin.graph.Fan;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.math.Fn;
import org.fanin.predict.Forecast;
import org.fanin.predict.LawChooser;

/// Where the output of every layer is wanted: level along the stream it belongs to, at the
/// operating point of the activation it goes through, a branch at its share of the stream.
final class Aims {
  /// What averaging over positions or tokens takes depends on the data: no more than this factor is
  /// made good.
  private static final double MADE_GOOD = Math.log(4);

  private static final String LEVEL =
      "theory.md 1; Glorot & Bengio 2010; He et al. 2015, eq. 10, 14";
  private static final String BRANCH = "theory.md 11; Radford et al. 2019, 2.3; Zhang et al. 2019";
  private static final String CHAOS = "theory.md 9; Schoenholz et al. 2017";

  private final Wiring wiring;
  private final Onward onward;
  private final Streams streams;
  private final Target target;
  private final Forecast before;
  private final Carried carried;
  private final Growth growth;
  private final double[] lastPass;
  private boolean lookedBack;

  Aims(Wiring wiring, Onward onward, Streams streams, Target target, Forecast before) {
    this.wiring = wiring;
    this.onward = onward;
    this.streams = streams;
    this.target = target;
    this.before = before;
    this.carried = new Carried(wiring, streams);
    this.growth = new Growth(wiring, streams, before);
    lastPass = new double[wiring.graph.values().size()];
    Arrays.fill(lastPass, Double.NaN);
  }

  /// Whether a level was asked for that its own pass did not know yet.
  boolean lookedBack() {
    return lookedBack;
  }

  Onward.Met onward(Node node) {
    return onward.from(node.outputs().getFirst());
  }

  /// Whether a network's output is what this node makes.
  boolean isOutput(Node node) {
    return onward(node).kind() == Onward.Kind.OUTPUT;
  }

  /// Whether what this node makes is added to attention logits.
  boolean biasesLogits(Node node) {
    int v = node.outputs().getFirst();
    for (int step = 0; step < 12; step++) {
      Onward.Met met = onward.from(v);
      if (met.kind() == Onward.Kind.SOFTMAX) {
        return true;
      }
      if (met.kind() != Onward.Kind.SUM || met.node() < 0) {
        return false;
      }
      v = wiring.graph.nodes().get(met.node()).outputs().getFirst();
    }
    return false;
  }

  Aim of(Node node, int parameter, LawChooser.Levels now) {
    Streams.Branch branch = streams.branchOf(parameter);
    return branch == null
        ? level(node, parameter, now)
        : share(branch, now)
            .orElseGet(
                () ->
                    level(node, parameter, now)
                        .noting("its branch's activation is far from 0 whatever its weights"));
  }

  /// What the scale of a norm at the end of a branch is to do; empty where it can do nothing.
  Optional<Aim> ofScale(int parameter, LawChooser.Levels now) {
    return share(streams.branchOf(parameter), now);
  }

  // ---- branches ----

  private Optional<Aim> share(Streams.Branch b, LawChooser.Levels now) {
    double skip = known(b.skip(), now);
    double kept = 0;
    for (int p : b.after().parameters()) {
      kept += Math.log(before.parameters().get(p).m2());
    }
    double total = growth.of(b);
    double parts = parts(b, 0, total);
    double ln = Inverse.lnQ(b.after().fn(), end(skip, parts, kept));
    double mean = Double.isNaN(ln) ? 0 : Inverse.meanShare(b.after().fn(), ln);
    if (mean > 0) {
      parts = parts(b, mean, total);
      ln = Inverse.lnQ(b.after().fn(), end(skip, parts, kept));
    }
    if (Double.isNaN(ln)) {
      return Optional.empty();
    }
    String words =
        String.format(
            Locale.ROOT,
            "end of one of %d residual branches, which is to bring 1/%s of the stream's %s",
            b.branches(),
            Text.of(parts),
            Text.ofLn(skip));
    if (total < 1) {
      words +=
          String.format(Locale.ROOT, ", so that all add %s of it, as in the file", Text.of(total));
    }
    if (kept < 0) {
      words += " (a kept factor of " + Text.ofLn(kept) + " on its second moment follows)";
    }
    return Optional.of(new Aim(ln, ln, words, BRANCH, target));
  }

  private static double end(double skip, double parts, double kept) {
    double end = skip - Math.log(parts) - kept;
    return kept < 0 ? Math.min(end, Math.max(0, skip)) : end;
  }

  /// Each branch brings as much as any other, all together `total` of what the stream began with.
  /// Variances add up to L of them, means (share ρ of one branch's second moment) to L²; the stream
  /// has become larger by those before.
  private static double parts(Streams.Branch b, double mean, double total) {
    return (sum(b.branches(), mean) / total + sum(b.earlier(), mean)) * b.share();
  }

  private static double sum(double n, double mean) {
    return n * (1 - mean) + n * n * mean;
  }

  private double known(int value, LawChooser.Levels now) {
    double ln = now.lnM2(value);
    if (!Double.isNaN(ln) || !Double.isNaN(lastPass[value])) {
      lookedBack |= Double.isNaN(ln);
      ln = Double.isNaN(ln) ? lastPass[value] : ln;
      return Double.isFinite(ln) ? ln : 0;
    }
    lookedBack = true;
    return 0;
  }

  // ---- everything else ----

  private Aim level(Node node, int parameter, LawChooser.Levels now) {
    int out = node.outputs().getFirst();
    Onward.Met met = onward.from(out);
    Optional<Aim> sine = sine(node, parameter, met, now);
    if (sine.isPresent()) {
      return sine.get();
    }
    double gauge = gauge(node, parameter, met);
    double level = -2 * Math.log(Math.abs(slope(met)));
    String words = "level along the path";
    String source = LEVEL;
    switch (met.kind()) {
      case ACTIVATION -> {
        level = point(met, out);
        words = words(met, level);
        source = level == 0 ? LEVEL : CHAOS;
      }
      case SUM -> {
        Node sum = wiring.graph.nodes().get(met.node());
        int terms = streams.isResidual(sum) ? 1 : wiring.data(sum).size();
        level -= Math.log(terms);
        words =
            terms > 1
                ? String.format(Locale.ROOT, "one of %d equal terms of a sum", terms)
                : "skip path";
      }
      case OUTPUT -> {
        level = Math.min(0, finiteOr0(carried.level(Math.max(0, wiring.trunk(node)))));
        words = "an output keeps the level of the layer before it, at most 1";
      }
      case NORM -> words = "a normalisation follows, which sets the scale anew";
      case MIXING -> words = "query, key or value of second moment 1";
      case CONCAT -> {
        double beside = beside(wiring.graph.nodes().get(met.node()), met.value(), now);
        level += beside;
        words = "as large as what it is joined to, " + Text.ofLn(beside);
      }
      case PRODUCT, SOFTMAX, LAYER, OTHER -> {}
    }
    double lost = Math.min(0, carried.loss(Math.max(0, wiring.trunk(node))) + MADE_GOOD);
    if (lost < 0) {
      words += "; averaging before it took more than a factor of 4, which is left";
    }
    double forward = level + lost;
    return new Aim(forward + gauge, forward, words, source, target);
  }

  /// Where a constant ω₀ stands before a sine, it is there to spread frequencies: the first layer
  /// draws U(±1/n), the others U(±√(6/n)/ω₀), so that ω₀ belongs to the layer.
  private Optional<Aim> sine(Node node, int parameter, Onward.Met met, LawChooser.Levels now) {
    Optional<Fan> fan = wiring.parameter(parameter).fan();
    double omega = Math.abs(met.slope());
    int in = wiring.trunk(node);
    double ln = in < 0 ? Double.NaN : now.lnM2(in);
    boolean spread =
        met.kind() == Onward.Kind.ACTIVATION
            && met.fn().form() instanceof Fn.Form.Sine
            && omega > 1
            && omega < Double.POSITIVE_INFINITY;
    if (!spread || fan.isEmpty() || !Double.isFinite(ln)) {
      return Optional.empty();
    }
    boolean first = !carried.layered(in);
    double level = ln + (first ? -Math.log(3 * fan.get().in()) : Math.log(2 / (omega * omega)));
    String words =
        String.format(
            Locale.ROOT,
            first
                ? "first layer before sin(%s·): U(±1/n), frequencies up to ω₀"
                : "layer before sin(%s·): U(±√(6/n)/ω₀)",
            Text.of(omega));
    return Optional.of(new Aim(level, level, words, "Sitzmann et al. 2020, 3.2", target));
  }

  /// ln of the mean second moment of a concatenation's other parts, as far as they are known. Batch
  /// normalisation makes each part equal by itself.
  private double beside(Node concat, int own, LawChooser.Levels now) {
    int next = onward(concat).node();
    if (next >= 0 && wiring.graph.nodes().get(next).op() instanceof Op.BatchNorm) {
      return 0;
    }
    double sum = 0;
    int known = 0;
    for (int v : wiring.data(concat)) {
      double ln = v == own ? Double.NaN : now.lnM2(v);
      if (Double.isFinite(ln)) {
        sum += StrictMath.exp(ln);
        known++;
      }
    }
    return known == 0 ? 0 : StrictMath.log(sum / known);
  }

  private static double finiteOr0(double ln) {
    return Double.isFinite(ln) ? ln : 0;
  }

  private static double slope(Onward.Met met) {
    double s = met.kind() == Onward.Kind.MIXING ? 1 : met.slope();
    return s != 0 && Double.isFinite(s) ? s : 1;
  }

  /// Gates and outputs want the middle of their function; in a chain depth decides.
  private double point(Onward.Met met, int out) {
    return switch (onward.from(met.value()).kind()) {
      case PRODUCT, OUTPUT, SOFTMAX -> 0;
      case ACTIVATION, NORM, SUM, MIXING, LAYER, CONCAT, OTHER ->
          OperatingPoint.ln(met.fn(), streams.chain(out), streams.thinness(out));
    };
  }

  private static String words(Onward.Met met, double level) {
    return level == 0
        ? "second moment 1 before " + met.fn().name()
        : String.format(
            Locale.ROOT,
            "second moment %s before %s, where its chain keeps signal and gradient level",
            Text.ofLn(level),
            met.fn().name());
  }

  // ---- the gradient's side ----

  private double gauge(Node node, int parameter, Onward.Met met) {
    Parameter p = wiring.parameter(parameter);
    int in = wiring.trunk(node);
    boolean first = in < 0 || !carried.layered(in);
    if (first || met.kind() == Onward.Kind.MIXING || p.fan().isEmpty()) {
      return 0; // nobody asks for the gradient of data
    }
    Fan fan = p.fan().get();
    double g = carried.gauge(in) + target.weight() * Math.log(fan.in() / fan.out());
    boolean head = p.role() == Role.HEAD || met.kind() == Onward.Kind.OUTPUT;
    return head && target == Target.BOTH ? Math.min(0, g) : g;
  }

  void layerPassed(Node node, int parameter, LawChooser.Levels now) {
    carried.passed(node, now, gauge(node, parameter, onward(node)));
    remember(node, now);
  }

  void passed(Node node, LawChooser.Levels now) {
    carried.passed(node, now, 0);
    remember(node, now);
  }

  private void remember(Node node, LawChooser.Levels now) {
    node.outputs().stream().filter(o -> o >= 0).forEach(o -> lastPass[o] = now.lnM2(o));
  }
}
