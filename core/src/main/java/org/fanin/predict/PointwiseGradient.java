package org.fanin.predict;

import static org.fanin.predict.PointwiseMoments.LIMIT;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.math.HermiteExpansion;
import org.fanin.predict.PointwiseMoments.OverDraws;
import org.fanin.predict.PointwiseMoments.Scaled;
import org.fanin.predict.Signal.Curve;

/// Gradients inside a family of pointwise tensors: what arrives at a value from all its sources,
/// each multiplied by the derivative between.
final class PointwiseGradient {
  private PointwiseGradient() {}

  /// The gradient at a value from all its sources.
  static Field total(Context c, int value) {
    List<Source> sources = mergedByEntry(c.sources(value));
    Field sum = null;
    for (Source s : sources) {
      Field g = at(c, value, s);
      sum = sum == null ? g : Fields.sum(sum, g, 1);
    }
    return sum;
  }

  /// Moments of g·x̂, x̂ the standardised value: a gradient that came back through φ is c·φ′(x̂),
  /// and φ′(x̂)·x̂ does not average out over positions that share c.
  static Field along(Context c, int value) {
    Field root = c.field(value);
    Field sum = null;
    for (Source s : c.sources(value)) {
      Field g =
          s.factor().isEmpty() && c.aside(s.gradient()).isPresent()
              ? c.aside(s.gradient()).get()
              : Fields.product(s.gradient(), aside(c, value, root, s));
      sum = sum == null ? g : Fields.sum(sum, g, 1);
    }
    return sum;
  }

  private static Field aside(Context c, int value, Field root, Source s) {
    double v = root.centred();
    if (root.isZero() || v < 1e-9) {
      return root.flat();
    }
    boolean through =
        s.entry() != value
            && s.factor().isPresent()
            && PointwiseRule.curveOf(c, s.entry()).root() == value;
    if (!through) {
      return root.flat().rescaled(Along.standardised(root, s.landing()), 0, 0);
    }
    Fn fn = PointwiseRule.curveOf(c, s.entry()).fn();
    Scaled sc = Scaled.of(fn, root.ln);
    double mean = root.mean * sc.inScale();
    double sd = Math.sqrt(v) * sc.inScale();
    Fn d = Source.factor(u -> fn.slopeAt(u) * (u - mean) / sd, fn);
    HermiteExpansion e =
        s.landing().isEmpty()
            ? PointwiseMoments.expansion(d, mean, sd)
            : PointwiseMoments.expansion(
                d, s.landing().get().mean() * sc.inScale(), s.landing().get().sd() * sc.inScale());
    return root.flat().rescaled(PointwiseMoments.kernels(e, false, root), 0, sc.slopeLn());
  }

  private static List<Source> mergedByEntry(List<Source> all) {
    if (all.size() < 2) {
      return all;
    }
    // one node may have thousands of inputs, so neither a search nor a sum inside a sum
    Map<Entered, List<Source>> same = new LinkedHashMap<>();
    for (Source s : all) {
      same.computeIfAbsent(new Entered(s), _ -> new ArrayList<>(1)).add(s);
    }
    List<Source> r = new ArrayList<>(same.size());
    same.values().forEach(s -> r.add(s.size() == 1 ? s.getFirst() : added(s)));
    return r;
  }

  /// What makes two sources one: the same gradient, which entered at the same value.
  private record Entered(Source source) {
    @Override
    public boolean equals(Object o) {
      return o instanceof Entered(Source s)
          && s.entry() == source.entry()
          && s.gradient() == source.gradient();
    }

    @Override
    public int hashCode() {
      return 31 * source.entry() + System.identityHashCode(source.gradient());
    }
  }

  private static Source added(List<Source> same) {
    List<Fn> factors = same.stream().map(s -> s.factor().orElse(Fns.identity())).toList();
    DoubleUnaryOperator d =
        u -> {
          double sum = 0;
          for (Fn f : factors) {
            sum += f.at(u);
          }
          return sum;
        };
    Source s = same.getLast();
    return new Source(
        s.entry(),
        s.gradient(),
        Optional.of(Source.factor(d, factors.getFirst())),
        s.landing(),
        s.radial(),
        s.lean());
  }

  /// Where a composition was cut, the new family's root is a member of the old one: to that one its
  /// gradient comes from outside.
  static void leaveFamily(Context c, int value, Field total) {
    for (Source s : c.sources(value)) {
      if (s.entry() != value && PointwiseRule.curveOf(c, s.entry()).root() == value) {
        c.setSources(
            value,
            List.of(
                new Source(
                    value,
                    total,
                    Optional.empty(),
                    Optional.empty(),
                    c.radial(value),
                    c.lean(value))));
        return;
      }
    }
  }

  /// The merged sources are what the next member downstream must see, so that each entry counts
  /// once.
  static void tidy(Context c, int value) {
    c.setSources(value, mergedByEntry(c.sources(value)));
  }

