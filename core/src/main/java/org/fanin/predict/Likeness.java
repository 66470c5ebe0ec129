package org.fanin.predict;

import java.util.Objects;

/// In what way elements of a weight start identical.
///
/// @param of name of the tensor that this one is a copy of; empty for the other kinds
/// @param repeated rows that repeat another one; 0 for the other kinds
/// @param rows all rows
public record Likeness(Kind kind, String of, long repeated, long rows) {
  public enum Kind {
    /// All elements are equal: units are identical.
    ALL_EQUAL,
    /// At least half of the rows repeat another: these units are identical.
    ROWS,
    /// A whole tensor equals that of another layer. Layers at different depth see different inputs,
    /// so training does part them; one that started independent is lost all the same.
    COPY
  }

  public Likeness {
    Objects.requireNonNull(kind);
    if ((kind == Kind.COPY) == of.isEmpty() || (kind == Kind.ROWS) != repeated > 0) {
      throw new IllegalArgumentException(kind + " of '" + of + "', " + repeated + " rows");
    }
  }

  static Likeness allEqual() {
    return new Likeness(Kind.ALL_EQUAL, "", 0, 0);
  }

  /// Whether units of one layer are identical: they get identical gradients and stay identical.
  public boolean isForGood() {
    return switch (kind) {
      case ALL_EQUAL, ROWS -> true;
      case COPY -> false;
    };
  }

  /// In words.
  public String text() {
    return switch (kind) {
      case ALL_EQUAL -> "all elements are equal";
      case ROWS -> repeated + " of " + rows + " rows repeat another";
      case COPY -> "identical to " + of;
    };
  }
}
