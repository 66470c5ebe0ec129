package org.fanin.formats;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.fanin.tensor.DType;

/// The bytes of a safetensors file (github.com/huggingface/safetensors, "Format"): eight bytes of
/// header length, the header in JSON, padded with spaces so that data begins at a multiple of 8,
/// and the tensors end to end. Wide elements come first, as the reference writer has it, so that
/// every tensor is aligned to its element.
final class SafetensorsLayout {
  private static final JsonFactory FACTORY = new JsonFactory();

  /// The reference reader refuses longer ones.
  private static final long LONGEST_HEADER = 100_000_000;

  private static final int ALIGNMENT = 8;

  private SafetensorsLayout() {}

  static FileImage image(List<TensorOut> tensors, Map<String, String> metadata) {
    List<TensorOut> ordered = new ArrayList<>(tensors);
    ordered.sort(Comparator.comparingInt(t -> -t.dtype().bytes()));
    List<Part> parts = new ArrayList<>();
    parts.add(Part.Literal.of(header(ordered, metadata)));
    ordered.forEach(t -> parts.add(new Part.Filled(t)));
    return new FileImage(parts);
  }

  private static byte[] header(List<TensorOut> tensors, Map<String, String> metadata) {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator g = FACTORY.createGenerator(json)) {
      g.writeStartObject();
      g.writeObjectFieldStart("__metadata__");
      for (Map.Entry<String, String> e : metadata.entrySet()) {
        g.writeStringField(e.getKey(), e.getValue());
      }
      g.writeEndObject();
      long at = 0;
      for (TensorOut t : tensors) {
        entry(g, t, at);
        at = Math.addExact(at, t.bytes());
      }
      g.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    while (json.size() % ALIGNMENT != 0) {
      json.write(' ');
    }
    if (json.size() > LONGEST_HEADER) {
      throw new IllegalArgumentException(
          tensors.size() + " tensors take a header of more than 100 MB: write several shards");
    }
    ByteBuffer all = ByteBuffer.allocate(8 + json.size()).order(ByteOrder.LITTLE_ENDIAN);
    return all.putLong(json.size()).put(json.toByteArray()).array();
  }

  private static void entry(JsonGenerator g, TensorOut t, long at) throws IOException {
    g.writeObjectFieldStart(t.name());
    g.writeStringField("dtype", name(t.dtype()));
    g.writeArrayFieldStart("shape");
    for (long d : t.shape().toArray()) {
      g.writeNumber(d);
    }
    g.writeEndArray();
    g.writeArrayFieldStart("data_offsets");
    g.writeNumber(at);
    g.writeNumber(at + t.bytes());
    g.writeEndArray();
    g.writeEndObject();
  }

  /// Spelling of the format.
  static String name(DType t) {
    return switch (t) {
      case F8E4M3 -> "F8_E4M3";
      case F8E5M2 -> "F8_E5M2";
      case F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> t.name();
      case OTHER -> throw new IllegalArgumentException("no elements of type " + t);
    };
  }
}
