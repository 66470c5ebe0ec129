package org.fanin.torch;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Value;
import org.fanin.model.ModelFormatException;
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;
import org.fanin.tensor.Tensor;

/// A model's outputs in our engine beside ONNX Runtime's.
///
/// @param outputs how many numbers
/// @param float64 largest difference of our doubles to ONNX Runtime's floats, as a share of the
///   largest output
/// @param float32 the same of our floats
/// @param shipped the same of our doubles to the sample's own output; NaN when it has none
record OutputAgreement(int outputs, double float64, double float32, double shipped) {
  static OutputAgreement of(Path model, Engine engine, Path scratch)
      throws ModelFormatException, IOException, OrtException {
    Path file = Inference.of(model, scratch);
    Sample s = Sample.of(model, file);
    Map<String, double[]> theirs = OnnxRuntime.outputs(file, s.request().arrays());
    Map<String, double[]> doubles = outputs(engine, s, true);
    Map<String, double[]> floats = outputs(engine, s, false);
    if (!doubles.keySet().equals(theirs.keySet())) {
      throw new IllegalStateException(
          "outputs " + doubles.keySet() + ", wanted " + theirs.keySet());
    }
    int n = theirs.values().stream().mapToInt(v -> v.length).sum();
    return new OutputAgreement(
        n, worst(doubles, theirs), worst(floats, theirs), shipped(s, model, doubles));
  }

  private static Map<String, double[]> outputs(Engine engine, Sample s, boolean float64) {
    Graph g = s.graph();
    Map<String, double[]> outs = new HashMap<>();
    ProbeListener keep =
        new ProbeListener() {
          @Override
          public boolean wants(int value) {
            return g.outputs().contains(value);
          }

          @Override
          public void forward(int value, Tensor elements) {
            Value v = g.value(value);
            outs.put(v.name(), elements.toDoubles());
          }
        };
    engine.measure(g, s.request().withFloat64(float64).withThreads(1), keep);
    return outs;
  }

  private static double worst(Map<String, double[]> ours, Map<String, double[]> theirs) {
    double worst = 0;
    for (Map.Entry<String, double[]> e : theirs.entrySet()) {
      worst = Math.max(worst, difference(ours.get(e.getKey()), e.getValue()));
    }
    return worst;
  }

  /// Largest difference over the largest magnitude; ∞ where one is not a number.
  static double difference(double[] ours, double[] theirs) {
    if (ours.length != theirs.length) {
      return Double.POSITIVE_INFINITY;
    }
    double top = 0;
    double d = 0;
    for (int i = 0; i < ours.length; i++) {
      top = Math.max(top, Math.abs(theirs[i]));
      double off = Math.abs(ours[i] - theirs[i]);
      d = Double.isNaN(off) ? Double.POSITIVE_INFINITY : Math.max(d, off);
    }
    return d == 0 ? 0 : d / top;
  }

  /// The sample's arrays hold the outputs of each variant, with dropout off.
  private static double shipped(Sample s, Path model, Map<String, double[]> ours) {
    String name = model.getFileName().toString();
    String key =
        name.contains(".eval.") ? "out_eval" : name.contains(".fused.") ? "out_fused" : "out_train";
    Tensor t = s.request().arrays().get(key);
    return t == null || ours.size() != 1
        ? Double.NaN
        : difference(ours.values().iterator().next(), t.toDoubles());
  }
}
