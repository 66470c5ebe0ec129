package org.fanin.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.fanin.solve.Lsuv;
import org.fanin.solve.Lsuv.Layer;
import org.fanin.solve.Lsuv.State;

/// What measuring with `--recipe lsuv` gave, for a person.
final class LsuvText {
  private static final int MOST_NAMED = 12;

  private LsuvText() {}

  /// A sentence or two on all layers.
  static List<String> summary(Lsuv.Result r, InitSource.Inputs inputs) {
    long scaled = count(r, State.SCALED);
    double low = std(r).min().orElse(Double.NaN);
    double high = std(r).max().orElse(Double.NaN);
    List<String> lines = new ArrayList<>();
    String spread =
        count(r, State.STILL) == r.layers().size()
            ? ", as the outputs of none of them vary"
            : scaled == 0 ? "" : String.format(Locale.ROOT, ", std/target %.3f to %.3f", low, high);
    lines.add(
        String.format(
            Locale.ROOT,
            "measured on %s, %d samples: %d of %d layers at their target%s; forward passes: %d",
            inputs.arrays().isEmpty() ? "N(0,1)" : "the data",
            inputs.batch(),
            scaled,
            r.layers().size(),
            spread,
            r.passes()));
    long shared = count(r, State.COMPROMISE);
    if (shared > 0) {
      lines.add(
          shared + " uses of tensors that are used more than once share a factor and are off");
    }
    return lines;
  }

  private static java.util.stream.DoubleStream std(Lsuv.Result r) {
    return r.layers().stream()
        .filter(l -> l.state() == State.SCALED)
        .mapToDouble(l -> l.std() / l.target());
  }

  private static long count(Lsuv.Result r, State s) {
    return r.layers().stream().filter(l -> l.state() == s).count();
  }

  /// A sentence per layer that is not as it should be.
  static List<String> failures(Lsuv.Result r) {
    List<String> all = new ArrayList<>();
    for (Layer l : r.failed().subList(0, Math.min(MOST_NAMED, r.failed().size()))) {
      all.add("lsuv at " + l.node() + " (" + l.tensor() + "): " + why(l, r.passes()));
    }
    if (r.failed().size() > MOST_NAMED) {
      all.add("lsuv: " + (r.failed().size() - MOST_NAMED) + " more layers");
    }
    return all;
  }

  private static String why(Layer l, int passes) {
    return switch (l.state()) {
      case STILL -> "its output does not vary (std 0), so there is nothing to scale it by";
      case UNMEASURED -> "not measured: " + l.note();
      case OFF ->
          Double.isFinite(l.std())
              ? String.format(
                  Locale.ROOT,
                  "std %.3g instead of %.3g after %d passes%s",
                  l.std(),
                  l.target(),
                  passes,
                  l.note().isEmpty() ? "" : "; " + l.note())
              : l.note();
      case SCALED, COMPROMISE -> "as it should be";
    };
  }
}
