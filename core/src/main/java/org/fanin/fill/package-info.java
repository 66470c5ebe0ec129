/// Turns plans into weights: addressed randomness, fill format 1 (docs/fill-format.md).
///
/// Takes a [org.fanin.plan.TensorPlan] and a seed; gives bytes, the same for any span, thread count
/// and CPU. Previous stage: `plan`; next: whoever writes files.
package org.fanin.fill;
