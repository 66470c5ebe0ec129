package org.fanin.graph;

/// How a parameter comes from the file to where it meets data.
///
/// @param gates of a recurrent layer, in the order in which the *stored* tensor stacks them,
///   whatever the graph does on the way: `iofg` as ONNX has it, `ifgo` as PyTorch and Keras, `rzn`,
///   `zrn`; doubled where one bias holds the input's and the recurrent ones, in capitals where it
///   holds the recurrent ones alone; "" elsewhere
/// @param factor root mean square of the constants that it is multiplied by on the way; 1 where
///   there are none, or where the way does more than move and multiply
public record Arrival(Storage storage, String gates, double factor) {
  public Arrival {
    if (!(factor > 0) || factor == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException("factor " + factor + ", wanted positive and finite");
    }
  }

  /// A stored tensor that is used as it is.
  public static Arrival direct() {
    return new Arrival(Storage.INITIALISER, "", 1);
  }
}
