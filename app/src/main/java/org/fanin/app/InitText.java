package org.fanin.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.fanin.app.InitPlanner.Effect;
import org.fanin.app.InitPlanner.Planned;
import org.fanin.formats.Sizes;
import org.fanin.formats.WriteReport;
import org.fanin.math.NumberText;
import org.fanin.plan.InitPlan;
import org.fanin.report.Plain;
import org.fanin.report.PlanTable;
import org.fanin.report.Style;

/// What `init` tells a person: the plan, what it does, what was written.
final class InitText {
  private static final int FEW = 4;

  private InitText() {}

  static List<String> render(InitSource source, Planned planned, InitOutcome outcome, Style style) {
    List<String> lines = new ArrayList<>(PlanTable.render(planned.plan(), style));
    kept(planned.plan(), style, lines);
    if (!source.inputs().notes().isEmpty()) {
      measured(source.inputs().notes(), style, lines);
    }
    planned.lsuv().ifPresent(r -> measured(LsuvText.summary(r, source.inputs()), style, lines));
    effect(planned, style, lines);
    outcome.report().ifPresent(r -> written(r, outcome.seconds(), lines));
    outcome.verification().ifPresent(v -> lines.addAll(VerifyText.render(v, style)));
    if (outcome.report().isEmpty()) {
      lines.add("");
      lines.add("nothing written (--plan-only)");
    }
    return lines;
  }

  private static void measured(List<String> sentences, Style style, List<String> lines) {
    lines.add("");
    for (String s : sentences) {
      lines.addAll(Plain.wrap(Console.oneLine(s), style.width(), style.unicode()));
    }
  }

  private static void kept(InitPlan plan, Style style, List<String> lines) {
    if (plan.kept().isEmpty()) {
      return;
    }
    lines.add("");
    lines.add(plan.kept().size() + " tensors keep the values they have:");
    int shown = style.fold() ? Math.min(FEW, plan.kept().size()) : plan.kept().size();
    for (InitPlan.Kept k : plan.kept().subList(0, shown)) {
      String text = Console.oneLine(k.name() + ": " + k.because());
      for (String line : Plain.wrap(text, style.width() - 2, style.unicode())) {
        lines.add("  " + line);
      }
    }
    if (shown < plan.kept().size()) {
      lines.add("  and " + (plan.kept().size() - shown) + " more (--all shows them)");
    }
  }

  private static void effect(Planned p, Style style, List<String> lines) {
    if (p.before().isEmpty() || p.after().isEmpty()) {
      return;
    }
    Effect b = p.before().get();
    Effect a = p.after().get();
    lines.add("");
    lines.add("predicted                                   file's weights   this plan");
    lines.add(
        row("signal across depth, log10(max/min)", b.evenness().signal(), a.evenness().signal()));
    lines.add(
        row(
            "gradient across depth, log10(max/min)",
            b.evenness().gradient(),
            a.evenness().gradient()));
    lines.add(String.format(Locale.ROOT, "  %-40s  %14s  %10s", "trainable", answer(b), answer(a)));
    if (!p.remaining().isEmpty()) {
      lines.add("");
      lines.add("What the plan leaves:");
      for (String text : p.remaining()) {
        for (String line : Plain.wrap(Console.oneLine(text), style.width() - 2, style.unicode())) {
          lines.add("  " + line);
        }
      }
    }
  }

  private static String row(String what, double before, double after) {
    return String.format(Locale.ROOT, "  %-40s  %14.2f  %10.2f", what, before, after);
  }

  private static String answer(Effect e) {
    return e.judgement().trainable().answer().name().toLowerCase(Locale.ROOT);
  }

  /// Bytes from which the time is the writing's, not the program's.
  private static final double WORTH_A_SPEED = 1 << 26;

  private static void written(WriteReport report, double seconds, List<String> lines) {
    lines.add("");
    for (WriteReport.Written w : report.files()) {
      String hash = w.sha256().isEmpty() ? "" : "  sha256 " + w.sha256();
      lines.add("wrote " + w.file() + "  " + Sizes.text(w.bytes()) + hash);
    }
    if (report.verified() > 0) {
      lines.add(Sizes.text(report.verified()) + " were there already, and verified");
    }
    report.damaged().forEach(d -> lines.add("damaged, written again: " + d));
    double fresh = report.bytes() - report.verified();
    if (fresh >= WORTH_A_SPEED) {
      lines.add(NumberText.fixed(seconds, 1) + " s, " + NumberText.rate(fresh / seconds));
    }
  }
}
