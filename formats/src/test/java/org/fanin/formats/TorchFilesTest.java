package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that torch 1.13 and numpy 1.24 have written (`make.py` beside them) hold what torch says
/// they hold.
class TorchFilesTest {
  private static Path file(String name) throws URISyntaxException {
    return Path.of(TorchFilesTest.class.getResource("torch/" + name).toURI());
  }

  /// name, shape, values as make.py noted them
  private static List<String[]> truth(String file) throws Exception {
    return Files.readAllLines(file("truth.txt")).stream()
        .map(line -> line.split("\t", -1))
        .filter(line -> line[0].equals(file))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "views.pt",
        "protocol5.pt",
        "views_legacy.pt",
        "training.pt",
        "tensor.pt",
        "weird.pt",
        "packed.npz",
        "stored.npz"
      })
  void holdsWhatTorchSays(String name) throws Exception {
    List<String[]> truth = truth(name);
    Checkpoint c = Checkpoints.open(file(name));
    assertEquals(
        truth.stream().map(line -> line[1]).toList(),
        c.tensors().stream().map(StoredTensor::name).toList());
    for (int i = 0; i < truth.size(); i++) {
      StoredTensor t = c.tensors().get(i);
      String[] line = truth.get(i);
      assertEquals(line[2], t.shape().toString(), t.name());
      if (line[3].equals("unreadable")) {
        assertEquals(DType.OTHER, t.dtype(), t.name());
        assertThrows(ModelFormatException.class, () -> t.read(0, 1, Arena.global()));
        continue;
      }
      double[] want =
          Arrays.stream(line[3].split(" "))
              .filter(s -> !s.isEmpty())
              .mapToDouble(Double::parseDouble)
              .toArray();
      for (long span : new long[] {2, 5, 1000}) {
        assertArrayEquals(want, CheckpointsTest.values(t, span), t.name());
      }
    }
  }

  @Test
  void theTypesAreThoseOfTorch() throws Exception {
    Checkpoint c = Checkpoints.open(file("views.pt"));
    String[] names = {
      "half", "bfloat16", "double", "int64", "int32", "int16", "int8", "uint8", "bool"
    };
    DType[] types = {
      DType.F16,
      DType.BF16,
      DType.F64,
      DType.I64,
      DType.I32,
      DType.I16,
      DType.I8,
      DType.U8,
      DType.BOOL
    };
    for (int i = 0; i < names.length; i++) {
      assertEquals(types[i], CheckpointsTest.tensor(c, names[i]).dtype(), names[i]);
    }
  }

  @Test
  void viewsAndTiesAreNamed() throws Exception {
    Checkpoint views = Checkpoints.open(file("views.pt"));
    assertTrue(CheckpointsTest.tensor(views, "transposed").where().endsWith("shared with 'base'"));
    Checkpoint training = Checkpoints.open(file("training.pt"));
    String where = CheckpointsTest.tensor(training, "state_dict.head.weight").where();
    assertTrue(where.endsWith("shared with 'state_dict.weight'"), where);
    assertEquals(
        List.of("weight", "bias", "head.weight"),
        Checkpoints.weightsOnly(training).tensors().stream().map(StoredTensor::name).toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          module.pt | torch.nn.modules.linear.Linear, which unpickling would import and may call
          module.pt | torch.save(model.state_dict(), …)
          module.pt | nothing was executed
          script.pt | a TorchScript program
          """)
  void programsAreRefused(String name, String says) throws Exception {
    Path file = file(name);
    var e = assertThrows(ModelFormatException.class, () -> Checkpoints.open(file));
    assertTrue(e.getMessage().contains(says), e.getMessage());
  }
}
