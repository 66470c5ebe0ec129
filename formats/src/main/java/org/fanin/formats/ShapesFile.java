package org.fanin.formats;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedInputStream;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Reads what tensors a network has from JSON, without a network: `{"layer.weight": [64, 32], …}`,
/// or with types `{"layer.weight": {"shape": [64, 32], "dtype": "BF16"}, …}`, mixed at will.
public final class ShapesFile {
  private static final int COST = 400;
  private static final long MOST_ELEMENTS = Long.MAX_VALUE / 16;

  private final String source;
  private final JsonParser json;
  private final Budget budget;
  private final Set<String> names = new HashSet<>();

  /// @param dtype empty when the file does not say
  public record Entry(String name, Optional<DType> dtype, Shape shape) {}

  private ShapesFile(String source, JsonParser json) {
    this.source = source;
    this.json = json;
    this.budget = Budget.ofThisJvm(source);
  }

  /// @return the tensors in file order, names unique, at least one
  /// @throws ModelFormatException if the file is something else, naming line and column
  /// @throws IOException if it cannot be read at all
  public static List<Entry> read(Path file) throws ModelFormatException, IOException {
    if (Files.isDirectory(file)) {
      throw new ModelFormatException(file.toString(), "a folder", "a JSON file of shapes");
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file));
        JsonParser json = new JsonFactory().createParser(in)) {
      return new ShapesFile(file.toString(), json).entries();
    }
  }

  private List<Entry> entries() throws ModelFormatException, IOException {
    try {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw bad(found(), "an object: {\"tensor.name\": [64, 32], …}");
      }
      List<Entry> all = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_OBJECT) {
        all.add(entry(json.currentName()));
      }
      if (json.nextToken() != null) {
        throw bad(found() + " after the end", "nothing");
      }
      if (all.isEmpty()) {
        throw bad("no tensors", "at least one");
      }
      return all;
    } catch (JsonProcessingException e) {
      throw bad(e.getLocation(), "no JSON: " + e.getOriginalMessage(), "a JSON file of shapes", e);
    } catch (CharConversionException e) {
      throw bad(json.currentLocation(), "bytes that are no text", "UTF-8", e);
    }
  }

  private Entry entry(String name) throws ModelFormatException, IOException {
    budget.charge(COST + 2L * name.length());
    if (name.isEmpty()) {
      throw bad("a tensor without a name", "a name");
    }
    if (!names.add(name)) {
      throw bad("a second tensor " + OnnxContext.quoted(name), "one");
    }
    json.nextToken();
    Optional<DType> dtype = Optional.empty();
    Shape shape = null;
    switch (json.currentToken()) {
      case START_ARRAY -> shape = shape(name);
      case START_OBJECT -> {
        Set<String> seen = new HashSet<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
          String key = json.currentName();
          json.nextToken();
          if (!seen.add(key)) {
            throw bad("a second " + OnnxContext.quoted(key), "one");
          }
          switch (key) {
            case "shape" -> shape = shape(name);
            case "dtype" -> dtype = Optional.of(dtype());
            default -> throw bad("key " + OnnxContext.quoted(key), "\"shape\" or \"dtype\"");
          }
        }
      }
      default -> throw bad(found() + " for " + OnnxContext.quoted(name), "its shape: [64, 32]");
    }
    if (shape == null) {
      throw bad("no shape for " + OnnxContext.quoted(name), "\"shape\": [64, 32]");
    }
    return new Entry(name, dtype, shape);
  }

  private DType dtype() throws ModelFormatException, IOException {
    String text = json.currentToken() == JsonToken.VALUE_STRING ? json.getText() : "";
    Optional<DType> t = DTypeNames.parse(text);
    if (t.isEmpty()) {
      throw bad(
          "type " + (text.isEmpty() ? found() : OnnxContext.quoted(text)), "F32, BF16, F16 …");
    }
    return t.get();
  }

  private Shape shape(String name) throws ModelFormatException, IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw bad(found() + " as shape of " + OnnxContext.quoted(name), "an array: [64, 32]");
    }
    List<Long> dims = new ArrayList<>(4);
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
          || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || json.getLongValue() < 0) {
        throw bad(found() + " as an extent", "a whole number, 0 or more, below 2^63");
      }
      if (dims.size() == OnnxTensors.MAX_RANK) {
        throw bad("more than " + OnnxTensors.MAX_RANK + " axes", "fewer");
      }
      dims.add(json.getLongValue());
    }
    try {
      Shape s = Shape.of(dims.stream().mapToLong(Long::longValue).toArray());
      if (s.count() <= MOST_ELEMENTS) {
        return s;
      }
    } catch (IllegalArgumentException _) {
      // reported below: too many elements to count are too many
    }
    throw bad("shape " + dims, "fewer than 2^59 elements");
  }

  private String found() throws IOException {
    JsonToken t = json.currentToken();
    if (t == null) {
      return "the end";
    }
    return switch (t) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a text";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "number " + json.getText();
      case VALUE_TRUE, VALUE_FALSE, VALUE_NULL -> json.getText();
      case END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE -> t.toString();
    };
  }

  private ModelFormatException bad(String found, String wanted) {
    return bad(json.currentTokenLocation(), found, wanted, null);
  }

  private ModelFormatException bad(
      JsonLocation at, String found, String wanted, IOException cause) {
    String where =
        at == null ? source : source + ": line " + at.getLineNr() + ", column " + at.getColumnNr();
    return new ModelFormatException(where, found, wanted, cause);
  }
}
