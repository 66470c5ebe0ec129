package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Fan;
import org.fanin.plan.FanMode;
import org.fanin.plan.Scheme;

/// What the scales of a file's matrices say about each other, without a recipe: residual
/// projections scaled or not, fans of a shard, fans of a whole convolution for its groups.
final class StructureFindings {
  private static final double SHARE = 0.3;
  private static final int FEWEST = 3;

  private final List<Examined> seen;
  private final List<Recognition> drawn;
  private final List<List<Finding>> found;
  private final List<Verdict> verdicts;
  private final List<List<Integer>> families = new ArrayList<>();

  StructureFindings(
      List<Examined> seen,
      List<Recognition> drawn,
      List<List<Finding>> found,
      List<Verdict> verdicts) {
    this.seen = seen;
    this.drawn = drawn;
    this.found = found;
    this.verdicts = verdicts;
    for (List<Integer> f : new Families(seen).all()) {
      if (seen.get(f.getFirst()).site().isLinear()) {
        families.add(f);
      }
    }
  }

  void find() {
    residuals();
    dominant().ifPresent(this::fans);
  }

  // ---- residual projections ----

  private void residuals() {
    List<List<Integer>> ends = new ArrayList<>();
    List<List<Integer>> others = new ArrayList<>();
    for (List<Integer> f : families) {
      Examined e = seen.get(f.getFirst());
      boolean inside = e.site().spec().layers() > 1 && e.site().spec().layer() >= 0;
      boolean end = f.stream().allMatch(i -> seen.get(i).site().spec().residualEnd());
      if (inside && e.m2() > 0 && f.size() > 1) {
        (end ? ends : others).add(f);
      }
    }
    Optional<Double> base = base(others, ends);
    if (base.isPresent() && !ends.isEmpty()) {
      judge(ends, others, base.get());
    }
  }

  /// The second moment most families share: of weights of one fixed σ.
  private Optional<Double> base(List<List<Integer>> others, List<List<Integer>> ends) {
    List<List<Integer>> all = new ArrayList<>(others);
    all.addAll(ends);
    double best = 0;
    int most = 0;
    for (List<Integer> f : all) {
      double v = median(f);
      int n = 0;
      for (List<Integer> g : all) {
        n += f.stream().anyMatch(i -> isFixed(i)) && isAll(g, v) ? g.size() : 0;
      }
      if (n > most || n == most && v > best) {
        most = n;
        best = v;
      }
    }
    return most >= FEWEST ? Optional.of(best) : Optional.empty();
  }

  private boolean isFixed(int i) {
    return drawn
        .get(i)
        .scheme()
        .filter(s -> s.contains("normal(0") || s.contains("normal(1"))
        .isPresent();
  }

  private double median(List<Integer> family) {
    double[] v = family.stream().mapToDouble(i -> seen.get(i).m2()).sorted().toArray();
    return v[v.length / 2];
  }

  /// More than half, so that one outlier does not hide a family.
  private boolean isAll(List<Integer> family, double variance) {
    long n = family.stream().filter(i -> Ratios.is(seen.get(i), variance)).count();
    return 2 * n > family.size();
  }

  private void judge(List<List<Integer>> ends, List<List<Integer>> others, double base) {
    int layers = seen.get(ends.getFirst().getFirst()).site().spec().layers();
    double scaled = base / (2.0 * layers);
    List<List<Integer>> wrong = others.stream().filter(f -> isAll(f, scaled)).toList();
    List<List<Integer>> plain = ends.stream().filter(f -> isAll(f, base)).toList();
    List<List<Integer>> right = ends.stream().filter(f -> isAll(f, scaled)).toList();
    String factor = "1/√" + 2 * layers;
    if (!wrong.isEmpty()) {
      wrong(wrong, plain, factor);
    }
    if (!plain.isEmpty() && (!right.isEmpty() || !wrong.isEmpty())) {
      String says =
          "a residual projection that is not scaled by "
              + factor
              + (right.isEmpty() ? "" : ", though others are");
      report(
          plain,
          Finding.fail("residual-unscaled", says, grows(layers), 1, 1 / Math.sqrt(2.0 * layers)));
    } else if (plain.size() == ends.size()) {
      String says = "no residual projection is scaled by " + factor + " (GPT-2's are)";
      report(
          plain,
          Finding.note("residual-unscaled", says, grows(layers), 1, 1 / Math.sqrt(2.0 * layers)));
    }
  }

