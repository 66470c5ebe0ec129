package org.fanin.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.judge.Trainable;

/// What a reader of a failed check may do next: the command that mends the file and, for PyTorch's
/// networks, the initialisation to put into the program.
///
/// @param command to type
/// @param torch empty where the network is not PyTorch's, or no rule by layer mends it
public record NextStep(String command, Optional<TorchInit> torch) {
  private static final String ONNX = ".onnx";

  /// Empty where nothing failed, or [#command] has none.
  public static Optional<NextStep> of(CheckReport report) {
    return command(report).map(c -> new NextStep(c, TorchInit.of(report)));
  }

  /// The columns of the table, in words.
  static String legend(boolean measured) {
    List<String> all = new ArrayList<>();
    all.add("m2: E[x²] behind the layer");
    all.add("× in: m2 over that of the layer's input");
    all.add("cos: cosine between two samples");
    all.add("gm2: E[g²], g the gradient at the layer's output for a cotangent N(0,1)");
    if (measured) {
      all.add("z: measured less predicted, in standard deviations from seed to seed");
    }
    return String.join(" · ", all);
  }

  /// A command to type, where `fanin init` may mend the file: something failed, and the file holds
  /// the network that trains, with weights that were drawn.
  static Optional<String> command(CheckReport report) {
    boolean failed =
        !report.judgement().healthy()
            || report.judgement().trainable().answer() == Trainable.Answer.NO;
    boolean asItTrains = report.forecast().graph().export().foldedNorms().isEmpty();
    String model = report.model();
    if (!failed || !asItTrains || report.trained().trained() || !model.endsWith(ONNX)) {
      return Optional.empty();
    }
    String mended = model.substring(0, model.length() - ONNX.length()) + ".mended" + ONNX;
    return Optional.of("fanin init " + quoted(model) + " -o " + quoted(mended));
  }

  /// As a shell takes it for one word.
  private static String quoted(String path) {
    return path.matches("[\\w./+:@%-]+") ? path : "'" + path.replace("'", "'\\''") + "'";
  }
}
