package org.fanin.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.fanin.compare.Verification;
import org.fanin.compare.Verification.Layer;
import org.fanin.compare.Verification.Spread;
import org.fanin.report.Style;

/// What `--verify` measured, for a person.
final class VerifyText {
  private static final int FEW = 24;
  private static final int NUMBERS = 3 * 21;

  private VerifyText() {}

  static List<String> render(Verification v, Style style) {
    List<String> lines = new ArrayList<>();
    int name = Math.max(12, style.width() - NUMBERS);
    lines.add("");
    lines.add("measured with " + v.engine() + ", old weights > new weights");
    lines.add(line("layer", "std", "m2", "gm2", name));
    int n = v.layers().size();
    int ends = style.fold() && n > FEW ? FEW / 2 : n;
    for (int i = 0; i < n; i++) {
      if (i < ends || i >= n - ends) {
        lines.add(layer(v.layers().get(i), name));
      } else if (i == ends) {
        lines.add("  and " + (n - 2 * ends) + " more (--all shows them)");
      }
    }
    lines.add(spread("signal", v.signal()));
    lines.add(spread("gradient", v.gradient()));
    if (v.asPlanned()) {
      lines.add("the measurement is as planned");
    }
    return lines;
  }

  private static String layer(Layer l, int name) {
    return line(
        Console.oneLine(l.node()),
        pair(l.before().std(), l.after().std()),
        pair(l.before().m2(), l.after().m2()),
        pair(l.before().gm2(), l.after().gm2()),
        name);
  }

  private static String line(String layer, String std, String m2, String gm2, int name) {
    int cut = Math.max(0, layer.length() - name);
    return String.format(
        Locale.ROOT, "%-" + name + "s %20s %20s %20s", layer.substring(cut), std, m2, gm2);
  }

  private static String pair(double before, double after) {
    return number(before) + " > " + number(after);
  }

  private static String number(double x) {
    return Double.isNaN(x) ? "-" : String.format(Locale.ROOT, "%.3g", x);
  }

  private static String spread(String what, Spread s) {
    return String.format(
        Locale.ROOT,
        "%s over the layers, log10(max/min): %.2f > %.2f, predicted %.2f",
        what,
        s.before(),
        s.after(),
        s.predicted());
  }
}
