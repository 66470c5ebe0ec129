package org.fanin.plan;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A plan or recipe file as a tree of text, whoever parsed it. Readers of this package ask it for
/// what they want; what does not fit is an [IllegalArgumentException] with the line.
public sealed interface PlanNode {
  /// Where it starts, from 1.
  int line();

  /// @param plain written without quotes, so that `null` means nothing
  record Scalar(String text, boolean plain, int line) implements PlanNode {}

  record Sequence(List<PlanNode> items, int line) implements PlanNode {
    public Sequence {
      items = List.copyOf(items);
    }
  }

  /// Keys in the order of the file.
  record Mapping(Map<String, PlanNode> entries, int line) implements PlanNode {
    public Mapping {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    boolean has(String key) {
      return entries.containsKey(key);
    }

    /// @throws IllegalArgumentException when there is no such key
    PlanNode get(String key) {
      PlanNode n = entries.get(key);
      if (n == null) {
        throw fault("found " + entries.keySet() + ", wanted \"" + key + "\"");
      }
      return n;
    }

    /// @throws IllegalArgumentException naming the first key that is not among `known`
    void only(List<String> known) {
      for (Map.Entry<String, PlanNode> e : entries.entrySet()) {
        if (!known.contains(e.getKey())) {
          throw e.getValue().fault("unknown \"" + e.getKey() + "\", known are " + known);
        }
      }
    }
  }

  // ---- asking ----

  default IllegalArgumentException fault(String what) {
    return new IllegalArgumentException("line " + line() + ": " + what);
  }

  private String kind() {
    return switch (this) {
      case Scalar s ->
          "\"" + (s.text().length() > 60 ? s.text().substring(0, 60) : s.text()) + "\"";
      case Sequence _ -> "a list";
      case Mapping _ -> "a mapping";
    };
  }

  default Mapping mapping() {
    if (this instanceof Mapping m) {
      return m;
    }
    throw fault("found " + kind() + ", wanted a mapping");
  }

  default List<PlanNode> list() {
    if (this instanceof Sequence s) {
      return s.items();
    }
    throw fault("found " + kind() + ", wanted a list");
  }

  default String text() {
    if (this instanceof Scalar s) {
      return s.text();
    }
    throw fault("found " + kind() + ", wanted text");
  }

  default double number() {
    try {
      double v = Double.parseDouble(text());
      if (Double.isFinite(v)) {
        return v;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw fault("found " + kind() + ", wanted a finite number");
  }

  default long whole() {
    try {
      return Long.parseLong(text());
    } catch (NumberFormatException _) {
      throw fault("found " + kind() + ", wanted a whole number");
    }
  }

  default int small() {
    long v = whole();
    if (v < Integer.MIN_VALUE || v > Integer.MAX_VALUE) {
      throw fault("found " + v + ", wanted a smaller number");
    }
    return (int) v;
  }

  default boolean flag() {
    return switch (text()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw fault("found " + kind() + ", wanted true or false");
    };
  }

  /// @throws IllegalArgumentException naming the known words
  default <E extends Enum<E>> E word(Class<E> type) {
    String wanted = text().strip().replace('-', '_');
    for (E e : type.getEnumConstants()) {
      if (e.name().equalsIgnoreCase(wanted)) {
        return e;
      }
    }
    throw fault("found " + kind() + ", wanted one of " + List.of(type.getEnumConstants()));
  }
}
