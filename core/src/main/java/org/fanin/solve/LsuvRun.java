package org.fanin.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.predict.LawChooser;
import org.fanin.probe.Adjuster;
import org.fanin.tensor.Tensor;

/// The factors of all open parameters while networks run with them. A layer's output is
/// proportional to its weights, so that one look at it says the factor; weights and output are
/// multiplied on the spot, and the next layer sees what it will see.
final class LsuvRun implements Adjuster {
  /// A deviation this near its target stays: rounding a factor to three digits moves it by .5%.
  private static final double NEAR = .01;

  /// A factor this far from 1 that moves an output by less than [#NEAR] was not heard.
  private static final double LOUD = .05;

  /// ln of the second moment of logits that is no excess.
  private static final double LOGIT_SLACK = .1;

  /// Largest power of a shared factor that an output is taken to grow by.
  private static final double STEEPEST = 100;

  /// What is known of one use of a parameter.
  static final class Seen {
    final LsuvPlaces.Use use;

    /// Output under a factor of 1, with all that stands before as it is now.
    double unscaled = Double.NaN;

    double std = Double.NaN;
    double target = 1;
    String aim = "";

    /// Output before the last pass changed the factor, and by how much it did.
    private double was = Double.NaN;

    private double by = 1;

    /// Whether the output goes its own way whatever the factor (normalised weights).
    boolean deaf;

    Seen(LsuvPlaces.Use use) {
      this.use = use;
    }

    boolean usable() {
      return std > 0 && std < Double.POSITIVE_INFINITY;
    }
  }

  private final Wiring wiring;
  private final Streams streams;
  private final Aims aims;
  private final Logits logits;
  private final LsuvPlaces places;
  private final BitSet wanted = new BitSet();
  private final double[] factors;
  private final Map<Integer, Seen> byOut = new HashMap<>();
  private final Map<Integer, List<Seen>> byParameter = new HashMap<>();
  private final Map<Integer, LsuvPlaces.Follower> byLoad = new HashMap<>();
  private final Map<Integer, Node> attention = new HashMap<>();

  /// Values that show each parameter: itself, views, slices.
  private final Map<Integer, List<Integer>> shows = new HashMap<>();

  /// ln of the factor and of what was found, of the last pass that moved it.
  private final Map<Integer, double[]> lastShared = new HashMap<>();

  private final Map<Integer, Spread> known = new HashMap<>();
  private boolean first = true;
  private boolean changed;

  LsuvRun(Wiring wiring, Streams streams, Aims aims, Logits logits, LsuvPlaces places) {
    this.wiring = wiring;
    this.streams = streams;
    this.aims = aims;
    this.logits = logits;
    this.places = places;
    factors = new double[wiring.graph.parameters().size()];
    Arrays.fill(factors, 1);
    for (LsuvPlaces.Use u : places.uses) {
      Seen s = new Seen(u);
      byOut.put(u.out(), s);
      byParameter.computeIfAbsent(u.parameter(), _ -> new ArrayList<>()).add(s);
      Streams.Branch b = streams.branchOf(u.parameter());
      if (b != null) {
        wanted.set(b.skip());
      }
    }
    for (LsuvPlaces.Follower f : places.followers) {
      byLoad.put(wiring.parameter(f.parameter()).value(), f);
      wanted.set(f.value());
    }
    for (Node n : wiring.graph.nodes()) {
      if (n.op() instanceof Op.Attention) {
        attention.put(n.outputs().getFirst(), n);
        wanted.set(n.input(0));
        wanted.set(n.input(1));
      }
    }
    byOut.keySet().forEach(wanted::set);
    byLoad.keySet().forEach(wanted::set);
    places.logits.keySet().forEach(wanted::set);
    attention.keySet().forEach(wanted::set);
    for (Value v : wiring.graph.values()) {
      int p = wiring.parameterAt(v.id());
      if (p >= 0 && v.dtype().floating()) {
        shows.computeIfAbsent(p, _ -> new ArrayList<>(2)).add(v.id());
      }
    }
  }

  double factor(int parameter) {
    return factors[parameter];
  }

  /// In the order in which data meets them.
  List<Seen> seen() {
    return places.uses.stream().map(u -> byOut.get(u.out())).toList();
  }

  List<Seen> seen(int parameter) {
    return byParameter.getOrDefault(parameter, List.of());
  }

  // ---- one pass ----

  void startPass() {
    changed = false;
  }

  @Override
  public boolean wants(int value) {
    return wanted.get(value);
  }

  @Override
  public Map<Integer, Double> adjust(int value, Tensor elements) {
    LsuvPlaces.Follower f = byLoad.get(value);
    if (f != null) {
      return known.containsKey(f.value()) ? follow(f) : Map.of();
    }
    Spread spread = Spread.of(elements);
    known.put(value, spread);
    Seen s = byOut.get(value);
    Map<Integer, Double> done = s == null ? Map.of() : layer(s, spread);
    if (places.logits.containsKey(value) && spread.usable()) {
      double ln = 2 * Math.log(spread.std() * places.logits.get(value));
      if (ln > LOGIT_SLACK) {
        logits.tooLarge(wiring.maker(value), ln);
      }
    }
    if (attention.containsKey(value)) {
      logits.passed(attention.get(value), levels());
    }
    return done;
  }

