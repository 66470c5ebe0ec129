package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.predict.PredictSettings;
import org.fanin.solve.Auto;
import org.fanin.solve.Objective;
import org.fanin.solve.Solution;
import org.fanin.solve.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// That `--recipe auto` leaves no example less level than its file has it, whatever the target.
class AutoExamplesTest {
  static List<Path> examples() throws IOException {
    return Examples.all(".onnx");
  }

  @ParameterizedTest
  @MethodSource("examples")
  void neverWorse(Path file) throws Exception {
    Graph graph =
        GraphBuilder.build(
            OnnxReader.read(file), new Bindings(PredictSettings.defaults().batch(), Map.of()));
    for (Target target : Target.values()) {
      Solution s = Auto.solve(graph, target, 0, PredictSettings.defaults());
      Objective before = Objective.of(s.before(), target);
      Objective after = Objective.of(s.after(), target);
      assertTrue(after.noWorseThan(before), target + ": " + before + " → " + after);
    }
  }
}
