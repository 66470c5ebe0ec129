package org.fanin.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fanin.graph.Opening;
import org.fanin.graph.Role;

/// What is wrong with a tensor whatever it was drawn by: elements that are no numbers, units that
/// are dead or alike, a mean.
final class UnitFindings {
  private static final int SOME = 32;
  private static final double MEAN_LIMIT = 6;
  private static final double BEYOND_EDGE = 1.3;
  private static final int WIDE_ENOUGH = 16;
  private static final double PARTS_APART = 1.3;

  /// A chance of equal rows above this explains them: few elements of a coarse type.
  private static final double BY_CHANCE = 1e-3;

  private final Examined e;
  private final Recognition drawn;
  private final List<Finding> found = new ArrayList<>();

  /// The other factor of a LoRA pair; null where there is none in the file.
  private final Examined partner;

  private UnitFindings(Examined e, Recognition drawn, Examined partner) {
    this.partner = partner;
    this.e = e;
    this.drawn = drawn;
  }

  /// @param byName all tensors of the file
  static List<Finding> of(Examined e, Recognition drawn, Map<String, Examined> byName) {
    Examined partner = LoraPair.partner(e.name()).map(byName::get).orElse(null);
    var f = new UnitFindings(e, drawn, partner);
    f.nonFinite();
    Moments m = e.facts().all();
    if (e.site().isMatrix()) {
      if (m.zeros() == m.count()) {
        f.allZero();
      } else if (e.law().kind() == ShapeLaw.Kind.CONSTANT && m.finite() > 1) {
        f.constant();
      } else if (!e.facts().identity()) {
        f.units(e.facts().rows());
        f.units(e.facts().columns());
        f.twins();
        f.parts();
        f.mean();
        f.zeros();
        f.spectrum();
      }
    }
    f.lora();
    return f.found;
  }

  private void nonFinite() {
    Moments m = e.facts().all();
    long bad = m.nan() + m.infinite();
    if (bad == 0) {
      return;
    }
    String says =
        m.nan()
            + " NaN and "
            + m.infinite()
            + " infinite elements, the first at index "
            + e.facts().firstBad();
    // Attention masks hold −∞ on purpose.
    boolean mask = e.site().spec().role() == Role.TABLE || e.site().spec().role() == Role.OTHER;
    found.add(
        mask && m.nan() == 0
            ? Finding.note("non-finite", says, "", bad, 0)
            : Finding.fail("non-finite", says, "every output they reach is NaN", bad, 0));
  }

  private void allZero() {
    if (partner != null) {
      zeroFactor(Opening.ofFactor(true, isZero(partner)));
      return;
    }
    String name = e.name().toLowerCase(Locale.ROOT);
    boolean meant =
        e.site().spec().residualEnd()
            || e.site().spec().role() == Role.HEAD
            || LoraPair.isFactor(e.name())
            || name.contains("zero")
            || name.contains("adaln");
    String effect = "its output is 0, and so is the gradient of everything below it";
    found.add(
        meant
            ? Finding.note("zero-weights", "all zeros, as such layers often start", effect, 0, 0)
            : Finding.fail(
                "zero-weights",
                "all " + e.facts().all().count() + " weights are 0",
                effect,
                0,
                Double.NaN));
  }

  /// A zero factor of a LoRA pair: moved by the other, or closed for good by it.
  private void zeroFactor(Opening o) {
    long n = e.facts().all().count();
    found.add(
        o.first().isPresent()
            ? Finding.note(
                "zero-weights",
                "all zeros, as one factor of a LoRA pair starts; " + partner.name() + " is drawn",
                "it moves at step 1, and the other at step 2",
                0,
                0)
            : Finding.fail(
                "zero-weights",
                "all " + n + " weights are 0, and those of " + partner.name() + " too",
                "neither factor ever gets a gradient",
                0,
                Double.NaN));
  }

  private static boolean isZero(Examined x) {
    return x.facts().all().zeros() == x.facts().all().count();
  }

  private void constant() {
    double v = e.facts().all().mean();
    found.add(
        Finding.fail(
            "constant-weights",
            "all weights are " + Numbers.of(v),
            "all units compute the same and keep doing so: nothing breaks the symmetry",
            v,
            Double.NaN));
  }

