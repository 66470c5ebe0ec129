package org.fanin.model;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A weights file, or several that belong together, opened but not read.
///
/// @param source as the user named it
/// @param format "safetensors", "onnx", "npz" or "pt"
/// @param tensors in file order, names unique
/// @param metadata free text of the file (safetensors `__metadata__`)
/// @param files every file it consists of
public record Checkpoint(
    String source,
    String format,
    List<StoredTensor> tensors,
    Map<String, String> metadata,
    List<Path> files) {
  public Checkpoint {
    tensors = List.copyOf(tensors);
    // Map.copyOf probes linearly: names that collide would take it for ever
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    files = List.copyOf(files);
  }
}
