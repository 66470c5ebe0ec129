package org.fanin.formats;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.fanin.model.ModelFormatException;

/// JSON from a file that nobody has checked: strict UTF-8, bounded depth and length, and every text
/// charged to the budget. A mistake of form is a [ModelFormatException].
final class JsonInput implements Closeable {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_NAME = 20_000;
  private static final int MAX_TEXT = 20_000_000;

  private final String where;
  private final Budget budget;
  private final JsonParser parser;

  /// @param where what the JSON is, for messages
  JsonInput(String where, MemorySegment json, Budget budget) throws IOException {
    this.where = where;
    this.budget = budget;
    // a text is held up to four times while it is read
    int most = (int) Math.min(MAX_TEXT, budget.limit() / 16);
    var factory =
        JsonFactory.builder()
            // both keep names of files that are gone
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNameLength(MAX_NAME)
                    .maxStringLength(most)
                    .maxNumberLength(100)
                    .build())
            .build();
    var utf8 =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    parser = factory.createParser(new InputStreamReader(new Bytes(json), utf8));
  }

  private static final class Bytes extends InputStream {
    private final MemorySegment from;
    private long at;

    Bytes(MemorySegment from) {
      this.from = from;
    }

    @Override
    public int read() {
      return at == from.byteSize() ? -1 : from.get(ValueLayout.JAVA_BYTE, at++) & 0xff;
    }

    @Override
    public int read(byte[] into, int start, int length) {
      int n = (int) Math.min(length, from.byteSize() - at);
      MemorySegment.copy(from, ValueLayout.JAVA_BYTE, at, into, start, n);
      at += n;
      return n == 0 && length > 0 ? -1 : n;
    }
  }

  @FunctionalInterface
  private interface Step<T> {
    T take() throws IOException;
  }

  private <T> T guarded(Step<T> step) throws ModelFormatException, IOException {
    try {
      return step.take();
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(place(), "no sound JSON: " + e.getOriginalMessage(), "it", e);
    } catch (CharacterCodingException e) {
      throw new ModelFormatException(place(), "bytes that are not UTF-8", "JSON in UTF-8", e);
    }
  }

  private String place() {
    return where + ", near character " + parser.currentLocation().getCharOffset();
  }

  ModelFormatException bad(String found, String wanted) {
    return new ModelFormatException(place(), found, wanted);
  }

  JsonToken next() throws ModelFormatException, IOException {
    return guarded(parser::nextToken);
  }

  /// Goes to the next token, which must be this one.
  void expect(JsonToken token, String wanted) throws ModelFormatException, IOException {
    check(next(), token, wanted);
  }

  private void check(JsonToken found, JsonToken token, String wanted) throws ModelFormatException {
    if (found != token) {
      throw bad(found == null ? "the end" : words(found), wanted);
    }
  }

  private static String words(JsonToken token) {
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case END_OBJECT, END_ARRAY -> "the end of an object or array";
      case FIELD_NAME -> "a name";
      case VALUE_STRING -> "a text";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      case VALUE_TRUE, VALUE_FALSE, VALUE_NULL -> token.asString();
      case VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE -> "something else";
    };
  }

  /// The next name of the object, or null at its end.
  String name() throws ModelFormatException, IOException {
    JsonToken token = next();
    if (token == JsonToken.END_OBJECT) {
      return null;
    }
    check(token, JsonToken.FIELD_NAME, "a name or the end of the object");
    return charged(guarded(parser::currentName));
  }

  String text(String wanted) throws ModelFormatException, IOException {
    expect(JsonToken.VALUE_STRING, wanted);
    return charged(guarded(parser::getText));
  }

  private String charged(String text) throws ModelFormatException {
    budget.charge(100 + 2L * text.length());
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw bad("half of a surrogate pair in a text", "Unicode");
    }
    return text;
  }

  /// The whole number at the current token.
  long number(JsonToken token, String wanted) throws ModelFormatException, IOException {
    check(token, JsonToken.VALUE_NUMBER_INT, wanted);
    return guarded(parser::getLongValue);
  }

  /// The number at the current token, whole or not.
  double real(JsonToken token, String wanted) throws ModelFormatException, IOException {
    if (token != JsonToken.VALUE_NUMBER_FLOAT) {
      check(token, JsonToken.VALUE_NUMBER_INT, wanted);
    }
    return guarded(parser::getDoubleValue);
  }

  /// Passes over the value that comes next.
  void skip() throws ModelFormatException, IOException {
    next();
    guarded(parser::skipChildren);
  }

  void expectEnd() throws ModelFormatException, IOException {
    JsonToken token = next();
    if (token != null) {
      throw bad(words(token) + " after the end of the JSON", "nothing");
    }
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }
}
