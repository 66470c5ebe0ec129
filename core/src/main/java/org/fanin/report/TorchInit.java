package org.fanin.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Parameter;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.judge.Trainable;
import org.fanin.judge.Verdict;
import org.fanin.plan.Scheme;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorSpec;
import org.fanin.predict.PlannedLaw;
import org.fanin.predict.Predictor;
import org.fanin.tensor.Shape;

/// The initialisation that mends a network, in PyTorch's words: layer by layer what [Recommender]
/// says, and only where the forecast of the whole network with it is that it trains, with fewer
/// failures. Where residual branches add up, their last layers are scaled by 1/√branches.
///
/// @param assignments in the order of the file
/// @param left trained parameters that keep PyTorch's own draw: those without one right answer, and
///   those whose names the export lost
public record TorchInit(List<Assignment> assignments, List<String> left) {
  public TorchInit {
    assignments = List.copyOf(assignments);
    left = List.copyOf(left);
  }

  /// One parameter.
  ///
  /// @param parameter its name in `model.named_parameters()`
  /// @param scheme as Fanin spells it
  /// @param gain √(variance · fan); 0 for zeros
  /// @param fan terms in the sum of one output; empty for what multiplies element by element
  public record Assignment(
      String parameter, String scheme, double gain, OptionalDouble fan, TorchCall call) {}

  private record Given(Parameter parameter, TensorSpec spec, Recommender.Recommendation what) {}

  /// Empty where the network is not PyTorch's, or no rule by layer mends it.
  static Optional<TorchInit> of(CheckReport report) {
    Graph graph = report.forecast().graph();
    TorchNames names = new TorchNames(graph);
    if (!names.isTorch()) {
      return Optional.empty();
    }
    Map<Integer, Given> plain = recommended(graph, names);
    if (plain.isEmpty()) {
      return Optional.empty();
    }
    if (mends(report, plain)) {
      return Optional.of(written(graph, names, plain));
    }
    Map<Integer, Given> scaled = scaled(plain);
    return !scaled.equals(plain) && mends(report, scaled)
        ? Optional.of(written(graph, names, scaled))
        : Optional.empty();
  }

  private static Map<Integer, Given> recommended(Graph graph, TorchNames names) {
    Recommender recommender = new Recommender(graph);
    List<TensorSpec> specs = Specs.of(graph);
    Map<Integer, Given> all = new HashMap<>();
    for (int i = 0; i < graph.parameters().size(); i++) {
      Parameter p = graph.parameters().get(i);
      TensorSpec spec = specs.get(i);
      int at = i;
      if (p.isTrained() && !names.of(p).isEmpty()) {
        recommender.of(p).ifPresent(r -> all.put(at, new Given(p, spec, r)));
      }
    }
    return all;
  }

  private static Map<Integer, Given> scaled(Map<Integer, Given> plain) {
    long ends = plain.values().stream().filter(TorchInit::endsBranch).count();
    Map<Integer, Given> all = new HashMap<>(plain);
    if (ends > 0) {
      all.replaceAll((_, g) -> endsBranch(g) ? shrunk(g, 1 / Math.sqrt(ends)) : g);
    }
    return all;
  }

  private static boolean endsBranch(Given g) {
    return g.parameter().residualBranchEnd() && g.parameter().fan().isPresent();
  }

  private static Given shrunk(Given g, double by) {
    Scheme s = g.what().scheme().times(by);
    double variance = g.what().variance() * by * by;
    return new Given(
        g.parameter(),
        g.spec(),
        new Recommender.Recommendation(s, variance, g.what().through(), g.what().because()));
  }

  private static boolean mends(CheckReport report, Map<Integer, Given> given) {
    Map<Integer, PlannedLaw> laws = new HashMap<>();
    for (Map.Entry<Integer, Given> e : given.entrySet()) {
      Given g = e.getValue();
      Scheme s = g.what().scheme();
      try {
        laws.put(
            e.getKey(), PlannedLaw.of(s.draw(g.spec()), g.parameter().data().shape(), s.name()));
      } catch (IllegalArgumentException _) {
        return false; // a scheme that needs what is not known of this tensor
      }
    }
    Judgement j =
        Judge.judge(
            Predictor.predict(report.forecast().graph(), report.settings().withLaws(laws)),
            Thresholds.standard());
    return j.trainable().answer() == Trainable.Answer.YES
        && failures(j) < failures(report.judgement());
  }

  /// Failed verdicts, and the answer as one more.
  private static long failures(Judgement j) {
    return j.verdicts().stream().filter(v -> v.level() == Verdict.Level.FAIL).count()
        + (j.trainable().answer() == Trainable.Answer.NO ? 1 : 0);
  }

  private static TorchInit written(Graph graph, TorchNames names, Map<Integer, Given> given) {
    List<Assignment> all = new ArrayList<>();
    List<String> left = new ArrayList<>();
    for (int i = 0; i < graph.parameters().size(); i++) {
      Parameter p = graph.parameters().get(i);
      Given g = given.get(i);
      if (g != null) {
        names.of(p).forEach(name -> all.add(assignment(name, names.shape(p), g)));
      } else if (p.isTrained()) {
        left.add(p.name());
      }
    }
    return new TorchInit(all, left);
  }

  private static Assignment assignment(String name, Shape shape, Given g) {
    Optional<Fan> fan = g.parameter().fan();
    Scheme s = g.what().scheme();
    return new Assignment(
        name,
        s.name(),
        fan.isPresent() ? Math.sqrt(s.gain2()) : 0,
        fan.map(f -> OptionalDouble.of(f.in())).orElse(OptionalDouble.empty()),
        TorchCall.of(g.what(), shape, fan.map(Fan::in).orElse(1.0)));
  }
}
