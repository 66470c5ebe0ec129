package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.fanin.formats.HostileCheckpoints.Mutant;
import org.fanin.formats.HostileModels.Expect;
import org.fanin.model.ModelFormatException;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every mutant reads to its end, or is refused in one line; nothing else escapes.
class HostileCheckpointsTest {
  /// What a JVM of 64 MiB would allow.
  private static final long BUDGET = 32 << 20;

  private static final List<Mutant> ALL = HostileCheckpoints.all();

  @TempDir Path temp;

  static List<Named<Mutant>> mutants() {
    return ALL.stream().map(m -> Named.of(m.name(), m)).toList();
  }

  @Test
  void areManyAndTheSameEveryTime() {
    assertTrue(ALL.size() >= 400, "only " + ALL.size());
    Set<String> names = new HashSet<>();
    List<Mutant> again = HostileCheckpoints.all();
    for (int i = 0; i < ALL.size(); i++) {
      assertTrue(names.add(ALL.get(i).name()), "two mutants " + ALL.get(i).name());
      assertEquals(ALL.get(i).name(), again.get(i).name());
      Map<String, byte[]> files = ALL.get(i).files();
      files.forEach(new BytesAre(again.get(i).files())::check);
    }
  }

  private record BytesAre(Map<String, byte[]> files) {
    void check(String name, byte[] bytes) {
      assertArrayEquals(files.get(name), bytes, name);
    }
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void readsOrRefuses(Mutant mutant) throws Exception {
    Path file = mutant.writeTo(temp);
    try {
      HostileCheckpoints.readThrough(Checkpoints.open(file, new Budget(file.toString(), BUDGET)));
      if (mutant.expect() == Expect.REFUSED) {
        fail("was read");
      }
    } catch (ModelFormatException e) {
      oneLine(e, temp.toString());
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          pickle-reduce.pt       | byte 2 of data.pkl: found os.system, which unpickling would import and may call
          pickle-inst.pt         | found os.system
          pickle-obj.pt          | found os.system
          pickle-newobj.pt       | found os.system
          pickle-newobj-ex.pt    | found os.system
          pickle-stack-global.pt | found os.system
          pickle-only-imported.pt | found antigravity.fly
          pickle-call-builtins.getattr.pt | found builtins.getattr
          pickle-call-collections.OrderedDict.__init__.pt | found collections.OrderedDict.__init__
          pickle-call-torch.nn.modules.linear.Linear.pt | nothing was executed; in Python, torch.save(model.state_dict()
          pickle-extension-82.pt | a call by extension code
          pickle-build-on-tensor.pt | attributes that unpickling would give to a tensor
          pickle-from-type-of-eval.pt | found builtins.eval
          pickle-call-storage-type.pt | found torch.FloatStorage, which
          pickle-new-rebuild.pt  | found torch._utils._rebuild_tensor_v2
          pickle-deep-tuples.pt  | 64 deep
          pickle-list-in-itself.pt | 64 deep, or in themselves
          pickle-laughs.pt       | in more than 10000 places
          pickle-laughs-without-tensors.pt | in more than 10000 places
          pickle-memo-unset.pt   | value 7 of the memo
          pickle-opcode-ff.pt    | opcode 0xff
          pickle-two-of-one-name.pt | tensor 'a.b': found two of this name
          tensor-offset-outside.pt | sizes [6] with strides [1] from element 1, wanted elements inside its storage of 6
          tensor-numel-more.pt   | entry 'model/data/0': found 24 bytes, wanted 28 for 7 elements
          archive-storage-missing.pt | entry 'model/data/1': found no such entry
          legacy-evil.pt         | found os.system
          hole.safetensors       | data_offsets 8 to 36, wanted data from byte 4 on
          overlap.safetensors    | an overlap
          outside.safetensors    | data to byte 40 of 36
          hole-at-end.safetensors | found 36 bytes behind the head, wanted 32
          duplicate-name-escaped.safetensors | tensor 'a': found two of this name
          deep-ignored.safetensors | no sound JSON
          length-100000001.safetensors | found a head of 100000001 bytes, wanted 2 to 100000000
          zip-overlapping.npz    | found a damaged zip archive: two entries
          zip-encrypted.npz      | encrypted
          zip-directory-size.npz | a directory of
          array-objects.npy      | elements |O
          index-link-out         | leads out of the folder by a link
          index-extra-tensor     | tensor 'layer.bias' in one.safetensors, wanted it in weight_map
          index-missing-tensor   | tensor 'more' mapped to one.safetensors
          """)
  void saysWhatIsWrong(String name, String says) throws Exception {
    Mutant mutant = ALL.stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow();
    Path file = mutant.writeTo(temp);
    try {
      Checkpoints.open(file);
    } catch (ModelFormatException e) {
      assertTrue(e.getMessage().contains(says), e.getMessage());
      return;
    }
    fail("was read");
  }

  /// Random damage in numbers: only that nothing else than a refusal is thrown.
  @Test
  void randomDamage() throws Exception {
    List<byte[]> bases =
        List.of(
            Archives.soundSafetensors(),
            Archives.torch(Pickles.stateDict()),
            HostilePickles.legacy(Pickles.stateDict()),
            Archives.zip(false, Map.of("w.npy", HostileCheckpoints.npy())));
    Path path = temp.resolve("damaged");
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      byte[] b = bases.get(seed % 4).clone();
      for (int k = random.nextInt(6); k >= 0; k--) {
        b[random.nextInt(b.length)] = (byte) random.nextInt(256);
      }
      Files.deleteIfExists(path); // a file written over is forced to disk by some file systems
      Files.write(path, b);
      try {
        HostileCheckpoints.readThrough(Checkpoints.open(path));
      } catch (ModelFormatException e) {
        oneLine(e, path.toString());
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  /// The same in a JVM with a heap of 64 MiB and small stacks, where an allocation on the word of a
  /// file or a recursion along it would end the process.
  @Test
  void aSmallJvmSurvives() throws Exception {
    HostileCheckpoints.main(new String[] {temp.toString()});
    Path log = temp.resolve("log.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-Xss256k",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                HostileCheckpoints.class.getName(),
                "--read",
                temp.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean done = process.waitFor(120, TimeUnit.SECONDS);
    process.destroyForcibly();
    assertTrue(done, "not done after two minutes");
    String said = Files.readString(log);
    assertEquals(0, process.exitValue(), said);
    assertTrue(said.startsWith("read "), said);
  }
}
