package org.fanin.solve;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.math.Fn;
import org.fanin.math.Gaussian;
import org.fanin.predict.LawChooser;
import org.fanin.predict.PlannedLaw;

/// Forward passes in which each parameter is set where data first meets it: a layer's output has a
/// second moment proportional to the variance of its weights, so one look at the output under a
/// probe gives the variance that puts it on target.
final class Solver implements LawChooser {
  /// A pass that moves no ln variance by more than this is the last.
  private static final double SETTLED = 1e-3;

  private final Wiring wiring;
  private final Aims aims;
  private final Logits logits;
  private final BitSet open = new BitSet();
  private final Map<Integer, Choice> chosen = new HashMap<>();

  /// Node at which each parameter was chosen in this pass.
  private final Map<Integer, Integer> chosenAt = new HashMap<>();

  /// Parameters chosen where only a slice was taken of them: later uses say what they want.
  private final BitSet sliced = new BitSet();

  /// ln variance that each use of a parameter wants, in this pass and the one before.
  private Map<Integer, List<Double>> wants = new HashMap<>();

  private Map<Integer, List<Double>> wantedBefore = Map.of();

  /// What the last use of a parameter aimed at.
  private final Map<Integer, Aim> seen = new HashMap<>();

  private double largestMove;

  Solver(Wiring wiring, Aims aims, Logits logits) {
    this.wiring = wiring;
    this.aims = aims;
    this.logits = logits;
  }

  void open(int parameter) {
    open.set(parameter);
  }

  Map<Integer, Choice> chosen() {
    return chosen;
  }

  void startPass() {
    wantedBefore = wants;
    wants = new HashMap<>();
    chosenAt.clear();
    largestMove = 0;
  }

  /// Whether another pass may change anything.
  boolean unsettled() {
    boolean shared = wants.values().stream().anyMatch(w -> w.size() > 1);
    boolean excess = logits.adjust();
    return excess || largestMove > SETTLED && (shared || !sliced.isEmpty() || aims.lookedBack());
  }

  // ---- choosing ----

  @Override
  public Optional<PlannedLaw> probe(Node node, int parameter) {
    if (!open.get(parameter) || chosenAt.containsKey(parameter)) {
      return Optional.empty();
    }
    Parameter p = wiring.parameter(parameter);
    return Optional.of(
        p.role() == Role.NORM_SCALE
            ? PlannedLaw.constant(1)
            : new PlannedLaw(0, 1 / p.fan().map(Fan::in).orElse(1.0), 1.8, "probe"));
  }

  @Override
  public PlannedLaw choose(
      Node node, int parameter, double lnM2, double lnTypical, LawChooser.Levels now) {
    chosenAt.put(parameter, node.index());
    Choice c =
        choice(node, parameter, aims.isOutput(node) ? ofHead(node, lnM2, now) : lnTypical, now);
    Choice old = chosen.put(parameter, c);
    double move = old == null ? 1 : Math.abs(Math.log(c.size() / old.size()));
    largestMove = Math.max(largestMove, Double.isNaN(move) ? 0 : move);
    return c.law();
  }

  /// A head has few elements, whose own scatter is no drift: only what it inherits is taken off.
  private double ofHead(Node node, double lnM2, LawChooser.Levels now) {
    int in = wiring.trunk(node);
    double inherited = in < 0 ? 0 : now.lnMean(in) - now.lnM2(in);
    return Double.isFinite(inherited) ? lnM2 - inherited : lnM2;
  }

  private Choice choice(Node node, int parameter, double lnM2, LawChooser.Levels now) {
    Parameter p = wiring.parameter(parameter);
    return switch (p.role()) {
      case NORM_SCALE -> scale(parameter, lnM2, now);
      case EMBEDDING -> lookedUp(node);
      case POSITION, CLASS_TOKEN -> besideTokens(node, now);
      case LSTM_INPUT -> gates(node, p, now);
      case WEIGHT, HEAD, STACKED, FUSED_QKV -> weight(node, parameter, lnM2, now);
      case BIAS,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          GATE,
          LAYER_SCALE,
          TIED,
          LSTM_RECURRENT,
          LSTM_BIAS,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          throw new IllegalStateException(p.role() + " is fixed, not solved");
    };
  }

  private Choice weight(Node node, int parameter, double lnM2, LawChooser.Levels now) {
    Parameter p = wiring.parameter(parameter);
    Fan fan = p.fan().orElseThrow();
    double unit = lnM2 + Math.log(fan.in());
    List<Double> others = wantedBefore.getOrDefault(parameter, List.of());
    boolean here = wiring.weightSlot(node) >= 0 && Double.isFinite(unit);
    if (!here) {
      sliced.set(parameter);
      return others.isEmpty()
          ? fallback(node, fan, lnM2)
          : weight(seen.get(parameter), fan, mean(others), parameter, others.size());
    }
    Aim aim = aims.of(node, parameter, now);
    seen.put(parameter, aim);
    double own = aim.ln() + logits.shift(parameter) - unit;
    wants.computeIfAbsent(parameter, _ -> new ArrayList<>()).add(own);
    return weight(
        aim, fan, others.size() > 1 ? mean(others) : own, parameter, Math.max(1, others.size()));
  }

  private static double mean(List<Double> ln) {
    return ln.stream().mapToDouble(d -> d).average().orElseThrow();
  }

