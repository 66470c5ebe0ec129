package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonWriterTest {
  @Test
  void isPrettyAndTheSameEverywhere() throws Exception {
    var bytes = new ByteArrayOutputStream();
    try (JsonWriter w = JsonWriter.to(bytes)) {
      w.object().field("schema", "fanin.check/1").field("n", 3).field("ok", true);
      w.field("shape", List.of(2L, 3L)).field("band", 0.5, 2).nullField("because");
      w.array("rows").object().field("m2", 1e-300).endObject();
      w.object().field("name", "ä\"\n").endObject().endArray();
      w.object("empty").endObject().array("none").endArray().endObject();
    }
    assertEquals(
        """
        {
          "schema": "fanin.check/1",
          "n": 3,
          "ok": true,
          "shape": [ 2, 3 ],
          "band": [ 0.5, 2.0 ],
          "because": null,
          "rows": [ {
            "m2": 1.0E-300
          }, {
            "name": "ä\\"\\n"
          } ],
          "empty": {},
          "none": []
        }
        """,
        bytes.toString(StandardCharsets.UTF_8));
  }

  @Test
  void doublesAreShortestAndReadBack() throws Exception {
    double[] values = {0.1, 1.0 / 3, 1e23, 2e-44, Double.MIN_VALUE, Double.MAX_VALUE, -0.0, 100};
    var text = new StringWriter();
    try (JsonWriter w = JsonWriter.to(text)) {
      w.object().field("v", values).endObject();
    }
    assertEquals(
        "{\n  \"v\": [ 0.1, 0.3333333333333333, 1.0E23, 2.0E-44, 4.9E-324, "
            + "1.7976931348623157E308, -0.0, 100.0 ]\n}\n",
        text.toString());
  }

  @Test
  void whatJsonLacksIsNull() throws Exception {
    var text = new StringWriter();
    try (JsonWriter w = JsonWriter.to(text)) {
      w.array().value(Double.NaN).value(Double.POSITIVE_INFINITY).value((String) null);
      w.nullValue().value(false).value(7).endArray();
    }
    assertEquals("[ null, null, null, null, false, 7 ]\n", text.toString());
  }

  @Test
  void unfinishedIsAMistake() throws Exception {
    JsonWriter w = JsonWriter.to(new StringWriter());
    w.object();
    assertThrows(IllegalStateException.class, w::close);
  }
}
