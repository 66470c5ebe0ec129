package org.fanin.predict;

import java.util.Optional;
import org.fanin.graph.Node;

/// Chooses laws of parameters while a forward pass runs, in the order in which data meets them:
/// what a layer gets may depend on the moments that arrive there.
public interface LawChooser {
  /// Asked before a node's rule runs: whether a parameter is still to be chosen here, and the law
  /// its output is to be probed with. Empty leaves the parameter as it is.
  ///
  /// @param parameter index in [org.fanin.graph.Graph#parameters]
  Optional<PlannedLaw> probe(Node node, int parameter);

  /// The law, given the node's output under the probe.
  ///
  /// @param lnM2 ln of the output's ensemble mean second moment under the probe; NaN when it cannot
  ///   be predicted
  /// @param lnTypical ln of its geometric mean over initialisations
  PlannedLaw choose(Node node, int parameter, double lnM2, double lnTypical, Levels levels);

  /// Told after every node, so that what passes by can be recorded.
  void passed(Node node, Levels levels);

  /// What is known so far.
  interface Levels {
    /// ln of a value's typical second moment; −∞ for a zero, NaN when it is not (yet) known or not
    /// a float tensor.
    double lnM2(int value);

    /// ln of its ensemble mean.
    double lnMean(int value);
  }
}
