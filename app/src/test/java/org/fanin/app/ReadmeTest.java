package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// README's sample is what the command above it prints.
class ReadmeTest {
  private static final String COMMAND = "$ ./fanin check examples/mlp30_relu_default.onnx";
  private static final Pattern NUMBER = Pattern.compile("[-+]?\\d+(?:\\.\\d+)?(?:e-?\\d+)?");

  /// What a measurement may differ by from one processor to another, and a rounded z from itself.
  private static final double RELATIVE = .03;

  private static final double ABSOLUTE = .11;

  @Test
  void theSampleIsWhatIsPrinted() throws IOException {
    Path model = Path.of(Run.example("mlp30_relu_default"));
    List<String> wanted = words(sample(model.getParent().resolveSibling("README.md")));
    Run r = Run.of("check", model.toString(), "--width", "100");
    List<String> printed = words(r.out().replace(model.getParent() + "/", "examples/"));
    for (int i = 0; i < Math.min(wanted.size(), printed.size()); i++) {
      int at = i;
      assertTrue(
          alike(wanted.get(i), printed.get(i)),
          () -> "README has " + around(wanted, at) + ", the program prints " + around(printed, at));
    }
    assertEquals(wanted.size(), printed.size());
  }

  private static String sample(Path readme) throws IOException {
    String text = Files.readString(readme);
    int from = text.indexOf(COMMAND) + COMMAND.length();
    return text.substring(from, text.indexOf("```", from));
  }

  /// Where lines end depends on the length of the path.
  private static List<String> words(String text) {
    List<String> all = new ArrayList<>(List.of(text.strip().split("\\s+")));
    all.removeIf(w -> w.matches("[▁▂▃▄▅▆▇█]+"));
    return all;
  }

  private static String around(List<String> words, int at) {
    return "«" + String.join(" ", words.subList(Math.max(0, at - 5), at + 1)) + "»";
  }

  private static boolean alike(String a, String b) {
    if (!NUMBER.matcher(a).replaceAll("#").equals(NUMBER.matcher(b).replaceAll("#"))) {
      return false;
    }
    Matcher x = NUMBER.matcher(a);
    Matcher y = NUMBER.matcher(b);
    while (x.find() && y.find()) {
      double p = Double.parseDouble(x.group());
      double q = Double.parseDouble(y.group());
      boolean tiny = Math.abs(p) < 1e-6 && Math.abs(p - q) > RELATIVE * Math.abs(p);
      if (tiny || Math.abs(p - q) > Math.max(ABSOLUTE, RELATIVE * Math.abs(p))) {
        return false;
      }
    }
    return true;
  }
}
