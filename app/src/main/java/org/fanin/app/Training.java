package org.fanin.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// What the build runs once, so that the JVM's AOT cache holds the classes of every command:
/// `Training EXAMPLES SCRATCH`. An AOT cache is made of one process; this is all commands in one.
final class Training {
  private Training() {}

  public static void main(String[] args) throws IOException {
    Path examples = Path.of(args[0]);
    Path scratch = Path.of(args[1]);
    String mlp = examples.resolve("mlp5_relu_default.onnx").toString();
    String decoder = examples.resolve("gpt2_pre_ln_op17.onnx").toString();
    String weights = scratch.resolve("weights").toString();
    for (List<String> command :
        List.of(
            List.of("check", mlp),
            List.of("check", examples.resolve("lenet_tanh.onnx").toString()),
            List.of("check", examples.resolve("gru_clf.onnx").toString()),
            List.of("check", decoder, "--json", scratch.resolve("check.json").toString()),
            List.of("init", mlp, "-o", scratch.resolve("auto.onnx").toString()),
            List.of("init", decoder, "--recipe", "gpt2", "--dtype", "bf16", "-o", weights),
            List.of("audit", weights, "--json", scratch.resolve("audit.json").toString()),
            List.of("audit", mlp),
            List.of("theory", "--activation", "tanh", "--sigma-w", "1.3", "--sigma-b", "0.3"),
            List.of("explain", "--fan-in", "4", "--activation", "relu"))) {
      PrintStream nowhere =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      Main.run(command.toArray(String[]::new), nowhere, System.err, InputStream.nullInputStream());
    }
  }
}
