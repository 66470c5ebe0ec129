package org.fanin.formats;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.model.RawModel;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;

/// Processor time of reading, understanding and predicting one file in a fresh process, JIT
/// compilation included: `StageTimes FILE LABEL`.
public final class StageTimes {
  private StageTimes() {}

  public static void main(String[] args) throws Exception {
    var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    double t0 = seconds(os);
    RawModel raw = OnnxReader.read(Path.of(args[0]));
    double t1 = seconds(os);
    Graph graph = GraphBuilder.build(raw, Bindings.defaults());
    double t2 = seconds(os);
    Forecast forecast = Predictor.predict(graph, PredictSettings.defaults());
    double t3 = seconds(os);
    long used = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    System.out.printf(
        Locale.ROOT,
        "%-30s %9d %8.2f %8.2f %8.2f %8.2f %9d%n",
        args[1],
        forecast.coverage().nodes(),
        t1 - t0,
        t2 - t1,
        t3 - t2,
        t3 - t0,
        used >> 20);
  }

  private static double seconds(OperatingSystemMXBean os) {
    return os.getProcessCpuTime() / 1e9;
  }
}
