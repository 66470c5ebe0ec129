/// Stage *read*: what a file says, checked for form but not understood.
///
/// - Takes: a model file (readers are in `org.fanin.formats`).
/// - Gives: [RawModel], or a [ModelFormatException] of one line.
/// - Promises: no field is null unless said; file order is kept.
/// - Previous stage: none. Next: `graph`.
package org.fanin.model;
