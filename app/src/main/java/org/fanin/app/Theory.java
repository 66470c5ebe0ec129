package org.fanin.app;

import java.util.List;
import java.util.Optional;
import org.fanin.math.EdgeOfChaos;
import org.fanin.math.FixedPoints;
import org.fanin.math.Fn;
import org.fanin.math.Gains;

/// One activation's theory at one choice of scales.
///
/// @param sigmaW weight scale; NaN when none was given and none can be derived
/// @param phase empty without a weight scale
/// @param edge empty unless asked for
/// @param layers empty unless asked for
record Theory(
    Fn fn,
    double sigmaW,
    double sigmaB,
    double gainForward,
    double gainBackward,
    Optional<FixedPoints.Phase> phase,
    Optional<EdgeOfChaos> edge,
    List<FixedPoints.Layer> layers) {

  /// @param sigmaW null: the critical scale if `withEdge` finds one, else the forward gain
  static Theory of(Fn fn, Double sigmaW, double sigmaB, boolean withEdge, int depth) {
    Optional<EdgeOfChaos> edge =
        withEdge ? Optional.of(EdgeOfChaos.of(fn, sigmaB)) : Optional.empty();
    double forward = Gains.forward(fn);
    double w =
        sigmaW != null
            ? sigmaW
            : edge.map(Theory::critical).filter(Double::isFinite).orElse(forward);
    boolean usable = Double.isFinite(w);
    return new Theory(
        fn,
        usable ? w : Double.NaN,
        sigmaB,
        forward,
        Gains.backward(fn),
        usable ? Optional.of(FixedPoints.phase(fn, w, sigmaB)) : Optional.empty(),
        edge,
        usable && depth > 0 ? FixedPoints.iterate(fn, w, sigmaB, 1, 0, depth) : List.of());
  }

  /// NaN when there is none.
  static double critical(EdgeOfChaos e) {
    return switch (e) {
      case EdgeOfChaos.At a -> a.sigmaW();
      case EdgeOfChaos.AtAnyLength a -> a.sigmaW();
      case EdgeOfChaos.None _ -> Double.NaN;
    };
  }
}
