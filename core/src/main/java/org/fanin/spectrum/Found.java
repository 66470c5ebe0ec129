package org.fanin.spectrum;

import java.util.Optional;
import java.util.function.Function;

/// A result, or why there is none.
public sealed interface Found<T> {
  record Known<T>(T value) implements Found<T> {}

  /// @param because one sentence without a full stop
  record Unknown<T>(String because) implements Found<T> {}

  default Optional<T> known() {
    return switch (this) {
      case Known<T>(T v) -> Optional.of(v);
      case Unknown<T> _ -> Optional.empty();
    };
  }

  default <R> Found<R> map(Function<T, R> f) {
    return switch (this) {
      case Known<T>(T v) -> new Known<>(f.apply(v));
      case Unknown<T>(String because) -> new Unknown<>(because);
    };
  }
}
