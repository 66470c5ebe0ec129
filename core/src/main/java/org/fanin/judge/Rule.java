package org.fanin.judge;

import java.util.List;

/// One row of the verdict table (theory.md section 10, docs/verdicts.md). A rule that has nothing
/// to say returns an empty list. What needs a measurement is a [MeasuredRule].
sealed interface Rule
    permits ForwardScaleRule,
        GradientRule,
        AngleRule,
        AttentionRule,
        HeadScaleRule,
        PriorRule,
        PostNormRule,
        LotteryRule,
        SymmetryRule,
        NonFiniteRule,
        ZeroRule,
        PrecisionRule,
        CoverageRule,
        ExportRule {
  List<Verdict> apply(Case c);

  /// All rules, in the order of the documentation.
  static List<Rule> all() {
    return List.of(
        new NonFiniteRule(),
        new SymmetryRule(),
        new ZeroRule(),
        new ForwardScaleRule(),
        new GradientRule(),
        new AngleRule(),
        new AttentionRule(),
        new HeadScaleRule(),
        new PriorRule(),
        new PostNormRule(),
        new LotteryRule(),
        new PrecisionRule(),
        new CoverageRule(),
        new ExportRule());
  }
}