  private void units(Rows r) {
    if (!r.looked()) {
      return;
    }
    boolean embedding =
        e.site().spec().role() == Role.EMBEDDING || e.site().spec().role() == Role.TIED;
    if (r.dead() > 0) {
      dead(r, embedding);
    }
    if (r.constant() > 0 && e.facts().rows().along().equals(r.along())) {
      String says =
          r.constant()
              + " of "
              + r.units()
              + " "
              + r.along()
              + "s hold one value each, the first "
              + r.along()
              + " "
              + r.firstConstant();
      if (e.facts().all().count() / r.units() > 2) {
        found.add(
            Finding.fail(
                "constant-rows",
                says,
                "such units see only the sum of their input",
                r.constant(),
                0));
      }
    }
    if (r.duplicates() > 0 && chanceOfEqual(r) < BY_CHANCE) {
      duplicates(r, embedding);
    }
  }

  private void dead(Rows r, boolean embedding) {
    String says =
        r.dead()
            + " of "
            + r.units()
            + " "
            + r.along()
            + "s are all zeros, the first "
            + r.along()
            + " "
            + r.firstDead();
    if (isWholeParts(r)) {
      found.add(
          Finding.note(
              "zero-part", says + ": whole parts, as muP's queries start", "", r.dead(), 0));
    } else if (embedding) {
      found.add(
          r.dead() == 1
              ? Finding.note("padding-row", says, "a padding row", 1, Double.NaN)
              : Finding.warn("dead-rows", says, "these tokens all look the same", r.dead(), 0));
    } else {
      found.add(
          Finding.fail(
              "dead-rows", says, "these units give 0 and pass no gradient down", r.dead(), 0));
    }
  }

  /// Whether the zero units are whole parts of a fused matrix, and some part is drawn.
  private boolean isWholeParts(Rows r) {
    List<Moments> parts = e.facts().parts();
    long zero = parts.stream().filter(m -> m.zeros() == m.count()).count();
    return zero > 0 && zero < parts.size() && r.dead() * parts.size() == zero * r.units();
  }

  private double chanceOfEqual(Rows r) {
    double length = (double) e.facts().all().count() / r.units();
    double pairs = 0.5 * r.units() * r.units();
    return pairs * Math.pow(e.facts().sketch().collision(), length);
  }

  private void duplicates(Rows r, boolean embedding) {
    String says =
        r.duplicates()
            + " of "
            + r.units()
            + " "
            + r.along()
            + "s equal an earlier one, the first "
            + r.along()
            + " "
            + r.firstDuplicate()
            + " = "
            + r.along()
            + " "
            + r.original();
    String effect =
        "such units start alike and, with equal weights behind them, stay alike: "
            + Numbers.percent((double) r.duplicates() / r.units())
            + " of the width is wasted";
    found.add(
        embedding
            ? Finding.warn("identical-rows", says, "these tokens look the same", r.duplicates(), 0)
            : Finding.fail("identical-rows", says, effect, r.duplicates(), 0));
  }

  private void twins() {
    for (TensorFacts.Twins t : e.facts().twins()) {
      String says = "block " + t.copy() + " equals block " + t.original() + names(t);
      found.add(
          Finding.fail(
              "identical-blocks", says, "two projections start as one", t.copy(), Double.NaN));
    }
  }

  /// Query, key and value, gates or experts of unlike size.
  private void parts() {
    List<Moments> parts = e.facts().parts();
    if (parts.size() < 2 || parts.stream().anyMatch(m -> m.m2() == 0)) {
      return;
    }
    double low = parts.stream().mapToDouble(Moments::m2).min().orElse(1);
    double high = parts.stream().mapToDouble(Moments::m2).max().orElse(1);
    double ratio = high / low;
    double error = e.relativeError() * Math.sqrt(2.0 * parts.size());
    if (Math.log(ratio) > Math.max(Math.log(PARTS_APART), 6 * error)) {
      String says =
          "E w² of its " + parts.size() + " blocks differs by " + Numbers.two(ratio) + "×";
      found.add(Finding.warn("blocks-differ", says, "", ratio, 1));
    }
  }

