package org.fanin.formats;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// The files of a model that is being rewritten, open for copying.
final class OnnxSources implements AutoCloseable {
  private final SourceFile model;
  private final Map<Path, SourceFile> data = new HashMap<>();

  OnnxSources(Path model) throws IOException {
    this.model = SourceFile.open(model);
  }

  SourceFile model() {
    return model;
  }

  /// @param file real path of external data
  SourceFile data(Path file) throws IOException {
    SourceFile known = data.get(file);
    if (known == null) {
      known = SourceFile.open(file);
      data.put(file, known);
    }
    return known;
  }

  /// Real paths of all external data files in use.
  Set<Path> dataFiles() {
    return data.keySet();
  }

  @Override
  public void close() throws IOException {
    try (model) {
      for (SourceFile f : data.values()) {
        f.close();
      }
    }
  }
}
