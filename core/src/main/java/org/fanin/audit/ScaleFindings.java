package org.fanin.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.fanin.graph.Role;

/// Scales that no scheme means, whichever was meant: E w²·fan_in is what a layer multiplies the
/// second moment by, 1 for LeCun, 2 for He, 1/3 for PyTorch.
final class ScaleFindings {
  /// A width of 100,000 at N(0, .02²) has 40.
  private static final double MOST = 40;

  /// N(0, .02²) at 32 inputs has .013; SIREN's hidden layers .0022.
  private static final double LEAST = 1.5e-3;

  /// Of the median of the file's layers; T5's queries have 1/64 to 1/128.
  private static final double LEAST_BESIDE_OTHERS = 1.0 / 200;

  private static final double STILL_SMALL = 0.02;

  /// A layer of few inputs is small by its fan already.
  private static final int WIDE = 32;

  private static final int FEWEST = 16;
  private static final int SOME = 4;

  /// Weights that the network multiplies by a constant of their fan when it uses them.
  private static final Pattern SCALED_IN_USE =
      Pattern.compile(".*(mapping|modulat|torgb|to_rgb|affine|equal).*");

  private final List<Examined> seen;
  private final List<Recognition> drawn;
  private final List<List<Finding>> found;
  private final double median;

  /// Behind a norm a layer may be large: training is slow at first, not lost.
  private final boolean normalised;

  ScaleFindings(List<Examined> seen, List<Recognition> drawn, List<List<Finding>> found) {
    this.seen = seen;
    this.drawn = drawn;
    this.found = found;
    this.normalised = seen.stream().anyMatch(e -> e.site().spec().role() == Role.NORM_SCALE);
    List<Double> all = new ArrayList<>();
    for (Examined e : seen) {
      if (isHidden(e) && e.m2() > 0) {
        all.add(level(e));
      }
    }
    all.sort(Double::compare);
    this.median = all.size() < SOME ? Double.NaN : all.get(all.size() / 2);
  }

  void find() {
    for (int i = 0; i < seen.size(); i++) {
      Examined e = seen.get(i);
      boolean explained = found.get(i).stream().anyMatch(f -> f.level() == Finding.Level.FAIL);
      if (isHidden(e) && e.m2() > 0 && Double.isFinite(e.m2()) && !explained) {
        judge(i, level(e));
      }
    }
  }

  private void judge(int i, double level) {
    Examined e = seen.get(i);
    String is = "E w²·fan_in is " + Numbers.of(level);
    double least = LEAST;
    double beside = LEAST_BESIDE_OTHERS * median;
    if (e.site().spec().residualEnd()) {
      least /= 2.0 * Math.max(24, e.site().spec().layers());
      beside /= 2.0 * Math.max(24, e.site().spec().layers());
    }
    boolean wide = e.site().spec().fan().orElseThrow().in() >= WIDE;
    boolean siren = drawn.get(i).scheme().filter(s -> s.startsWith("siren")).isPresent();
    if (level > MOST) {
      String effect = "the layer multiplies the signal's second moment by " + Numbers.of(level);
      String says = is + ", above " + Numbers.of(MOST);
      found
          .get(i)
          .add(
              normalised
                  ? Finding.warn("scale", says, effect + ", until a norm", level, 1)
                  : Finding.fail("scale", says, effect, level, 1));
    } else if (wide && !siren && level < least) {
      found.get(i).add(Finding.fail("scale", is + ": nearly 0", shrinks(level), level, 1));
    } else if (wide && !siren && level < beside && level < STILL_SMALL) {
      String says = is + ", " + Numbers.of(level / median) + " of the other layers' median";
      found.get(i).add(Finding.fail("scale", says, shrinks(level), level, median));
    }
  }

  private static String shrinks(double level) {
    return "the layer multiplies the signal's second moment by "
        + Numbers.of(level)
        + ", and the gradient's alike";
  }

  private static double level(Examined e) {
    return e.arrivingM2() * e.site().spec().fan().orElseThrow().in();
  }

  /// Heads may start small, tied tables large.
  private static boolean isHidden(Examined e) {
    boolean place =
        switch (e.site().spec().role()) {
          case WEIGHT, STACKED, FUSED_QKV, LSTM_INPUT, LSTM_RECURRENT -> true;
          case HEAD,
              TIED,
              BIAS,
              NORM_SCALE,
              NORM_SHIFT,
              RUNNING_MEAN,
              RUNNING_VARIANCE,
              EMBEDDING,
              POSITION,
              CLASS_TOKEN,
              GATE,
              LAYER_SCALE,
              LSTM_BIAS,
              PRELU_SLOPE,
              LOGIT_SCALE,
              TABLE,
              OTHER ->
              false;
        };
    String name = e.name().toLowerCase(java.util.Locale.ROOT);
    return place
        && e.site().spec().fan().isPresent()
        && e.facts().all().finite() >= FEWEST
        && !e.site().rescaled()
        && !name.contains("lora_")
        && !SCALED_IN_USE.matcher(name).matches();
  }
}
