package org.fanin.solve;

import org.fanin.plan.InitPlan;
import org.fanin.predict.Forecast;

/// A solved plan with the forecasts that show what it does.
///
/// @param before with the file's own weights
/// @param after with the plan's
/// @param passes forward passes in which variances were chosen (besides the two forecasts)
/// @param step share of the way from the file's variances to the solved ones that was gone: 1
///   unless the network would have become less level than it was ([Objective])
public record Solution(InitPlan plan, Forecast before, Forecast after, int passes, double step) {}
