/// The judge stage: is this signal healthy?
///
/// Takes a [org.fanin.predict.Forecast], and an [org.fanin.compare.Comparison] where the network
/// was measured, gives a [org.fanin.judge.Judgement]: one [org.fanin.judge.Verdict] per finding,
/// worst first, and whether the network will train. Promises that every finding names where it is,
/// the number, the limit, the reason and the remedy, and that zeros put there on purpose are never
/// failures. Previous stages: `predict`, `compare`. Next: `report`.
package org.fanin.judge;
