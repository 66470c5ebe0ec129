package org.fanin.app;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// One run of the program in this process.
record Run(int code, String out, String err) {
  static Run of(String... args) {
    return with(InputStream.nullInputStream(), args);
  }

  static Run with(InputStream in, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            args,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            in);
    return new Run(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /// A model of examples/, from any module's folder.
  static String example(String name) {
    Path here = Path.of("").toAbsolutePath();
    while (here != null && !Files.isDirectory(here.resolve("examples"))) {
      here = here.getParent();
    }
    if (here == null) {
      throw new IllegalStateException("no examples folder above " + Path.of("").toAbsolutePath());
    }
    return here.resolve("examples").resolve(name + ".onnx").toString();
  }
}
