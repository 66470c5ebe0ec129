package org.fanin.predict;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Graph;

/// What the predict stage knows: the signal forward and the gradient backward at every tensor, for
/// a cotangent N(0,1) at every output element. All logarithms are natural, −∞ for an exact zero;
/// nothing here under- or overflows for any depth.
///
/// @param tensors one per node output of the graph that is not folded, in topological order (graph
///   inputs first)
/// @param parameters one per [Graph#parameters] entry, same order
/// @param observations facts about single nodes that verdicts need
public record Forecast(
    Graph graph,
    Assumptions assumptions,
    List<TensorForecast> tensors,
    List<ParameterForecast> parameters,
    List<Observation> observations,
    Coverage coverage) {
  public Forecast {
    tensors = List.copyOf(tensors);
    parameters = List.copyOf(parameters);
    observations = List.copyOf(observations);
  }

  /// @param value value id in the graph
  public record TensorForecast(int value, Forward forward, Backward backward) {}

  public sealed interface Forward {
    /// @param mean E[x]
    /// @param lnM2 ln of the ensemble mean of E[x²]
    /// @param lnM2Typical ln of its geometric mean over initialisations
    /// @param lnSpread standard deviation over initialisations of ln m2 (finite width): the band is
    ///   lnM2Typical ± 2·lnSpread
    /// @param cos mean cosine between two samples of the batch; NaN when the tensor has no batch
    ///   axis
    record Known(double mean, double lnM2, double lnM2Typical, double lnSpread, double cos)
        implements Forward {}

    record Unknown(String because) implements Forward {}
  }

  public sealed interface Backward {
    /// As in [Forward.Known], for the gradient.
    record Known(double lnGm2, double lnGm2Typical, double lnSpread) implements Backward {}

    /// No gradient flows here by construction (integer tensors, inputs of Shape …).
    record None(String because) implements Backward {}

    record Unknown(String because) implements Backward {}
  }

  /// @param parameter index in [Graph#parameters]
  /// @param m2 second moment of the parameter's own elements
  /// @param mean mean of its elements
  /// @param gradient gm2 of the parameter, summed over the batch
  /// @param scheme recognised scheme ("he-normal", "pytorch-default", …) or "" when none fits
  /// @param likeness present when rows or whole layers are identical
  public record ParameterForecast(
      int parameter,
      double m2,
      double mean,
      Backward gradient,
      String scheme,
      Optional<Likeness> likeness,
      long nonFinite) {}

  /// @param node node index in the graph
  public record Observation(Kind kind, int node, double value) {
    public enum Kind {
      /// Effective standard deviation s of attention logits across keys.
      ATTENTION_LOGIT_STD,
      /// Number of keys that attention runs over.
      ATTENTION_KEYS,
      /// Predicted mean entropy of softmax rows, as a share of ln(keys).
      ATTENTION_ENTROPY,
      /// Backward factor of the last activation + training-mode norm, per layer: Eφ′²/Var φ.
      NORM_EXPLOSION_FACTOR,
      /// Standard deviation from class to class, in the typical draw, of logits that a last layer
      /// gives: those of the node.
      HEAD_LOGIT_STD,
      /// Share of the elements that are NaN or infinite, where it is not 0.
      NON_FINITE,
      /// Elasticity d ln q_out / d ln q_in of an activation.
      ELASTICITY
    }
  }

  /// @param mode "train", "eval" or "file"
  /// @param batch extent given to dynamic batch axes
  /// @param inputs per graph input, what was assumed, in words ("N(0,1)", "measured from x.npz:
  ///   mean …")
  /// @param weights "file" or the name of the scheme that replaced them
  public record Assumptions(String mode, long batch, Map<String, String> inputs, String weights) {
    public Assumptions {
      inputs = Map.copyOf(inputs);
    }
  }

  /// @param nodes nodes counted (folded ones excluded)
  /// @param foreign nodes without a rule, with the reason
  /// @param approximated nodes whose rule takes as independent what has ancestors in common
  public record Coverage(
      int nodes, int understood, List<ForeignNode> foreign, List<Approximated> approximated) {
    public Coverage {
      foreign = List.copyOf(foreign);
      approximated = List.copyOf(approximated);
    }

    /// Nothing is approximated.
    public Coverage(int nodes, int understood, List<ForeignNode> foreign) {
      this(nodes, understood, foreign, List.of());
    }

    public record ForeignNode(String node, String op, String because) {}

    /// @param shared tensor that the reason is about
    public record Approximated(String node, String op, Reason reason, String shared) {
      public enum Reason {
        /// Both operands hold `shared`.
        SHARED("its operands both depend on %s and are taken as independent"),
        /// Weights `shared` are applied to what they made.
        REPEATED("%s is applied to values that it made before, and taken as independent of them"),
        /// Recurrent weights `shared` hand on what they read.
        IDENTITY("%s is close to the identity, and the steps it joins are taken as independent"),
        /// Parts of the concatenation `shared` are related.
        PARTS("it sums over parts of %s that depend on one another, taken as independent");

        private final String words;

        Reason(String words) {
          this.words = words;
        }
      }

      /// In words.
      public String because() {
        return reason.words.replace("%s", shared);
      }
    }
  }
}
