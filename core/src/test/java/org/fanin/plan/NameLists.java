package org.fanin.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Public layouts of networks: names and shapes.
final class NameLists {
  private NameLists() {}

  static List<TensorSpec> specs(String list) {
    return Specs.named(read(list));
  }

  static List<Specs.Named> read(String list) {
    try (InputStream in = NameLists.class.getResourceAsStream(list + ".txt")) {
      return of(new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// @param lines "name 3x4" or "name - i64"
  static List<Specs.Named> of(String... lines) {
    List<Specs.Named> all = new ArrayList<>();
    for (String line : lines) {
      String[] w = line.strip().split(" ");
      if (!line.isBlank() && !line.startsWith("#")) {
        long[] dims =
            w[1].equals("-")
                ? new long[0]
                : Arrays.stream(w[1].split("x")).mapToLong(Long::parseLong).toArray();
        all.add(new Specs.Named(w[0], Shape.of(dims), w.length > 2 ? DType.I64 : DType.F32));
      }
    }
    return all;
  }

  static TensorSpec find(List<TensorSpec> specs, String name) {
    return specs.stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
  }
}
