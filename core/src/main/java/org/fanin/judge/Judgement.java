package org.fanin.judge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fanin.graph.Opening;

/// All findings about one network, worst first, and the path they were found on.
///
/// @param limits that the findings were held against
/// @param openings by parameter, in the graph's order: when it first gets a gradient
/// @param loss at the first step, of networks whose output may be logits
public record Judgement(
    List<Verdict> verdicts,
    Trainable trainable,
    Spine spine,
    Thresholds limits,
    List<Opening> openings,
    Optional<HeadLoss> loss) {
  public Judgement {
    verdicts = List.copyOf(verdicts);
    openings = List.copyOf(openings);
  }

  /// What holds whether weights were drawn or trained: by rule.
  private static final Set<String> IN_ANY_STATE =
      Set.of("non-finite", "zero", "contradicted", "coverage", "folded-norms", "precision");

  /// The same with more findings; the line of a healthy network goes where one is bad.
  public Judgement with(List<Verdict> more) {
    if (more.isEmpty()) {
      return this;
    }
    List<Verdict> all = new ArrayList<>(verdicts);
    all.addAll(more);
    if (more.stream().anyMatch(Judge::isBad)) {
      all.removeIf(v -> v.level() == Verdict.Level.OK);
    }
    all.sort(Comparator.comparingInt(v -> Judge.order(v.level())));
    return new Judgement(all, trainable, spine, limits, openings, loss);
  }

  /// The same of weights that look trained: a forecast of what training would make of them says
  /// little, so that what is a defect only of a draw is a note, and nothing says that they will not
  /// train.
  public Judgement ofTrained() {
    List<Verdict> softened = new ArrayList<>();
    verdicts.forEach(v -> softened.add(softened(v)));
    softened.sort(Comparator.comparingInt(v -> Judge.order(v.level())));
    boolean broken = softened.stream().anyMatch(v -> v.level() == Verdict.Level.FAIL);
    Trainable t =
        broken || trainable.answer() != Trainable.Answer.NO
            ? trainable
            : new Trainable(
                Trainable.Answer.DOUBTFUL,
                trainable.score(),
                "these weights look trained: the forecast is of this draw, not of the"
                    + " architecture; --weights SCHEME judges that afresh");
    return new Judgement(softened, t, spine, limits, openings, loss);
  }

  private static Verdict softened(Verdict v) {
    boolean bad = v.level() == Verdict.Level.FAIL || v.level() == Verdict.Level.WARN;
    return !bad || IN_ANY_STATE.contains(v.rule())
        ? v
        : new Verdict(
            v.rule(),
            Verdict.Level.NOTE,
            v.at(),
            v.value(),
            v.threshold(),
            v.because(),
            "nothing: these weights look trained",
            v.source());
  }

  /// False when something failed or the network will not train.
  public boolean healthy() {
    return trainable.answer() != Trainable.Answer.NO
        && verdicts.stream().noneMatch(v -> v.level() == Verdict.Level.FAIL);
  }
}
