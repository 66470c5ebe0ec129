package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.fanin.graph.Export;
import org.fanin.judge.Verdict.Level;

/// What an exporter changed: the file then holds another network than the one that trains. Layers
/// that were merged because they began as copies are told as copies are; what the scale of signal
/// and gradient is without the normalisations that were folded away is no failure of the network.
record ExportRule() implements Rule {
  /// Verdicts that a normalisation in every layer would change.
  private static final Set<String> OF_SCALE =
      Set.of(
          "vanishing",
          "exploding",
          "vanishing-gradient",
          "exploding-gradient",
          "angle-collapse",
          "norm-explosion",
          "lottery",
          "precision");

  @Override
  public List<Verdict> apply(Case c) {
    Export e = c.graph.export();
    List<Verdict> found = new ArrayList<>();
    if (!e.foldedNorms().isEmpty()) {
      found.add(folded(e));
    }
    if (!e.copies().isEmpty()) {
      found.add(copies(e));
    }
    return found;
  }

  private static Verdict folded(Export e) {
    return new Verdict(
        "folded-norms",
        Level.WARN,
        e.foldedNorms().getFirst(),
        e.foldedNorms().size(),
        0,
        because(e)
            + ": while training each of them resets the scale, so what is found here of scale and"
            + " gradient is true of this file only",
        "export the network as it trains (docs/from-pytorch.md) and check that file",
        "docs/from-pytorch.md");
  }

  private static String because(Export e) {
    int n = e.foldedNorms().size();
    return n
        + (n == 1 ? " batch normalisation is" : " batch normalisations are")
        + (e.certain() ? "" : " probably")
        + " folded into the layers before "
        + (n == 1 ? "it" : "them");
  }

  private static Verdict copies(Export e) {
    List<Export.Merged> all = e.copies();
    Export.Merged first = all.getFirst();
    String others = all.size() == 1 ? "" : " (and " + (all.size() - 1) + " more tensors so)";
    return new Verdict(
        "symmetric",
        Level.WARN,
        first.tensor(),
        all.stream().mapToInt(m -> m.others().size()).sum(),
        1,
        "the exporter found this tensor equal to "
            + first.others().getFirst()
            + " and merged them"
            + others
            + ": these layers began as copies of one another; in this file they are one tensor,"
            + " used several times",
        "draw each layer by itself (a layer that was copied keeps its numbers: call"
            + " reset_parameters on every copy), then export with constant folding off",
        "docs/from-pytorch.md");
  }

  /// A failure of scale, where normalisations were folded away, is a warning.
  static Verdict softened(Verdict v, Export e) {
    boolean soft =
        v.level() == Level.FAIL && !e.foldedNorms().isEmpty() && OF_SCALE.contains(v.rule());
    return soft
        ? new Verdict(
            v.rule(),
            Level.WARN,
            v.at(),
            v.value(),
            v.threshold(),
            v.because(),
            v.doThis(),
            v.source())
        : v;
  }

  /// Neither yes nor no can be said of a network that the file does not hold.
  static Trainable softened(Trainable t, Export e) {
    return e.foldedNorms().isEmpty()
        ? t
        : new Trainable(
            Trainable.Answer.DOUBTFUL,
            Math.clamp(t.score(), .2, .8),
            because(e) + ", so this file does not hold the network that trains",
            t.contradicted(),
            t.conditions());
  }
}