  private Choice weight(Aim aim, Fan fan, double ln, int parameter, int uses) {
    double shift = logits.shift(parameter);
    String because = aim.because(fan, aim.ln() + shift - ln, shift);
    if (uses > 1) {
      because +=
          String.format(
              Locale.ROOT, "; used %d times, the geometric mean of what the uses want", uses);
    }
    Choice whole = Choice.weights(StrictMath.exp(ln), because, aim.source()).named(fan);
    Axes axes = fan.axes().orElse(null);
    boolean fused = axes != null && wiring.parameter(parameter).role() == Role.FUSED_QKV;
    List<Double> shifts = fused ? logits.partShifts(parameter, axes.parts()) : List.of();
    return shifts.stream().allMatch(s -> s == 0)
        ? whole
        : whole.parted(axes.partAxis(), shifts, wiring.parameter(parameter).data().shape());
  }

  /// What cannot be predicted gets what would be right for an input of second moment 1.
  private Choice fallback(Node node, Fan fan, double lnM2) {
    Optional<Fn> f = before(node);
    double ef2 = f.map(fn -> Gaussian.moments(fn, 0, 1).ef2()).orElse(1.0);
    double v = ef2 > 0 && ef2 < Double.POSITIVE_INFINITY ? 1 / (fan.in() * ef2) : 1 / fan.in();
    String why =
        lnM2 == Double.NEGATIVE_INFINITY
            ? "its input is zero at the start (closed by design)"
            : "what arrives here cannot be predicted";
    return Choice.weights(
            v,
            String.format(
                Locale.ROOT,
                "%s: 1/(n_in·Eφ²) = 1/(%s·%s) for an input N(0,1)%s",
                why,
                Text.of(fan.in()),
                Text.of(ef2),
                f.map(fn -> " through " + fn.name()).orElse("")))
        .named(fan);
  }

  private Optional<Fn> before(Node node) {
    int v = wiring.trunk(node);
    for (int step = 0; step < 8 && v >= 0; step++) {
      var pattern = wiring.patternTo(v);
      if (pattern != null) {
        return Optional.ofNullable(Wiring.activation(pattern));
      }
      Node n = wiring.maker(v);
      if (n == null || wiring.isLayer(n) || wiring.isNorm(n)) {
        return Optional.empty();
      }
      if (n.op() instanceof Op.Pointwise(Fn f) && !Wiring.isLine(f)) {
        return Optional.of(f);
      }
      v = wiring.trunk(n);
    }
    return Optional.empty();
  }

  private Choice scale(int parameter, double lnM2, LawChooser.Levels now) {
    Aim aim = aims.ofScale(parameter, now).orElse(null);
    if (aim == null || !Double.isFinite(lnM2)) {
      return Choice.constant(1, "a normalisation starts as the identity", "theory.md 6");
    }
    double ln = Math.min(0, aim.ln() - lnM2);
    return Choice.constant(
        Math.sqrt(StrictMath.exp(ln)),
        "the norm at the end of a residual branch scales it: " + aim.words(),
        aim.source());
  }

  private Choice lookedUp(Node node) {
    Onward.Met met = aims.onward(node);
    if (aims.biasesLogits(node)) {
      return Choice.normal(
          Fixed.LOGIT_BIAS * Fixed.LOGIT_BIAS,
          "added to attention logits, which should start undecided",
          "Raffel et al. 2020");
    }
    double v = 1 / (met.slope() * met.slope());
    boolean sane = v > 0 && v < Double.POSITIVE_INFINITY && met.fn() == null;
    return Choice.normal(
        sane ? v : 1,
        sane && v != 1
            ? String.format(
                Locale.ROOT,
                "a looked-up row is multiplied by %s and then has second moment 1",
                Text.of(met.slope()))
            : "one row is picked, so its second moment is the variance: 1");
  }

  private Choice besideTokens(Node node, LawChooser.Levels now) {
    if (aims.biasesLogits(node)) {
      return Choice.normal(
          Fixed.LOGIT_BIAS * Fixed.LOGIT_BIAS,
          "added to attention logits, which should start undecided",
          "Raffel et al. 2020");
    }
    double ln =
        wiring.data(node).stream().mapToDouble(now::lnM2).filter(Double::isFinite).max().orElse(0);
    return Choice.normal(
        StrictMath.exp(ln), "as large as the tokens it joins: second moment " + Text.ofLn(ln));
  }

  private Choice gates(Node node, Parameter p, LawChooser.Levels now) {
    Fan fan = p.fan().orElseThrow();
    double ln = now.lnM2(node.input(0));
    double q = Double.isFinite(ln) ? StrictMath.exp(ln) : 1;
    return Choice.weights(
            1 / (fan.in() * q),
            String.format(
                Locale.ROOT,
                "gates read their input at second moment 1: 1/(%s·%s)",
                Text.of(fan.in()),
                Text.of(q)))
        .named(fan);
  }

  // ---- looking on ----

  @Override
  public void passed(Node node, LawChooser.Levels now) {
    if (wiring.weightSlot(node) >= 0) {
      int[] all = wiring.parametersAt(node.input(wiring.weightSlot(node)));
      aims.layerPassed(node, all[0], now);
      for (int p : all) {
        again(node, p, now);
      }
    } else {
      aims.passed(node, now);
    }
    logits.passed(node, now);
  }

  /// A later use of a parameter that is already chosen says what it would have wanted.
  private void again(Node node, int p, LawChooser.Levels now) {
    Choice c = chosen.get(p);
    double out = now.lnM2(node.outputs().getFirst());
    boolean later = chosenAt.getOrDefault(p, node.index()) != node.index();
    if (c != null && later && Double.isFinite(out) && c.variance() > 0) {
      double unit = out - Math.log(c.variance());
      Aim aim = aims.of(node, p, now);
      seen.put(p, aim);
      wants.computeIfAbsent(p, _ -> new ArrayList<>()).add(aim.ln() + logits.shift(p) - unit);
    }
  }
}
