package org.fanin.solve;

import java.util.List;
import org.fanin.plan.InitPlan;
import org.fanin.predict.Forecast;

/// A solved plan with the forecasts that show what it does.
///
/// @param before with the file's own weights
/// @param after with the plan's
/// @param passes forward passes in which variances were chosen (besides the two forecasts)
/// @param step share of the way from the file's variances to the solved ones that was gone: 1
///   unless the network would have become less level than it was ([Objective])
/// @param kept names of parameters that keep the file's elements, each with its reason
public record Solution(
    InitPlan plan, Forecast before, Forecast after, int passes, double step, List<String> kept) {
  public Solution {
    kept = List.copyOf(kept);
  }
}
