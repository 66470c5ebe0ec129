package org.fanin.plan;

import java.util.Optional;
import java.util.OptionalLong;
import org.fanin.tensor.DType;

/// What a user says beside the recipe.
///
/// @param overrides schemes for tensors by name, before any rule
/// @param paddingRow row of every embedding that is zero
/// @param dtype type of all floating tensors; empty keeps each its own
/// @param stochastic rounds types narrower than f32 stochastically
public record PlanOptions(
    Overrides overrides, OptionalLong paddingRow, Optional<DType> dtype, boolean stochastic) {
  public PlanOptions {
    if (dtype.isPresent() && !dtype.get().floating()) {
      throw new IllegalArgumentException("weights are floating, not " + dtype.get());
    }
  }

  public static PlanOptions none() {
    return new PlanOptions(Overrides.none(), OptionalLong.empty(), Optional.empty(), false);
  }

  public PlanOptions with(Overrides other) {
    return new PlanOptions(other, paddingRow, dtype, stochastic);
  }

  public PlanOptions withPaddingRow(long row) {
    return new PlanOptions(overrides, OptionalLong.of(row), dtype, stochastic);
  }

  public PlanOptions withDtype(DType type) {
    return new PlanOptions(overrides, paddingRow, Optional.of(type), stochastic);
  }

  TensorSpec typed(TensorSpec s) {
    return dtype.isPresent() && s.dtype().floating() ? s.withDtype(dtype.get()) : s;
  }
}
