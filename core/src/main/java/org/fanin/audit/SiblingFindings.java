package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.fanin.graph.Role;

/// What one tensor shows only beside the others: the same elements twice, or a scale of its own.
final class SiblingFindings {
  private static final double LIMIT = 5;
  private static final int FEWEST = 3;
  private static final double AGREE = 0.6;

  /// Ratio of deviations beyond which an outlier is a defect.
  private static final double MUCH = 1.25;

  private static final int SMALLEST = 8;

  private final List<Examined> seen;
  private final List<List<Finding>> found;
  private final List<Verdict> verdicts;

  SiblingFindings(List<Examined> seen, List<List<Finding>> found, List<Verdict> verdicts) {
    this.seen = seen;
    this.found = found;
    this.verdicts = verdicts;
  }

  void find() {
    identical();
    for (List<Integer> family : new Families(seen).all()) {
      if (family.size() >= FEWEST && seen.get(family.getFirst()).site().isMatrix()) {
        outliers(family);
      }
    }
  }

  // ---- the same elements under several names ----

  private record Content(long hash, org.fanin.tensor.Shape shape) {}

  private void identical() {
    Map<Content, List<Integer>> groups = new java.util.LinkedHashMap<>();
    for (int i = 0; i < seen.size(); i++) {
      Examined e = seen.get(i);
      Moments m = e.facts().all();
      boolean drawn = m.count() >= SMALLEST && m.variance() > 1e-10 * m.m2();
      if (drawn
          && !e.facts().identity()
          && e.site().spec().role() != Role.TABLE
          && e.site().spec().role() != Role.OTHER) {
        groups
            .computeIfAbsent(
                new Content(e.facts().content(), e.site().spec().shape()), _ -> new ArrayList<>())
            .add(i);
      }
    }
    List<List<Integer>> copies = new ArrayList<>();
    for (List<Integer> g : groups.values()) {
      if (g.size() > 1 && (isTied(g) || g.stream().anyMatch(i -> SameSeed.isCopy(seen.get(i))))) {
        tied(g);
      } else if (g.size() > 1) {
        copies.add(g);
      }
    }
    if (!copies.isEmpty()) {
      copied(copies);
    }
  }

  /// An embedding and a head, or what the file itself says is one tensor.
  private boolean isTied(List<Integer> g) {
    return g.size() == 2
        && g.stream().anyMatch(i -> isTable(seen.get(i)))
        && g.stream().anyMatch(i -> !isTable(seen.get(i)));
  }

  private static boolean isTable(Examined e) {
    return e.site().spec().role() == Role.EMBEDDING || e.site().spec().role() == Role.TIED;
  }

  private void tied(List<Integer> g) {
    String other = seen.get(g.getFirst()).name();
    found
        .get(g.getLast())
        .add(Finding.note("tied", "the same elements as " + other + ": tied", "", 0, 0));
  }

  /// Whole layers that are copies are a warning: they see different inputs, so training parts them.
  private void copied(List<List<Integer>> groups) {
    List<Integer> later = groups.stream().flatMap(g -> g.subList(1, g.size()).stream()).toList();
    List<String> names = later.stream().map(i -> seen.get(i).name()).toList();
    boolean whole = wholeFamilies(names);
    groups.forEach(g -> copies(g, whole));
    long kinds = names.stream().map(Families::stem).distinct().count();
    String effect =
        "layers that were copied (nn.TransformerEncoder deep-copies its layer) or seeded alike start correlated";
    Finding f =
        whole
            ? Finding.warn(
                "layers-identical",
                "all layers are identical: "
                    + names.size()
                    + " tensors of "
                    + kinds
                    + " kinds repeat the first layer's elements",
                effect + "; their inputs differ, so training parts them",
                names.size(),
                0)
            : Finding.fail(
                "identical-tensors",
                names.size() + " tensors repeat another tensor's elements",
                effect,
                names.size(),
                0);
    verdicts.add(new Verdict(f, names));
  }

  private void copies(List<Integer> g, boolean whole) {
    String says = "the same elements as " + seen.get(g.getFirst()).name();
    String effect = "it starts as a copy, not as a draw of its own";
    Finding f =
        whole
            ? Finding.warn("identical-tensors", says, effect, g.size(), 1)
            : Finding.fail("identical-tensors", says, effect, g.size(), 1);
    g.subList(1, g.size()).forEach(i -> found.get(i).add(f));
  }

  /// Does every repeated kind of matrix consist of copies only?
  private boolean wholeFamilies(List<String> copies) {
    Set<String> copied = new TreeSet<>(copies);
    long whole = 0;
    for (List<Integer> family : new Families(seen).all()) {
      Examined e = seen.get(family.getFirst());
      if (family.size() > 1 && e.site().isMatrix()) {
        long n = family.stream().filter(i -> copied.contains(seen.get(i).name())).count();
        if (n != family.size() - 1) {
          return false;
        }
        whole++;
      }
    }
    return whole > 0;
  }

  // ---- a scale unlike the siblings' ----

  private void outliers(List<Integer> family) {
    double[] sorted =
        family.stream().mapToDouble(i -> seen.get(i).m2()).filter(x -> x > 0).sorted().toArray();
    if (sorted.length < FEWEST) {
      return;
    }
    double median = sorted[sorted.length / 2];
    List<Integer> off = new ArrayList<>();
    for (int i : family) {
      Examined e = seen.get(i);
      if (e.m2() > 0 && Math.abs(apart(e, median)) > LIMIT) {
        off.add(i);
      }
    }
    if (off.isEmpty() || off.size() > (1 - AGREE) * family.size()) {
      return;
    }
    Map<Integer, Double> ratios = new HashMap<>();
    off.forEach(i -> ratios.put(i, Math.sqrt(seen.get(i).m2() / median)));
    for (int i : off) {
      double r = ratios.get(i);
      String says =
          "std is " + Numbers.two(r) + "× that of its " + (family.size() - 1) + " siblings";
      String effect = "the signal's second moment changes by ×" + Numbers.of(r * r) + " here";
      boolean much = r > MUCH || r < 1 / MUCH;
      found
          .get(i)
          .add(
              much
                  ? Finding.fail("std-off", says, effect, r, 1)
                  : Finding.warn("std-off", says, effect, r, 1));
    }
  }

  /// Standard errors between a tensor's m2 and a sibling's, in ln, where large ratios stay fair.
  private static double apart(Examined e, double median) {
    return Math.log(e.m2() / median) / (1.5 * e.relativeError());
  }
}
