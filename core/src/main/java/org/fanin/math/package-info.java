/// Numeric base of every prediction: pure functions of doubles, no state beyond caches, no I/O.
///
/// Takes scalar functions ([org.fanin.math.Fn]) and the mean and deviation of a Gaussian; gives
/// expectations, kernels, fixed points and gains. Promises: the same bits on every JVM
/// ([java.lang.StrictMath] throughout), no silent NaN, every error stated. Next stage: `predict`;
/// nothing precedes it.
package org.fanin.math;
