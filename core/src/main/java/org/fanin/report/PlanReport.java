package org.fanin.report;

import java.util.List;
import org.fanin.plan.InitPlan;

/// A plan for people to review.
public final class PlanReport {
  private PlanReport() {}

  public static List<String> render(InitPlan plan, Style style) {
    return plan.tensors().stream()
        .map(t -> t.name() + "  " + t.shape() + "  " + t.scheme() + "  " + t.variance())
        .toList();
  }
}
