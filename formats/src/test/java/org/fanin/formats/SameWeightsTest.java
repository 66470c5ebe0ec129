package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.audit.Audit;
import org.fanin.audit.AuditReport;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.model.Checkpoint;
import org.fanin.model.RawModel;
import org.fanin.plan.Specs;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.report.CheckReport;
import org.fanin.report.Provenance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Forecast and audit look at the same weights from two sides: the graph's and the file's. What is
/// a defect to one is a defect to the other.
class SameWeightsTest {
  private static final int DEPTH = 6;
  private static final int WIDTH = 48;

  @TempDir private Path dir;

  /// What is done to the weight of the third layer, or to every layer's.
  private enum Plant {
    NOTHING(false, false),
    ZERO(false, true),
    CONSTANT(false, true),
    IDENTICAL_ROWS(false, true),
    ONE_ROW_TWICE(false, true),
    DEAD_ROWS(false, true),
    ONE_DEAD_ROW(false, true),
    NOT_A_NUMBER(false, true),
    INFINITE(false, true),
    HUNDREDTH_OF_ALL(true, true),
    TEN_TIMES_ALL(true, true);

    private final boolean everywhere;
    private final boolean defect;

    Plant(boolean everywhere, boolean defect) {
      this.everywhere = everywhere;
      this.defect = defect;
    }

    float of(float[] was, int i) {
      int row = i / WIDTH;
      return switch (this) {
        case NOTHING -> was[i];
        case ZERO -> 0;
        case CONSTANT -> .1f;
        case IDENTICAL_ROWS -> row < WIDTH / 2 ? was[i % WIDTH] : was[i];
        case ONE_ROW_TWICE -> row == 5 ? was[i - WIDTH] : was[i];
        case ONE_DEAD_ROW -> row == 5 ? 0 : was[i];
        case DEAD_ROWS -> row < WIDTH / 2 ? 0 : was[i];
        case NOT_A_NUMBER -> i == 7 ? Float.NaN : was[i];
        case INFINITE -> i == 7 ? Float.POSITIVE_INFINITY : was[i];
        case HUNDREDTH_OF_ALL -> .01f * was[i];
        case TEN_TIMES_ALL -> 10 * was[i];
      };
    }
  }

  private Path file(Plant plant) throws IOException {
    ModelProto.Builder m = OnnxBuild.reluMlp(DEPTH, WIDTH).toBuilder();
    for (TensorProto.Builder t : m.getGraphBuilder().getInitializerBuilderList()) {
      boolean weight = t.getName().endsWith(".weight");
      if (weight && (plant.everywhere || t.getName().equals("layers.2.weight"))) {
        float[] was = new float[WIDTH * WIDTH];
        var bytes = t.getRawData().asReadOnlyByteBuffer().order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < was.length; i++) {
          was[i] = t.getFloatDataCount() > 0 ? t.getFloatData(i) : bytes.getFloat(4 * i);
        }
        float[] now = new float[was.length];
        for (int i = 0; i < now.length; i++) {
          now[i] = plant.of(was, i);
        }
        TensorProto planted = OnnxBuild.floats(t.getName(), new long[] {WIDTH, WIDTH}, now);
        t.clear().mergeFrom(planted);
      }
    }
    return Files.write(dir.resolve("m.onnx"), m.build().toByteArray());
  }

  @ParameterizedTest
  @EnumSource(Plant.class)
  void theSameDefects(Plant plant) throws Exception {
    RawModel raw = OnnxReader.read(file(plant));
    Graph g = GraphBuilder.build(raw, new Bindings(16, Map.of()));
    PredictSettings settings =
        new PredictSettings(
            PredictSettings.Mode.TRAIN, 16, Map.of(), OptionalDouble.empty(), Optional.empty());
    Forecast f = Predictor.predict(g, settings);
    Checkpoint weights = Checkpoints.of(raw);
    Audit.Settings all = Audit.Settings.standard(1 << 20);
    Judgement check =
        new CheckReport(
                "m.onnx",
                new Provenance("fanin", "test", ""),
                settings,
                f,
                Judge.judge(f, Thresholds.standard()))
            .with(Audit.look(weights, Specs.of(g), Audit.Place.of(g), all))
            .judgement();
    AuditReport audit = Audit.of(weights, Specs.of(g), Audit.Place.of(g), List.of(), all, _ -> {});
    assertEquals(!plant.defect, check.healthy(), () -> "check: " + check.verdicts());
    assertEquals(!plant.defect, audit.healthy(), () -> "audit: " + audit.verdicts());
    long same = check.verdicts().stream().filter(v -> v.at().equals("layers.2.weight")).count();
    assertTrue(same <= 1, () -> "said once: " + check.verdicts());
  }
}
