package org.fanin.formats;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;

/// Writes pretty-printed JSON, the same bytes for the same calls on every system: two spaces, `\n`,
/// UTF-8, keys in the order of the calls, a final line end.
///
/// Doubles are the shortest text that reads back to the same double; NaN and infinities, which JSON
/// does not have, are `null`. Calls return the writer, to be chained.
///
/// Not thread-safe. [#close] finishes the document and flushes; it does not close the stream.
public final class JsonWriter implements AutoCloseable {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
          .build();

  private final JsonGenerator out;
  private boolean closed;

  private JsonWriter(JsonGenerator out) {
    this.out = out;
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    Separators separators =
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withArrayEmptySeparator("")
            .withObjectEmptySeparator("");
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter(separators);
    printer.indentObjectsWith(indenter);
    out.setPrettyPrinter(printer);
  }

  /// A writer of UTF-8 bytes.
  public static JsonWriter to(OutputStream stream) throws IOException {
    return new JsonWriter(FACTORY.createGenerator(stream));
  }

  /// A writer of text.
  public static JsonWriter to(Writer text) throws IOException {
    return new JsonWriter(FACTORY.createGenerator(text));
  }

  /// Opens an object: the document, or an element of an array.
  public JsonWriter object() throws IOException {
    out.writeStartObject();
    return this;
  }

  /// Opens an object as a field.
  public JsonWriter object(String name) throws IOException {
    out.writeFieldName(name);
    return object();
  }

  /// Closes the innermost object.
  public JsonWriter endObject() throws IOException {
    out.writeEndObject();
    return this;
  }

  /// Opens an array: the document, or an element of an array.
  public JsonWriter array() throws IOException {
    out.writeStartArray();
    return this;
  }

  /// Opens an array as a field.
  public JsonWriter array(String name) throws IOException {
    out.writeFieldName(name);
    return array();
  }

  /// Closes the innermost array.
  public JsonWriter endArray() throws IOException {
    out.writeEndArray();
    return this;
  }

  /// A text field; null is `null`.
  public JsonWriter field(String name, String value) throws IOException {
    out.writeFieldName(name);
    return value(value);
  }

  /// A number; NaN and infinities are `null`.
  public JsonWriter field(String name, double value) throws IOException {
    out.writeFieldName(name);
    return value(value);
  }

  /// A whole number.
  public JsonWriter field(String name, long value) throws IOException {
    out.writeFieldName(name);
    return value(value);
  }

  /// True or false.
  public JsonWriter field(String name, boolean value) throws IOException {
    out.writeFieldName(name);
    return value(value);
  }

  /// A field of numbers, on one line.
  public JsonWriter field(String name, double... values) throws IOException {
    array(name);
    for (double v : values) {
      value(v);
    }
    return endArray();
  }

  /// A field of whole numbers, on one line.
  public JsonWriter field(String name, Iterable<? extends Number> whole) throws IOException {
    array(name);
    for (Number v : whole) {
      value(v.longValue());
    }
    return endArray();
  }

  /// A field that is there and has no value.
  public JsonWriter nullField(String name) throws IOException {
    out.writeNullField(name);
    return this;
  }

  /// An element; null is `null`.
  public JsonWriter value(String value) throws IOException {
    out.writeString(value);
    return this;
  }

  /// An element; NaN and infinities are `null`.
  public JsonWriter value(double value) throws IOException {
    if (Double.isFinite(value)) {
      // not writeNumber(double): its text depends on a setting of the factory
      out.writeNumber(Double.toString(value));
    } else {
      out.writeNull();
    }
    return this;
  }

  /// An element.
  public JsonWriter value(long value) throws IOException {
    out.writeNumber(value);
    return this;
  }

  /// An element.
  public JsonWriter value(boolean value) throws IOException {
    out.writeBoolean(value);
    return this;
  }

  /// An element that is `null`.
  public JsonWriter nullValue() throws IOException {
    out.writeNull();
    return this;
  }

  /// Ends the document with a line end and flushes.
  ///
  /// @throws IllegalStateException if an object or array is still open
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    boolean whole = out.getOutputContext().inRoot();
    if (whole) {
      out.writeRaw('\n');
    }
    out.close();
    if (!whole) {
      throw new IllegalStateException("JSON closed inside an object or array");
    }
  }
}
