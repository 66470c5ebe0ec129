package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The engine's outputs are ONNX Runtime's.
class OutputsTest {
  private static final TorchEngine ENGINE = new TorchEngine();

  @TempDir Path temp;

  static List<Path> models() throws Exception {
    return Models.sampled(Models.examples(), "");
  }

  @ParameterizedTest
  @MethodSource("models")
  void outputsAreThoseOfOnnxRuntime(Path model) throws Exception {
    OutputAgreement a = OutputAgreement.of(model, ENGINE, temp);
    assertTrue(a.outputs() > 0);
    assertTrue(a.float64() < 1e-4 && a.float32() < 1e-4, a.toString());
  }
}
