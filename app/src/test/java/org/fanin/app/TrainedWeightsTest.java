package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Networks before and after training (resources trained/, made by make.py there): `check` and
/// `audit` see the same, and neither calls trained weights defective.
class TrainedWeightsTest {
  private static String file(String name) {
    try {
      return Path.of(TrainedWeightsTest.class.getResource("trained/" + name + ".onnx").toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mlp_trained, true",
    "mlp_initial, false",
    "cnn_bn_trained, true",
    "cnn_bn_trained_folded, true",
    "cnn_bn_initial, false",
    "lstm_trained, true",
    "lstm_initial, false"
  })
  void checkAndAuditSeeTheSame(String name, boolean trained) {
    String wanted = "\"weights_look_trained\":" + trained;
    Run check = Run.of("check", "--no-measure", "--json", "-", file(name));
    assertTrue(check.out().replace(" ", "").contains(wanted), check.out());
    Run audit = Run.of("audit", "--json", "-", file(name));
    assertTrue(audit.out().replace(" ", "").contains(wanted), audit.out());
    assertEquals(0, audit.code(), audit.out());
    if (trained) {
      assertEquals(0, check.code(), check.out());
    }
  }

  @ParameterizedTest
  @CsvSource({"cnn_bn_trained", "lstm_trained"})
  void aSchemeJudgesTheArchitecture(String name) {
    Run check = Run.of("check", "--no-measure", file(name));
    assertTrue(check.out().contains("these weights look trained"), check.out());
    assertFalse(check.out().contains("please report it"), check.out());
    Run afresh = Run.of("check", "--no-measure", "--weights", "he-normal", file(name));
    assertFalse(afresh.out().contains("look trained"), afresh.out());
  }
}
