package org.fanin.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.fanin.audit.Finding;
import org.fanin.audit.Look;
import org.fanin.judge.Judgement;
import org.fanin.judge.Verdict;

/// What the audit of a network's own weights shows, as verdicts beside those of the forecast.
final class LookVerdicts {
  private LookVerdicts() {}

  /// @param known what has been said of a tensor already is not said again
  static List<Verdict> of(Look look, Judgement known) {
    Set<String> said =
        known.verdicts().stream()
            .filter(v -> v.level() == Verdict.Level.FAIL)
            .map(Verdict::at)
            .collect(Collectors.toSet());
    List<Verdict> found = new ArrayList<>();
    for (org.fanin.audit.Verdict v : look.units()) {
      List<String> names = v.tensors().stream().filter(n -> !said.contains(n)).toList();
      if (!names.isEmpty()) {
        found.add(verdict(v.finding(), names));
      }
    }
    return found;
  }

  private static Verdict verdict(Finding f, List<String> names) {
    String others = names.size() == 1 ? "" : " (and " + (names.size() - 1) + " more tensors)";
    return new Verdict(
        f.kind(),
        level(f.level()),
        names.getFirst(),
        f.value(),
        f.wanted(),
        f.says() + others + (f.effect().isEmpty() ? "" : ": " + f.effect()),
        "draw these weights independently",
        "Goodfellow et al. 2016, section 8.4; docs/audit.md");
  }

  private static Verdict.Level level(Finding.Level level) {
    return switch (level) {
      case FAIL -> Verdict.Level.FAIL;
      case WARN -> Verdict.Level.WARN;
      case NOTE -> Verdict.Level.NOTE;
    };
  }
}
