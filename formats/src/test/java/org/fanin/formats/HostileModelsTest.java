package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.fanin.formats.HostileModels.Expect;
import org.fanin.formats.HostileModels.Mutant;
import org.fanin.model.ModelFormatException;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every mutant reads, or is refused in one line; nothing else escapes.
class HostileModelsTest {
  private static final List<Mutant> ALL = HostileModels.all();

  @TempDir Path temp;

  static List<Named<Mutant>> mutants() {
    return ALL.stream().map(m -> Named.of(m.name(), m)).toList();
  }

  @Test
  void areManyAndTheSameEveryTime() {
    assertTrue(ALL.size() >= 200, "only " + ALL.size());
    Set<String> names = new HashSet<>();
    List<Mutant> again = HostileModels.all();
    for (int i = 0; i < ALL.size(); i++) {
      assertTrue(names.add(ALL.get(i).name()), "two mutants " + ALL.get(i).name());
      assertEquals(ALL.get(i).name(), again.get(i).name());
      assertArrayEquals(ALL.get(i).bytes(), again.get(i).bytes(), ALL.get(i).name());
    }
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void readsOrRefuses(Mutant mutant) throws Exception {
    Path file = mutant.writeTo(temp);
    try {
      OnnxReader.read(file);
      if (mutant.expect() == Expect.REFUSED) {
        fail("was read");
      }
    } catch (ModelFormatException e) {
      oneLine(e, file.toString());
      if (mutant.expect() == Expect.READ) {
        fail("was refused: " + e.getMessage());
      }
    }
  }

  private static void oneLine(ModelFormatException e, String source) {
    String text = e.getMessage();
    assertTrue(text.startsWith(source), text);
    assertTrue(text.contains(": found ") && text.contains(", wanted "), text);
    assertTrue(text.length() < 1000, "long: " + text);
    assertFalse(text.chars().anyMatch(Character::isISOControl), text);
  }

  /// Random damage in numbers: only that nothing else than a refusal is thrown.
  @Test
  void randomDamage() throws Exception {
    byte[] base = OnnxBuild.reluMlp(2, 3).toByteArray();
    for (long seed = 0; seed < 5000; seed++) {
      Random random = new Random(seed);
      byte[] b = base.clone();
      for (int k = random.nextInt(8); k >= 0; k--) {
        b[random.nextInt(b.length)] = (byte) random.nextInt(256);
      }
      try {
        OnnxReader.read(new ByteArrayInputStream(b), "stream");
      } catch (ModelFormatException e) {
        oneLine(e, "stream");
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          file-empty           | found an empty file, wanted an ONNX model
          file-text            | found text, wanted
          file-json            | found JSON, wanted
          file-html            | found a web page
          file-git-lfs         | found a Git LFS pointer
          file-gzip            | found a gzip file
          file-hdf5            | found an HDF5 file
          file-pickle          | found a Python pickle
          file-npy             | found a NumPy array
          file-safetensors     | found a safetensors file
          file-zip             | found a zip archive
          file-pytorch         | found a PyTorch file
          file-folder          | found a folder
          model-no-graph       | found no graph
          model-no-nodes       | found a graph without nodes
          model-opset-6        | found operator set 6, wanted 7 or newer
          tensor-negative-dim  | tensor 'layers.0.weight': found negative extent in shape [-3, -3]
          tensor-too-short     | found 35 bytes of data, wanted 36 bytes for shape [3, 3] of FLOAT
          tensor-few-floats    | found 1 numbers, wanted 9
          tensor-no-data       | found no data, wanted 9
          tensor-type-99       | found unknown data type 99
          external-climbs      | found external data location '../external-climbs.out'
          external-absolute    | found external data location '/etc/passwd'
          external-link        | leads out of the model's folder by a link
          external-missing-file | found no file 'other.data' beside the model
          external-wrong-length | found external data of 35 bytes, wanted 36
          graph-duplicate-outputs | found two definitions: an output of node 0 (Relu) and
          graph-loop-depth-65  | found graphs nested more than 64 deep
          """)
  void saysWhatIsWrong(String name, String says) throws Exception {
    Mutant mutant = ALL.stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow();
    Path file = mutant.writeTo(temp);
    try {
      OnnxReader.read(file);
    } catch (ModelFormatException e) {
      assertTrue(e.getMessage().contains(says), e.getMessage());
      return;
    }
    fail("was read");
  }
}
