package org.fanin.formats;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A reader of safetensors small enough to be seen to follow the published description: the check
/// of what the writer makes. Strict as the reference: no holes, no overlaps, nothing left over.
record Safetensors(Map<String, String> metadata, Map<String, Entry> tensors) {
  record Entry(String dtype, List<Long> shape, byte[] data) {}

  static Safetensors read(Path file) throws IOException {
    byte[] all = Files.readAllBytes(file);
    long n = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (n % 8 != 0 || all[8] != '{') {
      throw new IOException("header of " + n + " bytes");
    }
    String json = new String(all, 8, (int) n, StandardCharsets.UTF_8);
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, Entry> tensors = new LinkedHashMap<>();
    long end = 0;
    try (JsonParser p = new JsonFactory().createParser(json)) {
      p.nextToken();
      while (p.nextToken() != JsonToken.END_OBJECT) {
        String name = p.currentName();
        p.nextToken();
        if (name.equals("__metadata__")) {
          while (p.nextToken() != JsonToken.END_OBJECT) {
            metadata.put(p.currentName(), p.nextTextValue());
          }
          continue;
        }
        String dtype = "";
        List<Long> shape = List.of();
        List<Long> offsets = List.of();
        while (p.nextToken() != JsonToken.END_OBJECT) {
          switch (p.currentName()) {
            case "dtype" -> dtype = p.nextTextValue();
            case "shape" -> shape = longs(p);
            default -> offsets = longs(p);
          }
        }
        if (offsets.get(0) != end) {
          throw new IOException(name + " at " + offsets + ", not at " + end);
        }
        end = offsets.get(1);
        byte[] data = Arrays.copyOfRange(all, (int) (8 + n + offsets.get(0)), (int) (8 + n + end));
        if (tensors.put(name, new Entry(dtype, shape, data)) != null) {
          throw new IOException("two " + name);
        }
      }
    }
    if (8 + n + end != all.length) {
      throw new IOException(all.length + " bytes, not " + (8 + n + end));
    }
    return new Safetensors(metadata, tensors);
  }

  private static List<Long> longs(JsonParser p) throws IOException {
    List<Long> all = new ArrayList<>();
    p.nextToken();
    while (p.nextToken() != JsonToken.END_ARRAY) {
      all.add(p.getLongValue());
    }
    return all;
  }
}
