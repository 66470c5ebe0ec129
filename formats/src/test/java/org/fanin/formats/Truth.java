package org.fanin.formats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// NAME.truth.json: what was measured over fresh initialisations of the example networks.
record Truth(Map<String, Object> json) {

  static Truth of(String name) throws IOException {
    Path file = Examples.file(name + ".truth.json");
    return new Truth(map(JsonTree.parse(Files.readString(file))));
  }

  long batch() {
    return ((Number) json.get("batch")).longValue();
  }

  /// Geometric mean over initialisations of `key` for every scored tensor (node outputs that depend
  /// on the input).
  Map<String, Double> typical(String key) {
    Map<String, Double> r = new LinkedHashMap<>();
    map(json.get("tensors"))
        .forEach(
            (name, value) -> {
              Map<String, Object> t = map(value);
              Object stats = map(t.get("reinit")).get(key);
              boolean scored = "node".equals(t.get("kind")) && !Boolean.FALSE.equals(t.get("data"));
              if (scored && stats instanceof List<?> l) {
                Object geometric = l.size() > 2 && l.get(2) != null ? l.get(2) : l.get(0);
                r.put(name, ((Number) geometric).doubleValue());
              }
            });
    return r;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object o) {
    return (Map<String, Object>) o;
  }
}
