/// Numbers as they lie in a file: shapes, element types, strided read-only views.
///
/// - Takes: bytes of a mapped file.
/// - Gives: [Tensor] views.
/// - Promises: nothing is copied; every length is checked before it is used.
/// - Previous stage: none. Next: read (`model`).
package org.fanin.tensor;
