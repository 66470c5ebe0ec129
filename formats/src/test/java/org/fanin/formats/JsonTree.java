package org.fanin.formats;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Whole JSON documents as maps, lists, strings, doubles and booleans, for the tests of this module
/// and of the command line.
public final class JsonTree {
  private JsonTree() {}

  /// @throws IOException when the text is not one document, or a key stands twice in an object
  public static Object parse(String text) throws IOException {
    try (JsonParser p = new JsonFactory().createParser(text)) {
      p.nextToken();
      Object value = value(p);
      if (p.nextToken() != null) {
        throw new IOException("more than one document");
      }
      return value;
    }
  }

  private static Object value(JsonParser p) throws IOException {
    return switch (p.currentToken()) {
      case START_OBJECT -> {
        Map<String, Object> m = new LinkedHashMap<>();
        while (p.nextToken() != JsonToken.END_OBJECT) {
          String key = p.currentName();
          p.nextToken();
          if (m.containsKey(key)) {
            throw new IOException("key twice: " + key);
          }
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
      case VALUE_STRING -> p.getText();
      case VALUE_NULL -> null;
      case VALUE_TRUE, VALUE_FALSE -> p.getBooleanValue();
      default -> p.getDoubleValue();
    };
  }
}
