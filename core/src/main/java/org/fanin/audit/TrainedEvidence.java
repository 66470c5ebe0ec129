package org.fanin.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.fanin.graph.Role;

/// What speaks for weights that were trained, not just drawn. One sign alone may be an odd draw;
/// most matrices without the form of any draw, or two signs together, are not.
///
/// @param signs what was seen, the strongest first
/// @param trained whether they suffice
public record TrainedEvidence(List<Sign> signs, boolean trained) {
  public TrainedEvidence {
    signs = List.copyOf(signs);
  }

  /// Kinds of signs.
  public enum Kind {
    FORM("matrices have no form that weights are drawn in"),
    SPECTRUM("matrices have singular values beyond the edge of independent elements"),
    NORM_SCALES("norm scales differ from element to element"),
    BIASES("biases are neither constant nor of a scheme"),
    RUNNING_STATISTICS("running means and variances have moved from 0 and 1");

    private final String says;

    Kind(String says) {
      this.says = says;
    }
  }

  /// @param count tensors that show it
  /// @param of tensors that might
  public record Sign(Kind kind, long count, long of) {
    /// "7 of 10 matrices have …".
    public String text() {
      return String.format(Locale.ROOT, "%d of %d %s", count, of, kind.says);
    }
  }

  private static final int LARGE = 256;
  private static final int SMALLEST = 8;
  private static final double BEYOND_EDGE = 1.2;

  /// Shares from which a sign counts.
  private static final double MOST = 0.5;

  private static final double SOME = 0.25;

  /// Nothing speaks for training.
  public static TrainedEvidence none() {
    return new TrainedEvidence(List.of(), false);
  }

  /// The signs as sentences.
  public List<String> because() {
    return signs.stream().map(Sign::text).toList();
  }

  static TrainedEvidence of(List<Examined> seen, List<Recognition> drawn) {
    int[] count = new int[Kind.values().length];
    int[] of = new int[Kind.values().length];
    for (int i = 0; i < seen.size(); i++) {
      Examined e = seen.get(i);
      Optional<String> scheme = drawn.get(i).scheme();
      for (Kind k : Kind.values()) {
        if (isAsked(k, e)) {
          of[k.ordinal()]++;
          count[k.ordinal()] += shows(k, e, scheme) ? 1 : 0;
        }
      }
    }
    List<Sign> signs = new ArrayList<>();
    for (Kind k : Kind.values()) {
      if (count[k.ordinal()] >= SOME * of[k.ordinal()] && count[k.ordinal()] > 0) {
        signs.add(new Sign(k, count[k.ordinal()], of[k.ordinal()]));
      }
    }
    return new TrainedEvidence(signs, suffice(signs));
  }

  /// Running statistics move in one forward pass already, so that they only join others.
  private static boolean suffice(List<Sign> signs) {
    boolean form =
        signs.stream()
            .anyMatch(s -> s.kind() == Kind.FORM && s.count() > 1 && s.count() >= MOST * s.of());
    boolean elements =
        signs.stream().anyMatch(s -> s.kind() == Kind.NORM_SCALES || s.kind() == Kind.BIASES);
    boolean matrices = signs.stream().filter(s -> s.kind().ordinal() < 2).count() == 2;
    return form || matrices || elements && signs.size() > 1;
  }

  private static boolean isAsked(Kind k, Examined e) {
    Moments m = e.facts().all();
    Role role = e.site().spec().role();
    // A mask, a draw of one sign and zeros are no result of training.
    boolean matrix =
        e.site().isMatrix()
            && e.site().spec().shape().rank() > 1
            && m.finite() >= LARGE
            && m.finite() == m.count()
            && m.min() < 0
            && m.max() > 0;
    return switch (k) {
      case FORM -> matrix;
      case SPECTRUM -> matrix && e.facts().spectrum().isPresent();
      case NORM_SCALES -> role == Role.NORM_SCALE && m.finite() >= SMALLEST;
      case BIASES ->
          (e.site().isBias() || role == Role.NORM_SHIFT)
              && m.finite() >= SMALLEST
              && m.largest() < 1e6;
      case RUNNING_STATISTICS ->
          (role == Role.RUNNING_MEAN || role == Role.RUNNING_VARIANCE) && m.finite() > 1;
    };
  }

  private static boolean shows(Kind k, Examined e, Optional<String> scheme) {
    boolean constant = e.law().kind() == ShapeLaw.Kind.CONSTANT;
    Moments m = e.facts().all();
    return switch (k) {
      case FORM ->
          e.law().kind() == ShapeLaw.Kind.OTHER && scheme.isEmpty() && 100 * m.zeros() < m.count();
      case SPECTRUM ->
          e.facts().spectrum().orElseThrow().ratio() > BEYOND_EDGE
              && Math.min(
                      e.facts().spectrum().orElseThrow().rows(),
                      e.facts().spectrum().orElseThrow().columns())
                  >= SMALLEST;
      case NORM_SCALES, BIASES -> !constant && scheme.isEmpty() && !isSteps(e);
      case RUNNING_STATISTICS -> !constant;
    };
  }

  /// A bias of few values, such as a gate's that starts open.
  private static boolean isSteps(Examined e) {
    Moments m = e.facts().all();
    return m.zeros() > 0 && 2 * m.zeros() >= m.count();
  }
}