  private void wrong(List<List<Integer>> wrong, List<List<Integer>> plain, String factor) {
    String instead = plain.isEmpty() ? "" : " instead of " + Families.stem(name(plain.getFirst()));
    String says = "scaled by " + factor + instead + ", though it ends no residual branch";
    Finding f =
        plain.isEmpty()
            ? Finding.warn("wrong-matrix-scaled", says, "", 1, 1)
            : Finding.fail(
                "wrong-matrix-scaled",
                says,
                "its branch shrinks inside and the stream still grows",
                1,
                1);
    report(wrong, f);
  }

  private static String grows(int layers) {
    return "each of the "
        + 2 * layers
        + " branches adds "
        + 2 * layers
        + "× the variance it is meant to";
  }

  private String name(List<Integer> family) {
    return seen.get(family.getFirst()).name();
  }

  private void report(List<List<Integer>> families, Finding f) {
    List<String> names = new ArrayList<>();
    for (List<Integer> family : families) {
      for (int i : family) {
        found.get(i).add(f);
        names.add(seen.get(i).name());
      }
    }
    verdicts.add(new Verdict(f, names));
  }

  // ---- fans ----

  /// The scheme with fans that most matrices were drawn by.
  private Optional<Scheme> dominant() {
    Map<String, Integer> counts = new HashMap<>();
    int all = 0;
    for (List<Integer> family : families) {
      for (int i : family) {
        all++;
        drawn.get(i).scheme().ifPresent(s -> counts.merge(s, 1, Integer::sum));
      }
    }
    int total = all;
    return counts.entrySet().stream()
        .filter(c -> c.getValue() >= FEWEST && c.getValue() >= SHARE * total)
        .sorted(
            Map.Entry.<String, Integer>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey)
        .flatMap(n -> Named.scheme(n).stream())
        .filter(s -> s.fan() != FanMode.NONE)
        .findFirst();
  }

  private void fans(Scheme dominant) {
    Map<Integer, List<List<Integer>>> shards = new HashMap<>();
    Shards evidence = new Shards(seen);
    for (List<Integer> family : families) {
      Examined e = seen.get(family.getFirst());
      Optional<Fan> fan = e.site().spec().fan();
      if (fan.isEmpty()
          || isExplained(family)
          || !family.stream().allMatch(i -> isOdd(i, dominant))
          || e.m2() == 0) {
        continue;
      }
      int groups = groups(e);
      double wanted = dominant.variance(fan.get().in(), fan.get().out());
      if (groups > 1
          && family.stream()
              .allMatch(
                  i -> Ratios.isExactly(seen.get(i), wanted(i, dominant) / groups(seen.get(i))))) {
        depthwise(family, dominant, groups, e.m2() / wanted);
      } else {
        evidence
            .of(family, dominant)
            .ifPresent(k -> shards.computeIfAbsent(k, _ -> new ArrayList<>()).add(family));
      }
    }
    shards.forEach((k, f) -> sharded(k, f, dominant));
  }

  private boolean isExplained(List<Integer> family) {
    return family.stream()
        .anyMatch(i -> found.get(i).stream().anyMatch(f -> f.kind().equals("depthwise-fan")));
  }

  private double wanted(int i, Scheme s) {
    Fan f = seen.get(i).site().spec().fan().orElseThrow();
    return s.variance(f.in(), f.out());
  }

  private static int groups(Examined e) {
    return e.site().spec().fan().flatMap(Fan::axes).map(a -> a.groups()).orElse(1);
  }

  /// Nothing that the layer's own fans explain.
  private boolean isOdd(int i, Scheme dominant) {
    Recognition r = drawn.get(i);
    String s = r.scheme().orElse("");
    boolean odd =
        s.isEmpty() || s.startsWith("normal(") || s.contains("(gain=") || !r.fans().isEmpty();
    return odd && !s.equals(dominant.name());
  }

  private void depthwise(List<Integer> family, Scheme s, int groups, double ratio) {
    report(
        List.of(family),
        Finding.fail(
            "depthwise-fan",
            "fans counted over all "
                + groups
                + " groups: E w² is 1/"
                + groups
                + " of "
                + s.name()
                + "'s",
            "each unit sees one group only: its signal shrinks by 1/" + groups,
            ratio,
            1));
  }

  private void sharded(int k, List<List<Integer>> families, Scheme s) {
    long tensors = families.stream().mapToLong(List::size).sum();
    if (tensors < 2) {
      return;
    }
    report(
        families,
        Finding.fail(
            "shard-fans",
            "E w² is that of "
                + s.name()
                + " with a fan of 1/"
                + k
                + ": as drawn on one of "
                + k
                + " tensor-parallel ranks",
            "each rank reckoned with its own part of the layer: the signal is larger than meant",
            k,
            1));
  }
}
