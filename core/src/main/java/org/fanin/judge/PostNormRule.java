package org.fanin.judge;

import java.util.List;
import java.util.Locale;
import org.fanin.judge.Verdict.Level;

/// Deep post-LN: the last blocks' gradients do not shrink with depth as those of pre-LN do (O(1)
/// against O(1/√L), Xiong et al. 2020, theorem 1), so that a full learning rate breaks them at the
/// start.
record PostNormRule() implements Rule {
  @Override
  public List<Verdict> apply(Case c) {
    PostNorm p = c.postNorm;
    if (!p.isDeep()) {
      return List.of();
    }
    int n = p.norms().size();
    double first = p.lnG().getFirst();
    double last = p.lnG().getLast();
    double decades = Numbers.decades(last - first);
    String because =
        String.format(
            Locale.ROOT,
            "%d norms stand behind residual sums (post-LN), which keeps the last block's gradient as"
                + " large however deep the network is: its second moment is %s at the last norm and %s"
                + " at the first (×%s per norm on its way back); SGD without warm-up will not train it",
            n,
            Numbers.ofLn(last),
            Numbers.ofLn(first),
            Numbers.ofLn((first - last) / (n - 1)));
    return List.of(
        new Verdict(
            "post-ln",
            Level.WARN,
            c.layer(c.graph.value(p.norms().getLast()).producer()),
            Double.isFinite(decades) ? decades : Double.NaN,
            Double.NaN,
            because,
            "warm the learning rate up (some thousand steps, Adam), or move each norm to the start of"
                + " its branch (pre-LN), or scale branches down (DeepNorm, T-Fixup)",
            "Xiong et al. 2020; Liu et al. 2020 (Admin)"));
  }
}
