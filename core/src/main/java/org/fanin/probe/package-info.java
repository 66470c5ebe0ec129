/// Takes a [org.fanin.graph.Graph], weights and inputs; gives [org.fanin.probe.Readings]: the
/// quantities of a forecast, measured, with standard errors. Promises that inputs, cotangents and
/// masks are functions of the seed, and that sums are carried in double. What runs the network is
/// an [org.fanin.probe.Engine] of another module. Stage before: graph; stage after: judge.
package org.fanin.probe;
