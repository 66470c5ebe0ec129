package org.fanin.torch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// NAME.truth.json: what was measured in double precision on the shipped weights, input and
/// cotangent, to 7 digits.
record Truth(Map<String, Object> json) {
  static Truth of(Path file) throws IOException {
    try (JsonParser p = new JsonFactory().createParser(file.toFile())) {
      p.nextToken();
      return new Truth(map(value(p)));
    }
  }

  /// New name → old name, from a file that says it the other way round.
  static Map<String, String> names(Path file) throws IOException {
    Map<String, String> r = new LinkedHashMap<>();
    of(file).json().forEach((old, now) -> r.put((String) now, old));
    return r;
  }

  long batch() {
    return ((Number) json.get("batch")).longValue();
  }

  boolean dropoutActive() {
    return Boolean.TRUE.equals(map(json.get("check")).get("dropout_active_in_stats"));
  }

  /// Tensor name → quantity → value, on the shipped data.
  Map<String, Map<String, Double>> exact() {
    Map<String, Map<String, Double>> all = new LinkedHashMap<>();
    map(json.get("tensors"))
        .forEach(
            (name, t) -> {
              Map<String, Double> q = new LinkedHashMap<>();
              map(map(t).get("exact"))
                  .forEach(
                      (k, v) -> {
                        if (v instanceof Number n) {
                          q.put(k, n.doubleValue());
                        }
                      });
              all.put(name, q);
            });
    return all;
  }

  /// How many re-initialisations.
  int reinits() {
    return ((Number) json.get("reinits")).intValue();
  }

  /// Mean, standard deviation and geometric mean over re-initialisations.
  record Reinit(double mean, double sd, double typical) {}

  /// Of `m2` or `gm2`, by tensor.
  Map<String, Reinit> reinit(String what) {
    Map<String, Reinit> all = new LinkedHashMap<>();
    map(json.get("tensors"))
        .forEach(
            (name, t) -> {
              if (map(map(t).get("reinit")).get(what) instanceof List<?> l) {
                double third = l.size() > 2 && l.get(2) instanceof Number g ? g.doubleValue() : 0;
                all.put(name, new Reinit((double) l.get(0), (double) l.get(1), third));
              }
            });
    return all;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object o) {
    return (Map<String, Object>) o;
  }

  private static Object value(JsonParser p) throws IOException {
    return switch (p.currentToken()) {
      case START_OBJECT -> {
        Map<String, Object> m = new LinkedHashMap<>();
        while (p.nextToken() != JsonToken.END_OBJECT) {
          String key = p.currentName();
          p.nextToken();
          m.put(key, value(p));
        }
        yield m;
      }
      case START_ARRAY -> {
        List<Object> l = new ArrayList<>();
        while (p.nextToken() != JsonToken.END_ARRAY) {
          l.add(value(p));
        }
        yield l;
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> p.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> p.getText();
    };
  }
}
