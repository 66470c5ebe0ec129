package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.fanin.graph.Role;

/// Tensors that were drawn from one stream of random numbers: one is the beginning, a multiple or
/// the transpose of another. Copies of equal shape are [SiblingFindings]'.
final class SameSeed {
  /// Openings of equal signs that are compared with: chance makes fewer.
  private static final int MOST = 64;

  private static final double ONE = 1e-3;

  /// Networks that are kept as copies of another by design.
  private static final Pattern COPY =
      Pattern.compile(
          "(.*[._/])?(\\w*ema\\w*|\\w*target\\w*|teacher|momentum\\w*|original_module)[._/].*");

  private final List<Examined> seen;
  private final List<List<Finding>> found;
  private final List<Verdict> verdicts;
  private final Map<Integer, List<Start>> bySigns = new HashMap<>();

  /// Where a stream begins in a tensor.
  private record Start(int tensor, boolean transposed, Opening of) {
    float[] elements() {
      return transposed ? of.column() : of.row();
    }
  }

  SameSeed(List<Examined> seen, List<List<Finding>> found, List<Verdict> verdicts) {
    this.seen = seen;
    this.found = found;
    this.verdicts = verdicts;
  }

  void find() {
    List<String> names = new ArrayList<>();
    Finding first = null;
    for (int i = 0; i < seen.size(); i++) {
      if (isDrawn(seen.get(i))) {
        Finding f = origin(i);
        if (f != null) {
          found.get(i).add(f);
        }
        if (f != null && f.level() == Finding.Level.FAIL) {
          first = first == null ? f : first;
          names.add(seen.get(i).name());
        }
      }
    }
    if (names.size() > 1) {
      verdicts.add(new Verdict(together(names.size()), names));
    }
  }

  private static Finding together(int count) {
    return Finding.fail(
        "same-seed", count + " tensors repeat another tensor's random numbers", EFFECT, count, 0);
  }

  private static final String EFFECT =
      "they were drawn from one seed that was set again: they start correlated";

  static boolean isCopy(Examined e) {
    return COPY.matcher(e.name().toLowerCase(java.util.Locale.ROOT)).matches();
  }

  private static boolean isDrawn(Examined e) {
    boolean place = e.site().isMatrix() && e.site().spec().shape().rank() > 1 || e.site().isBias();
    return place && Opening.tells(e.facts().opening().row());
  }

  /// What the tensor repeats; null when nothing that came before.
  private Finding origin(int i) {
    Opening own = seen.get(i).facts().opening();
    Start plain = new Start(i, false, own);
    Finding f = among(plain);
    Start turned = new Start(i, true, own);
    boolean turns = Opening.tells(own.column());
    if (f == null && turns) {
      f = among(turned);
    }
    put(plain);
    if (turns) {
      put(turned);
    }
    return f;
  }

  private void put(Start s) {
    List<Start> same = bySigns.computeIfAbsent(Opening.signs(s.elements()), _ -> new ArrayList<>());
    if (same.size() < MOST) {
      same.add(s);
    }
  }

  private Finding among(Start s) {
    float[] own = s.elements();
    for (Start o : bySigns.getOrDefault(Opening.signs(own), List.of())) {
      // Both turned is neither turned.
      if (!s.transposed() || !o.transposed()) {
        double c = Opening.ratio(own, o.elements(), slack(s.tensor()) + slack(o.tensor()));
        if (!Double.isNaN(c) && !sameContent(s.tensor(), o.tensor())) {
          return finding(s, o, c);
        }
      }
    }
    return null;
  }

  private double slack(int i) {
    return 3 * Codec.roundoff(seen.get(i).site().tensor().dtype()) + 1e-7;
  }

  private boolean sameContent(int a, int b) {
    return seen.get(a).facts().content() == seen.get(b).facts().content()
        && seen.get(a).site().spec().shape().equals(seen.get(b).site().spec().shape());
  }

  private Finding finding(Start s, Start o, double c) {
    Examined a = seen.get(s.tensor());
    Examined b = seen.get(o.tensor());
    boolean turned = s.transposed() != o.transposed();
    String times = Math.abs(c - 1) < ONE ? "" : Numbers.of(c) + " times ";
    long shared = Math.min(a.facts().all().count(), b.facts().all().count());
    boolean all = shared == a.facts().all().count();
    String what = turned ? "the transpose of " : all ? "the beginning of " : "a continuation of ";
    boolean whole = all && shared == b.facts().all().count() && !turned;
    String says = "its elements are " + times + (whole ? "those of " : what) + b.name();
    if (isTied(a, b)) {
      return Finding.note("tied", says, "", c, 1);
    }
    return isCopy(a) || isCopy(b)
        ? Finding.note("same-seed", says + ", a copy by its name", "", c, 1)
        : Finding.fail("same-seed", says, EFFECT, c, Double.NaN);
  }

  private static boolean isTied(Examined a, Examined b) {
    return isTable(a) != isTable(b);
  }

  private static boolean isTable(Examined e) {
    return e.site().spec().role() == Role.EMBEDDING || e.site().spec().role() == Role.TIED;
  }
}
