package org.fanin.spectrum;

/// Matrices of one shape that are multiplied together: the Jacobians of the samples of a batch, of
/// which one pass through the network multiplies all.
interface BlockMap {
  int blocks();

  int rows();

  int columns();

  /// A_b·v_b for every block b; null for null.
  double[][] times(double[][] v);

  /// A_bᵀ·u_b for every block b; null for null.
  double[][] transposed(double[][] u);

  /// The transposes.
  static BlockMap flip(BlockMap a) {
    return new BlockMap() {
      @Override
      public int blocks() {
        return a.blocks();
      }

      @Override
      public int rows() {
        return a.columns();
      }

      @Override
      public int columns() {
        return a.rows();
      }

      @Override
      public double[][] times(double[][] v) {
        return a.transposed(v);
      }

      @Override
      public double[][] transposed(double[][] u) {
        return a.times(u);
      }
    };
  }
}
