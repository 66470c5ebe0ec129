package org.fanin.report;

import java.util.List;
import org.fanin.audit.Look;
import org.fanin.audit.TrainedEvidence;
import org.fanin.compare.Measured;
import org.fanin.compare.Measuring;
import org.fanin.compare.WholeNetwork;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;
import org.fanin.spectrum.SpectrumSettings;

/// All that `check` found out about one network.
///
/// @param model file name as given
/// @param settings what the forecast was asked for
/// @param measured what stands beside the predictions
/// @param notes what was done to the inputs, a sentence each
/// @param trained what speaks for trained weights
public record CheckReport(
    String model,
    Provenance provenance,
    PredictSettings settings,
    Forecast forecast,
    Judgement judgement,
    Measured measured,
    List<String> notes,
    TrainedEvidence trained) {
  public CheckReport {
    notes = List.copyOf(notes);
  }

  /// Predicted only.
  public CheckReport(
      String model,
      Provenance provenance,
      PredictSettings settings,
      Forecast forecast,
      Judgement judgement) {
    this(model, provenance, settings, forecast, judgement, List.of());
  }

  /// Predicted only, with notes.
  public CheckReport(
      String model,
      Provenance provenance,
      PredictSettings settings,
      Forecast forecast,
      Judgement judgement,
      List<String> notes) {
    this(
        model,
        provenance,
        settings,
        forecast,
        judgement,
        new Measured.No(),
        notes,
        TrainedEvidence.none());
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

  /// The same with a measurement, and the verdicts that only one can give.
  public CheckReport with(Measured m) {
    Judgement j =
        m.present()
            .map(yes -> Judge.measured(judgement, forecast, yes.comparison()))
            .orElse(judgement);
    return new CheckReport(model, provenance, settings, forecast, softened(j), m, notes, trained);
  }

  /// The same with what the elements themselves show: units that are dead or alike, and signs of
  /// training. What is a defect only of a draw is then a note.
  public CheckReport with(Look seen) {
    Judgement all = judgement.with(LookVerdicts.of(seen, judgement));
    Judgement j = seen.trained().trained() ? all.ofTrained() : all;
    return new CheckReport(
        model, provenance, settings, forecast, j, measured, notes, seen.trained());
  }

  private Judgement softened(Judgement j) {
    return trained.trained() ? j.ofTrained() : j;
  }

  /// The network as a whole, measured at what the forecast assumed: the spectrum of its
  /// input–output Jacobian and its tangent kernel (docs/spectrum.md). Takes hundreds of passes.
  ///
  /// @param engine for instance [org.fanin.probe.Engines#require]
  public WholeNetwork spectrum(Engine engine, SpectrumSettings how) {
    return WholeNetwork.measure(
        forecast, settings, engine, Measuring.defaults(), how, _ -> ProbeListener.none());
  }
}
