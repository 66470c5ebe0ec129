package org.fanin.judge;

import java.util.List;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;

/// How level signal and gradient are, in decades: log10 of the largest over the smallest typical
/// second moment.
///
/// @param signal along the main path: the largest spread within one run of points between which no
///   normalisation, pooling or selection sets the scale anew; the head left out
/// @param gradient along the main path, summed over elements, jumps that normalisation and global
///   pooling make by design taken out ([Spine#gradientProfile]); the head left out
/// @param layerSignal over the outputs of all layers with weights, element by element, wherever
///   they are (branches, attention, gates and heads included); exact zeros left out
/// @param layerGradient the same for the gradient
public record Evenness(double signal, double gradient, double layerSignal, double layerGradient) {

  /// @param spine the main path, as [Judgement#spine] gives it
  public static Evenness of(Forecast forecast, Spine spine) {
    Spine hidden = spine.hidden();
    double signal = 0;
    for (List<Point> run : hidden.segments()) {
      signal = Math.max(signal, spread(run.stream().mapToDouble(Point::lnM2).toArray()));
    }
    Graph graph = forecast.graph();
    Moments moments = new Moments(forecast);
    MainPath path = new MainPath(graph, new Names(graph));
    int[] outputs =
        graph.nodes().stream().filter(path::isLayer).mapToInt(Evenness::output).toArray();
    return new Evenness(
        signal,
        spread(hidden.gradientProfile()),
        spread(java.util.Arrays.stream(outputs).mapToDouble(o -> lnM2(moments, o)).toArray()),
        spread(java.util.Arrays.stream(outputs).mapToDouble(o -> lnG(moments, o)).toArray()));
  }

  private static int output(Node n) {
    return n.outputs().getFirst();
  }

  private static double lnM2(Moments m, int value) {
    return m.forward(value) instanceof Forward.Known k ? k.lnM2Typical() : Double.NaN;
  }

  private static double lnG(Moments m, int value) {
    return m.backward(value) instanceof Backward.Known k ? k.lnGm2Typical() : Double.NaN;
  }

  private static double spread(double[] ln) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double x : ln) {
      if (Double.isFinite(x)) {
        low = Math.min(low, x);
        high = Math.max(high, x);
      }
    }
    return high < low ? 0 : Numbers.decades(high - low);
  }
}
