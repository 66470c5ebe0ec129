package org.fanin;

import org.fanin.fill.Seeded;
import org.fanin.graph.Graph;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.report.CheckReport;
import org.fanin.report.Provenance;

/// The pipeline in one call, for programs. With `fanin-formats` on the class path:
///
/// ```
/// Graph graph = GraphBuilder.build(OnnxReader.read(Path.of("model.onnx")), Bindings.defaults());
/// CheckReport report = Fanin.check(graph, PredictSettings.defaults());
/// if (!report.judgement().healthy()) {
///   TerminalReport.render(report, Style.plain()).forEach(System.out::println);
/// }
/// ```
///
/// With `fanin-torch` on the class path every prediction gets its measurement:
///
/// ```
/// CheckReport report = Fanin.check(graph, settings).measure(Engines.require());
/// ```
public final class Fanin {
  private Fanin() {}

  /// A seed to draw weights from:
  ///
  /// ```
  /// float[] w = new float[256 * 128];
  /// Fanin.seed(42).weights("layer1.weight", Shape.of(256, 128), Schemes.heNormal()).into(w);
  /// ```
  ///
  /// @param seed any 64 bits; the same bits of weights on any machine (docs/fill-format.md)
  public static Seeded seed(long seed) {
    return new Seeded(seed);
  }

  /// Predicts and judges with the published limits.
  public static CheckReport check(Graph graph, PredictSettings settings) {
    return check(graph, settings, Thresholds.standard());
  }

  /// Predicts signal and gradient at every tensor and holds them against the limits.
  public static CheckReport check(Graph graph, PredictSettings settings, Thresholds limits) {
    Forecast forecast = Predictor.predict(graph, settings);
    Judgement judgement = Judge.judge(forecast, limits);
    return new CheckReport(
        graph.source(), new Provenance("fanin", "", ""), settings, forecast, judgement);
  }
}