  private Map<Integer, Double> layer(Seen s, Spread spread) {
    int p = s.use.parameter();
    s.std = spread.std();
    s.unscaled = spread.std() / factors[p];
    aim(s);
    boolean alone = seen(p).size() == 1;
    boolean opening = first && seen(p).getFirst() == s;
    if (alone && Math.abs(s.by - 1) > LOUD && isNear(s.std / s.was)) {
      s.deaf = true;
      to(p, 1);
    }
    if (s.deaf || !s.usable() || !(alone || opening) || isNear(s.std / s.target)) {
      s.by = 1;
      return Map.of();
    }
    double f = to(p, s.target / s.unscaled);
    s.was = s.std;
    s.by = f;
    s.std *= f;
    known.put(s.use.out(), new Spread(s.std, spread.m2() * f * f));
    return multiplied(p, f, s.use.out());
  }

  private static boolean isNear(double ratio) {
    return Math.abs(ratio - 1) <= NEAR;
  }

  /// @return what has to be multiplied to get there
  private double to(int parameter, double wanted) {
    double next = Scaled.rounded(wanted);
    if (!(next > 0 && next < Double.POSITIVE_INFINITY)) {
      return 1;
    }
    double f = next / factors[parameter];
    factors[parameter] = next;
    changed |= f != 1;
    return f;
  }

  private Map<Integer, Double> multiplied(int parameter, double f, int out) {
    Map<Integer, Double> all = new HashMap<>();
    shows.getOrDefault(parameter, List.of()).forEach(v -> all.put(v, f));
    if (out >= 0) {
      all.put(out, f);
    }
    return all;
  }

  private Map<Integer, Double> follow(LsuvPlaces.Follower f) {
    double size = Math.sqrt(known.get(f.value()).m2());
    double wanted = f.inverse() ? f.gain() / size : f.gain() * size;
    if (!(wanted > 0 && wanted < Double.POSITIVE_INFINITY)
        || isNear(wanted / factors[f.parameter()])) {
      return Map.of();
    }
    return multiplied(f.parameter(), to(f.parameter(), wanted), -1);
  }

  // ---- targets ----

  private void aim(Seen s) {
    int p = s.use.parameter();
    double shift = logits.shiftOfAll(p);
    s.target = Math.exp(shift / 2);
    s.aim =
        shift == 0 ? "" : "attention logits would exceed std 1, so query and key are each smaller";
    if (streams.branchOf(p) != null) {
      Optional<Aim> branch = aims.ofScale(p, levels());
      s.target = branch.map(a -> Math.exp((a.ln() + shift) / 2)).orElse(s.target);
      s.aim =
          branch.map(Aim::words).orElse("its branch's activation is far from 0 whatever its input");
    }
  }

  private LawChooser.Levels levels() {
    return new LawChooser.Levels() {
      @Override
      public double lnM2(int value) {
        Spread s = known.get(value);
        return s == null ? Double.NaN : Math.log(s.m2());
      }

      @Override
      public double lnMean(int value) {
        return lnM2(value);
      }
    };
  }

  // ---- between passes ----

  /// Takes what the pass has shown of shared parameters, of values made after what follows them,
  /// and of attention logits into account.
  ///
  /// @return whether another pass has something to do or to confirm
  boolean settle() {
    first = false;
    byParameter.forEach((p, all) -> share(p, all));
    for (LsuvPlaces.Follower f : places.followers) {
      if (known.containsKey(f.value())) {
        follow(f);
      }
    }
    return logits.adjust() | changed;
  }

  /// One factor for several uses: the geometric mean of what they want. Behind another use an
  /// output grows by a power of the factor, which two passes tell.
  private void share(int parameter, List<Seen> all) {
    double off = all.size() < 2 ? 0 : lnOff(all);
    if (isNear(StrictMath.exp(off))) {
      return;
    }
    double ln = Math.log(factors[parameter]);
    double[] last = lastShared.put(parameter, new double[] {ln, off});
    double power = last == null || ln == last[0] ? 1 : (off - last[1]) / (ln - last[0]);
    to(parameter, StrictMath.exp(ln - off / Math.clamp(power, 1, STEEPEST)));
  }

  /// ln of the geometric mean of std/target over the uses that have one.
  private static double lnOff(List<Seen> all) {
    return all.stream()
        .filter(Seen::usable)
        .mapToDouble(s -> Math.log(s.std / s.target))
        .average()
        .orElse(0);
  }

  /// Whether a parameter of several uses is as far up as it is down.
  boolean balanced(int parameter) {
    return Math.abs(StrictMath.exp(lnOff(seen(parameter))) - 1) <= Lsuv.TOLERANCE;
  }
}
