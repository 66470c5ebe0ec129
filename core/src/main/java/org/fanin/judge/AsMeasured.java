package org.fanin.judge;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.predict.Forecast.TensorForecast;
import org.fanin.probe.ParameterReading;
import org.fanin.probe.Reading;

/// A forecast with measured values in place of predicted ones, to be judged by the same rules. How
/// far seeds scatter, which one run does not tell, stays as predicted.
final class AsMeasured {
  private AsMeasured() {}

  static Forecast of(Evidence e) {
    Forecast f = e.forecast;
    List<TensorForecast> tensors = new ArrayList<>();
    for (TensorForecast t : f.tensors()) {
      Reading r = e.measured.readings().values().get(t.value());
      tensors.add(
          r == null
              ? t
              : new TensorForecast(t.value(), forward(t.forward(), r), back(t.backward(), r)));
    }
    Map<Integer, Reading> readings = new HashMap<>();
    for (ParameterReading p : e.measured.readings().parameters()) {
      readings.put(p.index(), p.reading());
    }
    List<ParameterForecast> parameters = new ArrayList<>();
    for (ParameterForecast p : f.parameters()) {
      Reading r = readings.get(p.parameter());
      parameters.add(r == null ? p : parameter(p, back(p.gradient(), r)));
    }
    return new Forecast(
        f.graph(), f.assumptions(), tensors, parameters, f.observations(), f.coverage());
  }

  private static ParameterForecast parameter(ParameterForecast p, Backward g) {
    return new ParameterForecast(
        p.parameter(), p.m2(), p.mean(), g, p.scheme(), p.likeness(), p.nonFinite());
  }

  private static Forward forward(Forward f, Reading r) {
    if (Double.isNaN(r.lnM2())) {
      return f;
    }
    double spread = f instanceof Forward.Known k ? k.lnSpread() : 0;
    return new Forward.Known(r.mean(), r.lnM2(), r.lnM2(), spread, r.cos());
  }

  private static Backward back(Backward b, Reading r) {
    if (!r.hasGradient()) {
      return b;
    }
    double spread = b instanceof Backward.Known k ? k.lnSpread() : 0;
    return new Backward.Known(r.lnGm2(), r.lnGm2(), spread);
  }
}
