package org.fanin.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelsTest {
  @ParameterizedTest
  @CsvSource({
    "x/net.onnx, net.onnx",
    "a/x.onnx b/x.onnx, a/x.onnx b/x.onnx",
    "r/a/x.onnx r/b/x.onnx r/b/y.onnx, a/x.onnx b/x.onnx y.onnx",
    "1/m/x 2/m/x 2/n/x, 1/m/x 2/m/x n/x",
    "x.onnx a/x.onnx, x.onnx a/x.onnx",
    "/x.onnx a/x.onnx, /x.onnx a/x.onnx",
    "/x.onnx x.onnx, /x.onnx x.onnx",
    "x x x, x x(2) x(3)",
    "a/x a/x b/x, a/x a/x(2) b/x"
  })
  void asMuchOfThePathAsTellsThemApart(String paths, String labels) {
    List<String> found = Labels.distinct(Arrays.asList(paths.split(" ")));
    assertEquals(labels, String.join(" ", found.stream().map(l -> l.replace(" (", "(")).toList()));
  }
}
