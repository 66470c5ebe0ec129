package org.fanin.compare;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.formats.OnnxReader;
import org.fanin.graph.*;
import org.fanin.predict.*;
import org.fanin.probe.*;

final class CalibrationDump {
  public static void main(String[] a) throws Exception {
    Engine e = Engines.require();
    int k = Integer.parseInt(a[1]);
    PrintStream out = new PrintStream(a[0]);
    for (int m = 2; m < a.length; m++) {
      Path p = Path.of(a[m]);
      boolean big = false;
      Graph g = GraphBuilder.build(OnnxReader.read(p), Bindings.ofBatch(8));
      PredictSettings s =
          new PredictSettings(
              PredictSettings.Mode.FILE, 8, Map.of(), OptionalDouble.empty(), Optional.empty());
      Forecast f = Predictor.predict(g, s);
      Redraw r = Redraw.all(f, Optional.empty());
      for (int d = 1; d <= k; d++) {
        Readings x =
            e.measure(
                g,
                ProbeRequest.defaults(8).withThreads(1).withSeed(1 + d).withWeights(r.weights(d)),
                ProbeListener.none());
        Comparison c = Comparison.of(f, x);
        for (var q : c.signal().entrySet()) dump(out, p, d, "m2", g, q.getKey(), q.getValue());
        for (var q : c.gradient().entrySet()) dump(out, p, d, "gm2", g, q.getKey(), q.getValue());
      }
      System.err.println(p.getFileName() + " kept " + r.kept());
    }
    out.close();
  }

  static void dump(PrintStream o, Path p, int d, String what, Graph g, int v, Pair q) {
    Value x = g.value(v);
    String op = x.producer() < 0 ? "input" : g.nodes().get(x.producer()).onnxOp();
    o.println(
        String.join(
            "\t",
            p.getFileName().toString(),
            "" + d,
            what,
            x.name(),
            op,
            "" + q.lnPredicted(),
            "" + q.spread(),
            "" + q.lnMeasured(),
            "" + q.error(),
            "" + q.z(),
            q.finding().name()));
  }
}
