/// Linear algebra behind the draws that are matrices: Haar-distributed orthogonal matrices, sparse
/// rows, and the like, bit for bit the same on every machine (docs/orthogonal.md).
///
/// Takes addressed normals ([org.fanin.fill.matrix.NormalSource]) and extents; gives matrices that
/// are read by row and column. Used by `fill` only.
package org.fanin.fill.matrix;
