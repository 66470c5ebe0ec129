package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.fanin.graph.Value;
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

  /// The table of how often the other is beyond 4 by chance.
  private static final class Chance {
    final Page page = new Page("splits");
    final int splits = Integer.getInteger("splits", 2000);
    final int[] all = new int[splits];

    Chance() {
      page.line("| model | their draws | moments | beyond 4 per split | splits with any |");
      page.line("|---|---|---|---|---|");
    }

    void add(String name, Sample s, Splits.Recorder r) {
      List<Value> values =
          s.truth().reinit("m2").keySet().stream()
              .map(s.byTruth()::get)
              .filter(Objects::nonNull)
              .toList();
      long seed = (long) name.hashCode() << 32;
      Splits x = Splits.of(r, values, s.truth().reinits(), splits, seed);
      for (int i = 0; i < splits; i++) {
        all[i] += x.beyond()[i];
      }
      page.line(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %.4f | %.1f%% |",
              name,
              s.truth().reinits(),
              x.compared(),
              x.perSplit(),
              100 * x.any()));
    }

    void write(int draws) throws IOException {
      double mean = Arrays.stream(all).average().orElse(0);
      double two = 100.0 * Arrays.stream(all).filter(n -> n >= 2).count() / splits;
      double none = 100.0 * Arrays.stream(all).filter(n -> n == 0).count() / splits;
      page.line("");
      page.line(
          String.format(
              Locale.ROOT,
              "%d splits of %d draws: %.2f beyond 4 in a table, none in %.0f%% of tables, two or"
                  + " more in %.0f%%.",
              splits,
              draws,
              mean,
              none,
              two));
      page.write();
    }
  }

  private static void chances(Path folder, Engine engine, int draws)
      throws IOException, ModelFormatException {
    Chance chance = new Chance();
    for (String name : CHOSEN) {
      Path file = folder.resolve(name + ".onnx");
      if (Files.exists(file) && name.contains(System.getProperty("only", ""))) {
        Sample s = Sample.of(file);
        Splits.Recorder r = new Splits.Recorder(engine);
        Redrawn.of(s, r, draws);
        chance.add(name, s, r);
      }
    }
    chance.write(draws);
  }

  public static void main(String[] args) throws IOException, ModelFormatException {
    Engine engine = new OneThread(Engines.require());
    if (System.getProperty("splits") != null) {
      chances(Path.of(args[0]), engine, Integer.getInteger("draws", 512));
      return;
    }
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
