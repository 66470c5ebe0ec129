/// Takes a [org.fanin.predict.Forecast] and an [org.fanin.probe.Engine]; gives
/// [org.fanin.compare.Measured]: predictions beside measurements of the same quantities, with
/// z-scores and what they mean. Promises that the measurement runs what the forecast assumed: mode,
/// batch, inputs, weights. Stages before: predict, probe; stage after: report.
package org.fanin.compare;
