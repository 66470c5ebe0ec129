package org.fanin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every Java block of docs/api.md compiles and runs.
class ApiPageTest {
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void theExamplesCompileAndRun(@TempDir Path dir) throws Exception {
    StringBuilder source =
        new StringBuilder(
            """
            import java.lang.foreign.*;
            import java.nio.ByteBuffer;
            import org.fanin.Fanin;
            import org.fanin.fill.*;
            import org.fanin.graph.Fan;
            import org.fanin.plan.*;
            import org.fanin.tensor.*;
            public class Examples {
            """);
    int n = 0;
    for (var m = BLOCK.matcher(page()); m.find(); n++) {
      source.append("public static void example").append(n).append("() {\n").append(m.group(1));
      source.append("}\n");
    }
    assertTrue(n >= 5, "blocks found: " + n);
    Path file = dir.resolve("Examples.java");
    Files.writeString(file, source.append("}\n"));
    compile(file, dir);
    try (var loader = new URLClassLoader(new URL[] {dir.toUri().toURL()})) {
      Class<?> examples = loader.loadClass("Examples");
      for (int i = 0; i < n; i++) {
        examples.getMethod("example" + i).invoke(null);
      }
    }
  }

  private static String page() throws IOException {
    return Files.readString(Path.of("../docs/api.md"));
  }

  private static void compile(Path file, Path dir) throws IOException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    var messages = new StringWriter();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of("-cp", System.getProperty("java.class.path"), "-d", dir.toString());
      boolean good =
          compiler
              .getTask(messages, files, null, options, null, files.getJavaFileObjects(file))
              .call();
      assertEquals(true, good, messages.toString());
    }
  }
}
