package org.fanin.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.graph.Fan;
import org.fanin.math.TruncatedNormal;
import org.fanin.plan.Scheme;
import org.fanin.plan.TensorSpec;

/// What the scheme itself does wrong, with the fans at hand.
final class DrawFindings {
  private DrawFindings() {}

  /// @param byName all tensors of the file
  static List<Finding> of(Examined e, Recognition drawn, Map<String, Examined> byName) {
    List<Finding> found = new ArrayList<>();
    String scheme = drawn.scheme().orElse("");
    if (scheme.contains("(uncorrected)")) {
      double kept = TruncatedNormal.variance(2);
      found.add(
          Finding.warn(
              "uncorrected-truncation",
              "cut at ±2σ without making up for it: E w² is "
                  + Numbers.two(kept)
                  + " of what the scheme promises",
              "×" + Numbers.two(kept) + " on the second moment in every such layer",
              kept,
              1));
    }
    groups(e, drawn, found);
    overGroups(e, drawn, found);
    forgetBias(e, byName, found);
    return found;
  }

  /// PyTorch's fan_out does not divide by groups.
  private static void groups(Examined e, Recognition drawn, List<Finding> found) {
    int groups = e.site().spec().fan().flatMap(f -> f.axes()).map(a -> a.groups()).orElse(1);
    if (groups > 1 && drawn.fans().startsWith("as PyTorch") && drawn.scheme().isPresent()) {
      found.add(
          Finding.note(
              "groups-not-divided",
              "fan_out was counted over all " + groups + " groups",
              "E w² is 1/" + groups + " of what " + drawn.scheme().get() + " means",
              groups,
              1));
    }
  }

  /// Fans that count the channels of all groups for each.
  private static void overGroups(Examined e, Recognition drawn, List<Finding> found) {
    Optional<Scheme> scheme = drawn.scheme().flatMap(Named::scheme).filter(Named::isByFans);
    if (!drawn.fans().equals(Site.OVER_GROUPS) || scheme.isEmpty()) {
      return;
    }
    Fan f = e.site().groupedFan().orElseThrow();
    double right = scheme.get().variance(f.in(), f.out());
    int groups = e.site().groups();
    boolean known = e.site().spec().fan().flatMap(Fan::axes).orElseThrow().groups() > 1;
    String of = Numbers.of(drawn.variance() / right) + " of " + drawn.scheme().get() + "'s";
    String says =
        "fans counted over all "
            + groups
            + (known ? " groups" : " groups that the layer before would give")
            + ": E w² is "
            + of;
    found.add(
        Finding.fail(
            "depthwise-fan",
            says,
            "each unit sees one group only: its signal shrinks as much",
            drawn.variance() / right,
            1));
  }

  /// PyTorch has two biases that are added: the recurrent one counts with the input's.
  private static void forgetBias(Examined e, Map<String, Examined> byName, List<Finding> found) {
    Examined second = byName.get(e.name().replace("bias_ih", "bias_hh"));
    boolean isSecond = byName.containsKey(e.name().replace("bias_hh", "bias_ih"));
    if (forgets(e).isEmpty() || isSecond && e.name().contains("bias_hh")) {
      return;
    }
    double bias = forgets(e).getAsDouble();
    if (second != null && second != e) {
      bias += forgets(second).orElse(0);
    }
    if (bias < 0.4) {
      found.add(
          Finding.note(
              "forget-bias",
              "the forget gate's bias is " + Numbers.of(bias) + " on average; 1 is usual",
              "the state halves every step at the start (Jozefowicz et al. 2015)",
              bias,
              1));
    }
  }

  /// Sum over the forget gate's parts of their means.
  private static OptionalDouble forgets(Examined e) {
    TensorSpec s = e.site().spec();
    List<Moments> parts = e.facts().parts();
    if (!e.site().isBias() || s.gates().indexOf('f') < 0 || parts.size() != s.gates().length()) {
      return OptionalDouble.empty();
    }
    double bias = 0;
    for (int i = 0; i < parts.size(); i++) {
      bias += s.gates().charAt(i) == 'f' ? parts.get(i).mean() : 0;
    }
    return OptionalDouble.of(bias);
  }
}
