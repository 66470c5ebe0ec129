package org.fanin.report;

import org.fanin.compare.Measured;
import org.fanin.compare.Measuring;
import org.fanin.judge.Judgement;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;

/// All that `check` found out about one network.
///
/// @param model file name as given
/// @param settings what the forecast was asked for
/// @param measured what stands beside the predictions
public record CheckReport(
    String model,
    Provenance provenance,
    PredictSettings settings,
    Forecast forecast,
    Judgement judgement,
    Measured measured) {
  /// Predicted only.
  public CheckReport(
      String model,
      Provenance provenance,
      PredictSettings settings,
      Forecast forecast,
      Judgement judgement) {
    this(model, provenance, settings, forecast, judgement, new Measured.No());
  }

  /// The same with a measurement of what the forecast assumed: mode, batch, inputs, the file's
  /// weights. What an engine cannot run, or is too large for a casual look, is [Measured.Skipped]
  /// and says why.
  ///
  /// @param engine for instance [Engines#require]
  public CheckReport measure(Engine engine) {
    return measure(engine, Measuring.defaults());
  }

  /// The same, measured in another way.
  public CheckReport measure(Engine engine, Measuring how) {
    return with(how.run(forecast, settings, engine, _ -> ProbeListener.none()));
  }

  public CheckReport with(Measured m) {
    return new CheckReport(model, provenance, settings, forecast, judgement, m);
  }
}
