package org.fanin.formats;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/// Damaged, absurd and malicious models, the same on every run. What reads models has to answer
/// each of them with a result or with one line.
public final class HostileModels {
  private HostileModels() {}

  /// What reading the file has to end in.
  public enum Expect {
    /// A ModelFormatException.
    REFUSED,
    /// A RawModel: what is wrong with it is for later stages to find.
    READ,
    /// One of the two; random damage may hit a harmless place.
    EITHER
  }

  /// Prepares what stands around a model file.
  @FunctionalInterface
  public interface Setup {
    /// @param model where the model file is to stand
    void around(Path model) throws IOException;
  }

  /// @param name a file name without its extension, unique
  /// @param setup null if the file stands alone; else the model gets a folder of its own
  public record Mutant(String name, Expect expect, byte[] bytes, Setup setup) {
    /// Writes the mutant into a folder.
    ///
    /// @return the model file
    public Path writeTo(Path folder) throws IOException {
      Path home = setup == null ? folder : folder.resolve(name);
      Files.createDirectories(home);
      Path model = home.resolve(name + ".onnx");
      if (setup != null) {
        setup.around(model);
      }
      if (!Files.isDirectory(model)) {
        Files.write(model, bytes);
      }
      return model;
    }
  }

  /// Writes all mutants: `HostileModels FOLDER`.
  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException("usage: HostileModels FOLDER");
    }
    Path folder = Path.of(args[0]);
    Files.createDirectories(folder);
    StringBuilder index = new StringBuilder();
    for (Mutant m : all()) {
      Path file = m.writeTo(folder);
      index.append(m.expect()).append('\t').append(folder.relativize(file)).append('\n');
    }
    Files.writeString(folder.resolve("INDEX.tsv"), index);
  }

  /// All mutants.
  public static List<Mutant> all() {
    List<Mutant> all = new ArrayList<>();
    byte[] base = OnnxBuild.reluMlp(3, 4).toByteArray();
    all.add(new Mutant("sound", Expect.READ, base, null));
    truncated(base, all);
    flipped(base, all);
    lengths(base, all);
    HostileTensors.addTo(all);
    HostileGraphs.addTo(all);
    all.addAll(HostileMutations.all());
    return List.copyOf(all);
  }

  private static void truncated(byte[] base, List<Mutant> all) {
    for (int n = 1; n < base.length; n += 10) {
      // a cut between two top-level fields leaves a valid model
      all.add(
          new Mutant(
              String.format(Locale.ROOT, "truncated-%04d", n),
              Expect.EITHER,
              Arrays.copyOf(base, n),
              null));
    }
  }

  private static void flipped(byte[] base, List<Mutant> all) {
    Random random = new Random(20260101);
    for (int i = 0; i < 120; i++) {
      byte[] b = base.clone();
      for (int k = 0; k <= i / 30; k++) {
        b[random.nextInt(b.length)] = (byte) random.nextInt(256);
      }
      all.add(new Mutant(String.format(Locale.ROOT, "flipped-%03d", i), Expect.EITHER, b, null));
    }
  }

  /// Every length byte of every field, each made wrong in several ways.
  private static void lengths(byte[] base, List<Mutant> all) {
    Map<Integer, String> places = new LinkedHashMap<>();
    lengthPlaces(base, 0, base.length, ModelProto.getDescriptor(), places);
    places.forEach(
        (at, field) -> {
          for (int wrong : new int[] {0, base[at] + 1, base[at] - 1, 0x7f, 0xff}) {
            byte[] b = base.clone();
            b[at] = (byte) wrong;
            String name =
                String.format(Locale.ROOT, "length-%04d-%s-%02x", at, field, wrong & 0xff);
            if (all.stream().noneMatch(m -> m.name().equals(name))) {
              all.add(new Mutant(name, Expect.EITHER, b, null));
            }
          }
        });
  }

  private static void lengthPlaces(
      byte[] b, int from, int to, Descriptor message, Map<Integer, String> places) {
    int[] pos = {from};
    while (pos[0] < to) {
      long tag = varint(b, pos);
      FieldDescriptor field = message.findFieldByNumber((int) (tag >>> 3));
      switch ((int) tag & 7) {
        case 0 -> varint(b, pos);
        case 1 -> pos[0] += 8;
        case 5 -> pos[0] += 4;
        default -> {
          // one place per message type and field is enough
          if (!places.containsValue(field.getName() + message.getName())) {
            places.put(pos[0], field.getName() + message.getName());
          }
          int n = (int) varint(b, pos);
          if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            lengthPlaces(b, pos[0], pos[0] + n, field.getMessageType(), places);
          }
          pos[0] += n;
        }
      }
    }
  }

  private static long varint(byte[] b, int[] pos) {
    long v = 0;
    for (int shift = 0; ; shift += 7) {
      byte x = b[pos[0]++];
      v |= (long) (x & 0x7f) << shift;
      if (x >= 0) {
        return v;
      }
    }
  }
}
