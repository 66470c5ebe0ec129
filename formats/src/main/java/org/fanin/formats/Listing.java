package org.fanin.formats;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;

/// The tensors of a checkpoint while they are collected: every name once, all of them paid for.
final class Listing {
  /// What a tensor takes here and in the stages after reading: an audit of 20,000 arrays held 50
  /// MB.
  private static final int COST = 2000;

  private final String source;
  private final Budget budget;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  Listing(String source, Budget budget) {
    this.source = source;
    this.budget = budget;
  }

  void add(StoredTensor tensor) throws ModelFormatException {
    budget.charge(COST + 2L * (tensor.name().length() + tensor.where().length()));
    if (tensors.putIfAbsent(tensor.name(), tensor) != null) {
      throw new ModelFormatException(
          source + ": tensor " + OnnxContext.quoted(tensor.name()), "two of this name", "one");
    }
  }

  StoredTensor get(String name) {
    return tensors.get(name);
  }

  List<StoredTensor> all() {
    return List.copyOf(tensors.values());
  }
}
