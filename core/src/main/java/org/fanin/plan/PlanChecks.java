package org.fanin.plan;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What could make two tensors start identical, or look as if they did. Names are the addresses of
/// the random bits, so different names differ; copies of one layer have different names and differ,
/// too.
public final class PlanChecks {
  private PlanChecks() {}

  /// @throws IllegalArgumentException for a name that is no Unicode text: two such names could have
  ///   the same bytes
  static void text(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < name.length()
              && Character.isLowSurrogate(name.charAt(i + 1));
      if (Character.isSurrogate(c) && !pair) {
        throw new IllegalArgumentException(
            "the tensor name " + PlanText.quoted(name) + " is no Unicode text");
      }
      i += pair ? 1 : 0;
    }
  }

  /// Names that look alike because they differ only in how Unicode composes letters. They are
  /// different addresses and start differently; a reader should know.
  ///
  /// @return one sentence per group, in order of name
  public static List<String> lookalikes(InitPlan plan) {
    Map<String, List<String>> same = new TreeMap<>();
    for (TensorPlan t : plan.tensors()) {
      String n = Normalizer.normalize(t.name(), Normalizer.Form.NFKC);
      same.computeIfAbsent(n, _ -> new ArrayList<>()).add(t.name());
    }
    List<String> found = new ArrayList<>();
    same.forEach(
        (name, names) -> {
          if (names.size() > 1) {
            found.add(
                names.size()
                    + " tensors are named "
                    + name
                    + " but for the composition of letters: they are drawn apart");
          }
        });
    return found;
  }
}