  private String names(TensorFacts.Twins t) {
    boolean qkv = e.site().spec().role() == Role.FUSED_QKV && e.facts().parts().size() == 3;
    String[] names = {"query", "key", "value"};
    return qkv ? " (" + names[t.copy()] + " = " + names[t.original()] + ")" : "";
  }

  private void mean() {
    Moments m = e.facts().all();
    if (m.finite() < SOME) {
      return;
    }
    if (m.min() >= 0 || m.max() <= 0) {
      found.add(
          Finding.fail(
              "one-sided",
              "every weight is "
                  + (m.min() >= 0 ? "≥" : "≤")
                  + " 0: "
                  + Numbers.of(m.min())
                  + " to "
                  + Numbers.of(m.max())
                  + ", mean "
                  + Numbers.of(m.mean()),
              "all units add up the same sum of their input; the mean carries "
                  + Numbers.percent(m.mean() * m.mean() / m.m2())
                  + " of E w²",
              m.mean(),
              0));
    } else if (Math.abs(m.meanZ()) > MEAN_LIMIT) {
      offCentre(m);
    }
  }

  private void offCentre(Moments m) {
    // The mean is a matrix of rank one with this singular value; the others end at the edge.
    double common =
        e.facts()
            .spectrum()
            .map(s -> Math.abs(m.mean()) * Math.sqrt((double) s.rows() * s.columns()) / s.edge())
            .orElse(0.0);
    String says =
        "mean "
            + Numbers.of(m.mean())
            + ", "
            + Numbers.of(Math.abs(m.meanZ()))
            + " standard errors from 0";
    String effect =
        "all units share a direction "
            + Numbers.of(common)
            + "× as strong as the largest of the others";
    found.add(
        common > 1
            ? Finding.fail("mean", says, effect, m.mean(), 0)
            : Finding.warn("mean", says, effect, m.mean(), 0));
  }

  private void zeros() {
    Moments m = e.facts().all();
    double share = (double) m.zeros() / m.finite();
    boolean dead = found.stream().anyMatch(f -> f.kind().equals("dead-rows"));
    if (share < 0.01 || m.zeros() < 8 || dead) {
      return;
    }
    double smallest = e.facts().sketch().smallest();
    boolean under = smallest <= 1.6 * Codec.tiniest(e.site().tensor().dtype());
    String says =
        Numbers.percent(share)
            + " of the elements are 0"
            + (under
                ? ", and the smallest other is the smallest number that the type has: they underflowed"
                : "");
    found.add(
        share > 0.5
            ? Finding.fail(under ? "underflow" : "zeros", says, "", share, 0)
            : Finding.warn(under ? "underflow" : "zeros", says, "", share, 0));
  }

  private void spectrum() {
    if (e.facts().spectrum().isEmpty() || drawn.scheme().isEmpty()) {
      return;
    }
    Spectrum s = e.facts().spectrum().get();
    boolean explained =
        found.stream().anyMatch(f -> f.level() == Finding.Level.FAIL || f.kind().equals("mean"));
    if (!explained && s.ratio() > BEYOND_EDGE && Math.min(s.rows(), s.columns()) >= WIDE_ENOUGH) {
      found.add(
          Finding.warn(
              "spectrum",
              "largest singular value "
                  + Numbers.of(s.norm())
                  + ", "
                  + Numbers.two(s.ratio())
                  + "× where independent elements end",
              "rows have a direction in common",
              s.norm(),
              s.edge()));
    }
  }

  /// Where both factors are drawn, the adapted network is another one from the start.
  private void lora() {
    Moments m = e.facts().all();
    boolean drawn = m.zeros() < m.count() && (partner == null || !isZero(partner));
    if (LoraPair.isSecond(e.name()) && drawn) {
      found.add(
          Finding.fail(
              "lora-b",
              "LoRA's B is not 0 (std " + Numbers.of(Math.sqrt(m.m2())) + ")",
              "the adapted network does not start as the one it adapts",
              Math.sqrt(m.m2()),
              0));
    }
  }
}
