package org.fanin.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.fanin.judge.Condition;
import org.fanin.judge.HeadLoss;
import org.fanin.judge.Numbers;
import org.fanin.judge.Trainable;
import org.fanin.judge.Verdict;
import org.fanin.judge.Verdict.Level;

/// The verdicts, whether the network will train, and what to do next.
final class VerdictText {
  private final CheckReport report;
  private final Page page;
  private final Style style;
  private final MeasuredText measured;

  VerdictText(CheckReport report, MeasuredText measured, Page page) {
    this.report = report;
    this.page = page;
    style = page.style();
    this.measured = measured;
  }

  void verdicts() {
    page.put("");
    for (Verdict v : report.judgement().verdicts()) {
      String limit =
          Double.isNaN(v.value()) || Double.isNaN(v.threshold())
              ? ""
              : " (" + Numbers.of(v.value()) + ", limit " + Numbers.of(v.threshold()) + ")";
      String head = mark(v.level()) + " " + v.rule() + " at " + v.at() + limit;
      page.put(style.paint(ink(v.level()), page.fitted(page.clean(head))));
      page.wrapped("    ", v.because());
      if (v.level() == Level.FAIL || v.level() == Level.WARN) {
        measured.beside(v.at()).ifPresent(m -> page.wrapped("    measured: ", m));
      }
      if (!v.doThis().startsWith("nothing")) {
        page.wrapped("    do: ", v.doThis());
      }
      page.wrapped("    source: ", v.source());
    }
  }

  private static String mark(Level level) {
    return switch (level) {
      case OK -> "✓";
      case WARN -> "!";
      case FAIL -> "✗";
      case BY_DESIGN, NOTE -> "·";
    };
  }

  private static Style.Ink ink(Level level) {
    return switch (level) {
      case OK -> Style.Ink.GREEN;
      case WARN -> Style.Ink.YELLOW;
      case FAIL -> Style.Ink.RED;
      case BY_DESIGN, NOTE -> Style.Ink.BLUE;
    };
  }

  void answer() {
    Trainable t = report.judgement().trainable();
    Style.Ink ink =
        switch (t.answer()) {
          case YES -> Style.Ink.GREEN;
          case NO -> Style.Ink.RED;
          case DOUBTFUL -> Style.Ink.YELLOW;
        };
    page.put("");
    loss();
    String head = "trainable: " + t.answer().name().toLowerCase(Locale.ROOT) + conditions(t);
    String rest = String.format(Locale.ROOT, " (score %.2f): ", t.score()) + t.because();
    List<String> lines = Text.wrap(page.clean(head + rest), style.width());
    page.put(style.paint(ink, lines.getFirst()));
    lines.stream().skip(1).forEach(page::put);
    NextStep.of(report).ifPresent(this::next);
  }

  /// Code stands at the margin and is not cut, so that it can be pasted.
  private void next(NextStep next) {
    page.put("");
    page.wrapped("next: ", next.command());
    next.torch()
        .ifPresent(
            init -> {
              page.wrapped("or ", "in PyTorch, with the network as model" + left(init) + ":");
              page.put("");
              TorchCode.lines(init, style.width()).forEach(l -> page.put(page.clean(l)));
            });
  }

  private static String left(TorchInit init) {
    int n = init.left().size();
    return n == 0
        ? ""
        : " (" + init.left().getFirst() + (n == 1 ? "" : " and " + (n - 1) + " more") + " left)";
  }

  private static String conditions(Trainable t) {
    return t.conditions().isEmpty()
        ? ""
        : t.conditions().stream()
            .map(Condition::words)
            .collect(Collectors.joining(" and ", ", with ", ""));
  }

  private void loss() {
    report
        .judgement()
        .loss()
        .filter(l -> l.kind() != HeadLoss.Kind.ASSUMED)
        .ifPresent(
            l ->
                page.wrapped(
                    "",
                    String.format(
                        Locale.ROOT,
                        "loss at the start: cross-entropy %s, where ln %d = %s",
                        Numbers.of(l.crossEntropy()),
                        l.classes(),
                        Numbers.of(l.lnClasses()))));
  }
}
