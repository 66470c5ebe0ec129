package org.fanin.app;

import java.util.Optional;
import org.fanin.compare.Effort;
import org.fanin.compare.Measuring;
import org.fanin.compare.WholeNetwork;
import org.fanin.probe.Engine;
import org.fanin.report.CheckReport;
import org.fanin.spectrum.SpectrumSettings;

/// `check --spectrum`: Jacobian and tangent kernel, with a progress line.
final class SpectrumRun {
  private static final int PARTS = 2;

  private SpectrumRun() {}

  static Optional<WholeNetwork> of(
      CheckReport report, EngineAhead engine, Measuring how, Console console) {
    SpectrumSettings spectrum = SpectrumSettings.standard();
    Optional<Effort> wait = how.wait(report.forecast(), report.settings(), spectrum);
    try (MeasureProgress progress = MeasureProgress.lasting(console, PARTS, "spectrum", wait, "")) {
      Optional<Engine> found = engine.get();
      if (found.isEmpty()) {
        return Optional.of(new WholeNetwork.Skipped("no libtorch to measure with"));
      }
      return Optional.of(
          WholeNetwork.measure(
              report.forecast(), report.settings(), found.get(), how, spectrum, progress));
    } catch (EngineAhead.Unusable e) {
      return Optional.of(new WholeNetwork.Skipped(e.getMessage()));
    }
  }
}
