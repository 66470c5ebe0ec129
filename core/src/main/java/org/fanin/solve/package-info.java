/// Solves the variance of every tensor of a network: `--recipe auto`.
///
/// Takes a [org.fanin.graph.Graph] and what a forecast assumes; gives a [org.fanin.solve.Solution]:
/// an [org.fanin.plan.InitPlan] whose every tensor says why, and the forecasts before and after.
/// Promises: a fixed number of passes of the predictor, so time linear in nodes; the same plan for
/// the same input on any machine. Previous stage: `predict`; next: `judge` holds the result against
/// the verdict table, `fill` draws it.
///
/// [org.fanin.solve.Lsuv] (`--recipe lsuv`) measures instead, with an engine that it is given, and
/// draws what it measures: it alone uses `probe` and `fill`.
package org.fanin.solve;
