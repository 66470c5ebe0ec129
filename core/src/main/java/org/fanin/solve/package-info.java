/// Solves the variance of every weight so that signal and gradient stay level (`--recipe auto`).
///
/// Takes a [org.fanin.graph.Graph]; gives an [org.fanin.plan.InitPlan]. Previous stages: `plan`,
/// `predict`; next: `fill`.
package org.fanin.solve;
