package org.fanin.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;
import org.fanin.tensor.Shape;

/// Specs from names and shapes.
final class NameSpecs {
  /// Longer names come from no library, and expressions must not be slow on them.
  private static final int LONGEST = 300;

  private final List<Specs.Named> tensors;
  private final Map<String, Shape> shapes = new HashMap<>();
  private final Blocks blocks;
  private final NameRules rules;
  private final NameFans fans;

  NameSpecs(List<Specs.Named> tensors) {
    this.tensors = List.copyOf(tensors);
    List<String> names = new ArrayList<>();
    for (Specs.Named t : tensors) {
      names.add(plain(t.name()));
      shapes.put(plain(t.name()), t.shape());
    }
    blocks = new Blocks(names);
    rules = new NameRules(shapes);
    fans = new NameFans(shapes, names, width());
  }

  /// Lower case, dots between parts, without Keras' `:0` and the wrappers of compilers and data
  /// parallelism.
  static String plain(String name) {
    if (name.length() > LONGEST) {
      return "a name of " + name.length() + " characters #" + name.hashCode();
    }
    String n = name.toLowerCase(Locale.ROOT).replace('/', '.');
    n = n.endsWith(":0") ? n.substring(0, n.length() - 2) : n;
    for (String wrapper : List.of("_orig_mod.", "module.", "_fsdp_wrapped_module.")) {
      n = n.startsWith(wrapper) ? n.substring(wrapper.length()) : n;
    }
    return n.contains("base_layer.") || n.contains("modules_to_save.") ? adapted(n) : n;
  }

  /// A weight that an adapter of PEFT wraps stands where it stood before.
  private static String adapted(String name) {
    String n = name.replace(".base_layer.", ".").replace(".modules_to_save.default.", ".");
    return n.startsWith("base_model.model.") ? n.substring("base_model.model.".length()) : n;
  }

  /// The width that most norm scales have: the model's, where there is one.
  private long width() {
    Map<Long, Integer> votes = new HashMap<>();
    long best = 0;
    for (Map.Entry<String, Shape> e : shapes.entrySet()) {
      if (e.getValue().rank() == 1 && e.getKey().contains("norm")
          || e.getKey().matches(".*\\bln_?\\w{0,8}\\.weight")) {
        votes.merge(e.getValue().count(), 1, Integer::sum);
      }
    }
    for (Map.Entry<Long, Integer> e : votes.entrySet()) {
      int own = votes.getOrDefault(best, 0);
      boolean more = e.getValue() > own || e.getValue() == own && e.getKey() > best;
      best = more ? e.getKey() : best;
    }
    return best;
  }

  List<TensorSpec> all() {
    Set<String> heads = heads();
    List<TensorSpec> all = new ArrayList<>();
    for (Specs.Named t : tensors) {
      all.add(spec(t, heads));
    }
    return List.copyOf(all);
  }

  /// Of `classifier.1`, `classifier.4`, `classifier.6` only the last is the head.
  private Set<String> heads() {
    Map<String, String> last = new HashMap<>();
    Map<String, Integer> number = new HashMap<>();
    for (String n : shapes.keySet()) {
      java.util.regex.Matcher m = NameRules.NUMBERED_HEAD.matcher(n);
      if (m.matches() && shapes.get(n).rank() >= 2) {
        int at = Integer.parseInt(m.group(2));
        if (at >= number.getOrDefault(m.group(1), -1)) {
          number.put(m.group(1), at);
          last.put(m.group(1), n);
        }
      }
    }
    return new HashSet<>(last.values());
  }

  private TensorSpec spec(Specs.Named t, Set<String> heads) {
    String n = plain(t.name());
    NameRules.Guess g = rules.guess(n, t.shape(), t.dtype(), heads);
    boolean outside = g.role() == Role.HEAD || g.role() == Role.EMBEDDING || g.role() == Role.TIED;
    Blocks.Place at = outside ? Blocks.Place.NOWHERE : blocks.of(n);
    Optional<Fan> fan =
        hasFan(g.role()) ? Optional.ofNullable(fans.of(n, t.shape(), g.role())) : Optional.empty();
    String because = "name: " + g.because() + fan.map(f -> "; " + f.because()).orElse("");
    boolean end = rules.endsBranch(n, g.role());
    return new TensorSpec(
        t.name(),
        t.shape(),
        t.dtype(),
        g.role(),
        fan,
        end,
        at.index(),
        at.count(),
        "",
        because,
        fans.gates(n, g.role()));
  }

  private static boolean hasFan(Role role) {
    return switch (role) {
      case WEIGHT, HEAD, TIED, STACKED, FUSED_QKV, EMBEDDING, LSTM_INPUT, LSTM_RECURRENT -> true;
      case BIAS,
          NORM_SCALE,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          POSITION,
          CLASS_TOKEN,
          GATE,
          LAYER_SCALE,
          LSTM_BIAS,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          false;
    };
  }
}
