package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.fanin.model.ModelFormatException;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;

/// Re-initialisations of networks of different kinds beside those of the truth.
final class DrawsBench {
  private static final List<String> CHOSEN =
      List.of(
          "mlp5_relu_default",
          "mlp30_relu_he",
          "mlp50_selu_lecun",
          "resmlp20_alpha1",
          "siren5",
          "two_tower",
          "lenet_tanh",
          "mlp10_bn_relu_dropout.eval",
          "resnet20_nonorm",
          "unet_convt",
          "dcgan_g",
          "gru_clf",
          "lstm_clf",
          "mixer",
          "gpt2_pre_ln_op17",
          "llama_rms_swiglu",
          "bert_post_ln",
          "wgan_critic");

  private DrawsBench() {}

  public static void main(String[] args) throws IOException, ModelFormatException {
    Engine engine = new OneThread(Engines.require());
    int draws = Integer.getInteger("draws", 64);
    Page page = new Page("draws");
    page.line(
        "| model | their draws | redrawn | kept | means | beyond 4 | largest z | at | ln: beyond 4 |"
            + " largest z |");
    page.line("|---|---|---|---|---|---|---|---|---|---|");
    int compared = 0;
    int beyond = 0;
    for (String name : CHOSEN) {
      Path file = Path.of(args[0], name + ".onnx");
      if (!Files.exists(file) || !name.contains(System.getProperty("only", ""))) {
        continue;
      }
      Sample s = Sample.of(file);
      Redrawn r = Redrawn.of(s, engine, draws);
      compared += r.compared();
      beyond += r.beyond();
      page.line(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %d | %d | %d | %.1f | %s | %d | %.1f |",
              name,
              s.truth().reinits(),
              r.redrawn(),
              r.kept(),
              r.compared(),
              r.beyond(),
              r.largest(),
              r.at(),
              r.beyondLn(),
              r.largestLn()));
    }
    page.line("");
    page.line(compared + " means compared, " + beyond + " beyond 4 standard errors.");
    page.write();
  }
}
