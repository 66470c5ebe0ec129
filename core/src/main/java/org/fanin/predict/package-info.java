/// Stage *predict*: what happens to the signal forward and to the gradient backward.
///
/// - Takes: a [org.fanin.graph.Graph] and [PredictSettings].
/// - Gives: a [Forecast]: second moments, their typical values and bands, cosines and gradients per
///   tensor.
/// - Promises: linear time and memory in nodes; no depth under- or overflows; unknown is a result
///   with a reason. The state is `Field`; every operator's rule, forward and backward, is one class
///   named after it, found through `Rules`.
/// - Previous stage: `graph`, `plan`. Next: `judge`.
package org.fanin.predict;