  static Field at(Context c, int value, Source s) {
    if (s.factor().isEmpty() || s.entry() == value) {
      return s.gradient();
    }
    Curve entry = PointwiseRule.curveOf(c, s.entry());
    boolean atRoot = entry.root() == value;
    SlopeLaw slope =
        atRoot
            ? slopes(entry.fn(), entry.rootField(), s)
            : factorField(s.factor().get(), entry.rootField(), s);
    Field g = Fields.product(s.gradient(), slope.field());
    Field law = s.gradient();
    double total = law.base + slope.scatter();
    if (atRoot) {
      LengthMixture.Slope l = LengthRule.slope(c, value, s, entry);
      double levels = Double.isNaN(l.scatter()) ? slope.levels() : l.scatter();
      g = g.scaled(l.ln() + (levels - slope.levels()) / 2);
      total += Double.isNaN(l.scatter()) ? 0 : levels;
    }
    double cosine = law.overlap.cosine() * Fields.agreement(slope.field(), law);
    Overlap after = law.overlap.withCosine(cosine);
    return g.withSpread(Math.max(0, total - g.ownSpread()), after, law.channels);
  }

  /// @param field E φ′(u)φ′(v)
  /// @param scatter variance over initialisations of ln of the gradient's m2 that passing through
  ///   φ′ leaves, the gradient's own finite size included
  /// @param levels variance over initialisations of ln E φ′², half of which is in the field's m2
  private record SlopeLaw(Field field, double scatter, double levels) {
    SlopeLaw(Field field, double scatter) {
      this(field, scatter, 0);
    }
  }

  /// E φ′(u)φ′(v) as a field.
  private static SlopeLaw slopes(Fn fn, Field root, Source s) {
    if (PointwiseMoments.isPoint(root)) {
      return slopeAtPoint(fn.slopeAt(PointwiseMoments.point(root)), root, s);
    }
    Scaled sc = Scaled.of(fn, root.ln - root.base / 2);
    HermiteExpansion e = landed(fn, root, sc, s);
    double[] raw = PointwiseMoments.kernels(e, true, root);
    double scatter =
        Spreads.rectified(fn, root) && s.landing().isEmpty()
            ? Spreads.backwardRectified(root, s.gradient())
            : Spreads.backward(slopeSquare(fn, root, sc, s), root, s.gradient());
    Field r = root.flat().rescaled(raw, 0, sc.slopeLn());
    if (s.landing().isPresent() || !(raw[0] > 0)) {
      return new SlopeLaw(r, scatter);
    }
    OverDraws level = OverDraws.of(fn, root, r.ln, true);
    Field leveled = r.with(r.k, 0, level.mean() + level.variance() / 2);
    return new SlopeLaw(PointwiseMoments.along(fn, root, leveled, true), scatter, level.variance());
  }

  /// φ′² as a function of its own.
  private static HermiteExpansion slopeSquare(Fn fn, Field root, Scaled sc, Source s) {
    Fn square = Source.factor(x -> fn.slopeAt(x) * fn.slopeAt(x), fn);
    return s.landing().isPresent()
        ? landed(square, root, sc, s)
        : Spreads.cached(
            fn, true, () -> PointwiseMoments.expansion(square, root, sc), root, sc.inScale());
  }

  private static SlopeLaw factorField(Fn d, Field root, Source s) {
    if (PointwiseMoments.isPoint(root)) {
      return slopeAtPoint(d.at(PointwiseMoments.point(root)), root, s);
    }
    double ln = Math.clamp(root.ln - root.base / 2, -LIMIT, LIMIT);
    HermiteExpansion e = landed(d, root, new Scaled(Math.exp(ln / 2), 0, 0), s);
    double[] raw = PointwiseMoments.kernels(e, false, root);
    Field r = root.flat().rescaled(raw, e.mean(), 0);
    if (root.isProfiled() && s.landing().isEmpty()) {
      r =
          ProfileLevels.applied(
              root,
              r,
              lnP -> {
                double unit = Math.exp(Math.clamp(ln + lnP, -LIMIT, LIMIT) / 2);
                return Math.log(PointwiseMoments.expansion(d, root, new Scaled(unit, 0, 0)).ef2());
              });
    }
    return new SlopeLaw(r, s.gradient().ownSpread());
  }

  private static HermiteExpansion landed(Fn fn, Field root, Scaled sc, Source s) {
    if (s.landing().isEmpty()) {
      return PointwiseMoments.expansion(fn, root, sc);
    }
    Source.Landing l = s.landing().get();
    return PointwiseMoments.expansion(fn, l.mean() * sc.inScale(), l.sd() * sc.inScale());
  }

  private static SlopeLaw slopeAtPoint(double d, Field root, Source s) {
    Field r =
        root.flat()
            .with(PointwiseMoments.ones(root.k.length), Math.signum(d), 2 * Math.log(Math.abs(d)));
    return new SlopeLaw(r, s.gradient().ownSpread());
  }
}
