package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.fanin.formats.ShapesFile.Entry;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShapesFileTest {
  private static final String GOOD =
      """
      {
        "w": [64, 32],
        "b": [],
        "e": {"shape": [0, 3], "dtype": "BF16"},
        "h": {"dtype": "torch.float16", "shape": [5]}
      }
      """;

  @TempDir Path temp;

  private Path file(byte[] bytes) throws IOException {
    return Files.write(temp.resolve("shapes.json"), bytes);
  }

  private Path file(String text) throws IOException {
    return file(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void readsBothForms() throws Exception {
    assertEquals(
        List.of(
            new Entry("w", Optional.empty(), Shape.of(64, 32)),
            new Entry("b", Optional.empty(), Shape.of()),
            new Entry("e", Optional.of(DType.BF16), Shape.of(0, 3)),
            new Entry("h", Optional.of(DType.F16), Shape.of(5))),
        ShapesFile.read(file(GOOD)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | the end",
        "[1] | an array",
        "{} | no tensors",
        "{\"a\": [1] | no JSON",
        "{\"a\": [1]} {} | after the end",
        "{\"a\": [1], \"a\": [2]} | a second tensor 'a'",
        "{\"\": [1]} | without a name",
        "{\"a\": [-1]} | number -1",
        "{\"a\": [1.5]} | number 1.5",
        "{\"a\": [\"1\"]} | a text",
        "{\"a\": [[1]]} | an array as an extent",
        "{\"a\": [99999999999999999999]} | number 99999999999999999999",
        "{\"a\": [4294967296, 4294967296]} | shape [4294967296, 4294967296]",
        "{\"a\": [1152921504606846976]} | shape",
        "{\"a\": 5} | number 5 for 'a'",
        "{\"a\": null} | null",
        "{\"a\": {}} | no shape",
        "{\"a\": {\"shape\": 5}} | number 5 as shape",
        "{\"a\": {\"shape\": [1], \"shape\": [1]}} | a second 'shape'",
        "{\"a\": {\"shape\": [1], \"dtype\": \"F12\"}} | type 'F12'",
        "{\"a\": {\"shape\": [1], \"dtype\": 5}} | type number 5",
        "{\"a\": {\"shape\": [1], \"colour\": 5}} | key 'colour'"
      })
  void refusesWithPlace(String text, String words) throws Exception {
    Path file = file(text);
    var e = assertThrows(ModelFormatException.class, () -> ShapesFile.read(file));
    assertTrue(e.getMessage().contains(words), e.getMessage());
    assertTrue(e.getMessage().contains("line 1, column "), e.getMessage());
    assertFalse(e.getMessage().contains("\n"));
  }

  @Test
  void namesTheLine() throws Exception {
    Path file = file(GOOD.replace("[5]", "[x]"));
    var e = assertThrows(ModelFormatException.class, () -> ShapesFile.read(file));
    assertTrue(e.getMessage().contains("line 5"), e.getMessage());
  }

  @Test
  void boundsAxesNamesAndDepth() throws Exception {
    for (String bad :
        List.of(
            "{\"a\": [" + "1,".repeat(64) + "1]}",
            "{\"" + "n".repeat(100_000) + "\": [1]}",
            "{\"a\": [" + "9".repeat(5000) + "]}",
            "{\"a\": " + "[".repeat(100_000))) {
      Path file = file(bad);
      var e = assertThrows(ModelFormatException.class, () -> ShapesFile.read(file));
      assertTrue(e.getMessage().length() < 1000);
    }
    assertThrows(ModelFormatException.class, () -> ShapesFile.read(temp));
  }

  /// Whatever the bytes, the answer is shapes or one line. Seed of the failing round is printed.
  @Test
  void anyDamageIsReported() throws Exception {
    int refused = 0;
    for (int seed = 0; seed < 500; seed++) {
      byte[] bytes = GOOD.getBytes(StandardCharsets.UTF_8);
      Random random = new Random(seed);
      for (int i = 0; i <= random.nextInt(4); i++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        assertFalse(ShapesFile.read(file(bytes)).isEmpty());
      } catch (ModelFormatException e) {
        assertFalse(e.getMessage().contains("\n"), "seed " + seed);
        refused++;
      } catch (IOException | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertTrue(refused > 300, "only " + refused + " of 500 were refused");
  }
}
