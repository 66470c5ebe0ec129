/// Reads weights that exist and says how they were drawn, what that does, and what is wrong.
///
/// Takes a [org.fanin.model.Checkpoint]; gives findings per tensor and verdicts. Previous stages:
/// `model`, `plan`; next: `report`.
package org.fanin.audit;
