package org.fanin.judge;

import java.util.stream.DoubleStream;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.ParameterForecast;

/// What the answer to "will it train" is made of.
///
/// The pull on a layer is how large its gradient is relative to its weights, in decades of
/// amplitude: p = ½·log10(gm2(W)/(m2(W)·N)), N the elements of the output (gradients are sums over
/// them, losses are means). A learning rate η moves the weights by about η·10^p of themselves per
/// step. Of that pull, only the part that differs between inputs can be of use: p + ½·log10((1 −
/// c)/(1 − c_in)), c the cosine between samples behind the layer.
///
/// @param useful w times the largest plus 1 − w times the median over layers of the useful part, w
///   the share of the inputs' angle that reaches the last layer: while inputs are still apart
///   there, one layer that learns is a beginning; once they are not, half of the layers have to
///   learn. NaN without layers
/// @param lottery log10 β, β the largest variance over initialisations of ln m2 or ln gm2 along the
///   path: it grows as depth over width (Hanin & Nica 2018), and beyond it the draw at hand is
///   nothing like the typical one; −∞ where nothing varies
/// @param stiff mean of the median and the largest pull: what limits the learning rate from above;
///   NaN without layers
/// @param drift median pull plus ½·log10(layers) where each sample is normalised by itself along
///   the path, else −∞: nothing there stops all samples from drifting together
/// @param broken symmetric, non-finite or never moving weights
record Features(double useful, double lottery, double stiff, double drift, boolean broken) {
  /// 1 − cos in double precision cannot be told from 0 below this.
  private static final double LEAST_ANGLE = 1e-16;

  private static final double LEAST_INPUT_ANGLE = 1e-3;

  static Features of(Case c) {
    double[] pulls = pulls(c).sorted().toArray();
    double[] useful = usefulPulls(c).sorted().toArray();
    double median = median(pulls);
    double drift =
        normalisedPerSample(c) ? median + .5 * Math.log10(pulls.length) : Double.NEGATIVE_INFINITY;
    return new Features(
        spanned(useful, shareOfAngle(c)), lottery(c), (median + last(pulls)) / 2, drift, broken(c));
  }

  private static double spanned(double[] sorted, double share) {
    return share * last(sorted) + (1 - share) * median(sorted);
  }

  /// 0 to 1; 1 where no cosine is known.
  private static double shareOfAngle(Case c) {
    Point out = AngleRule.lastWithCos(c);
    return out == null
        ? 1
        : Math.clamp(
            c.angles.apart(out.node(), out.cos()) / Math.max(LEAST_INPUT_ANGLE, 1 - c.cosIn()),
            0,
            1);
  }

  private static double lottery(Case c) {
    double worst =
        c.spine.points().stream()
            .mapToDouble(Point::spread)
            .filter(Double::isFinite)
            .max()
            .orElse(0);
    return 2 * Math.log10(worst);
  }

  private static double median(double[] sorted) {
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }

  private static double last(double[] sorted) {
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length - 1];
  }

  private static DoubleStream pulls(Case c) {
    double outputs = .5 * Math.log10(outputElements(c));
    return c.forecast.parameters().stream()
        .mapToDouble(p -> pull(c, p) - outputs)
        .filter(Double::isFinite);
  }

  private static DoubleStream usefulPulls(Case c) {
    double outputs = .5 * Math.log10(outputElements(c));
    double in = .5 * Math.log10(Math.max(LEAST_INPUT_ANGLE, 1 - c.cosIn()));
    return c.forecast.parameters().stream()
        .mapToDouble(p -> pull(c, p) - outputs + angle(c, p) - in)
        .filter(Double::isFinite);
  }

  private static double outputElements(Case c) {
    return Math.max(
        1,
        c.graph.outputs().stream()
            .filter(o -> c.graph.value(o).dtype().floating())
            .mapToLong(o -> c.graph.value(o).shape().map(s -> s.count()).orElse(1L))
            .sum());
  }

  private static double pull(Case c, ParameterForecast p) {
    Parameter q = c.zeros.parameter(p);
    return q.fan().isPresent() && p.m2() > 0 && p.gradient() instanceof Backward.Known b
        ? Numbers.decades(b.lnGm2Typical() - Math.log(p.m2())) / 2
        : Double.NaN;
  }

  /// ½·log10(1 − c) behind a layer; 0 where it is not known.
  private static double angle(Case c, ParameterForecast p) {
    Parameter q = c.zeros.parameter(p);
    if (q.uses().isEmpty()) {
      return 0;
    }
    Node n = c.node(q.uses().getFirst());
    return !n.outputs().isEmpty()
            && c.moments.forward(n.outputs().getFirst()) instanceof Forward.Known f
            && !Double.isNaN(f.cos())
        ? .5 * Math.log10(Math.max(LEAST_ANGLE, c.angles.apart(n.index(), f.cos())))
        : 0;
  }

  private static boolean normalisedPerSample(Case c) {
    return c.spine.points().stream()
        .anyMatch(
            p -> p.entry() == Point.Entry.NORM && !(c.node(p.node()).op() instanceof Op.BatchNorm));
  }

  private static boolean broken(Case c) {
    return !c.zeros.stuck.isEmpty()
        || !c.zeros.starved.isEmpty()
        || c.leavesNumbers()
        || c.forecast.parameters().stream()
            .filter(p -> c.zeros.parameter(p).isTrained())
            .anyMatch(p -> c.isBroken(p) || SymmetryRule.isForGood(p));
  }
}
