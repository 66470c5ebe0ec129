package org.fanin.report;

import org.fanin.judge.Judgement;
import org.fanin.predict.Forecast;

/// All that `check` found out about one network.
///
/// @param model file name as given
public record CheckReport(
    String model, Provenance provenance, Forecast forecast, Judgement judgement) {}
