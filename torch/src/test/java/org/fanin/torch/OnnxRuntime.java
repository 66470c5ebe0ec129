package org.fanin.torch;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fanin.tensor.Tensor;

/// Outputs of a model in ONNX Runtime, in single precision.
final class OnnxRuntime {
  private OnnxRuntime() {}

  /// @param arrays inputs, named as the graph's or `in_<input>`
  /// @return elements by output
  static Map<String, double[]> outputs(Path model, Map<String, Tensor> arrays) throws OrtException {
    OrtEnvironment env = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      // With its optimiser on, 1.29.0 gives other outputs for three networks whose BatchNorm is in
      // training mode (unet_convt, vgg16bn_n8, mobilenetv2_w025: .1 to .5 of the largest).
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
      try (OrtSession session = env.createSession(model.toString(), options)) {
        Map<String, OnnxTensor> inputs = new HashMap<>();
        for (NodeInfo i : session.getInputInfo().values()) {
          inputs.put(i.getName(), input(env, i, arrays));
        }
        try (OrtSession.Result result = session.run(inputs)) {
          Map<String, double[]> outs = new LinkedHashMap<>();
          for (Map.Entry<String, OnnxValue> e : result) {
            outs.put(e.getKey(), floats((OnnxTensor) e.getValue()));
          }
          return outs;
        } finally {
          inputs.values().forEach(OnnxTensor::close);
        }
      }
    }
  }

  private static OnnxTensor input(OrtEnvironment env, NodeInfo i, Map<String, Tensor> arrays)
      throws OrtException {
    String file = "in_" + i.getName();
    Tensor t = arrays.getOrDefault(file, arrays.get(file.replaceAll("\\W", "_")));
    if (t == null) {
      throw new IllegalArgumentException("no sample for input " + i.getName());
    }
    long[] shape = t.shape().toArray();
    return switch (((TensorInfo) i.getInfo()).type) {
      case FLOAT -> {
        float[] v = new float[Math.toIntExact(t.count())];
        for (int k = 0; k < v.length; k++) {
          v[k] = (float) t.at(k);
        }
        yield OnnxTensor.createTensor(env, FloatBuffer.wrap(v), shape);
      }
      case INT64 -> OnnxTensor.createTensor(env, LongBuffer.wrap(t.toLongs()), shape);
      default -> throw new IllegalArgumentException("input " + i.getName() + ": " + i.getInfo());
    };
  }

  private static double[] floats(OnnxTensor t) {
    FloatBuffer b = t.getFloatBuffer();
    double[] v = new double[b.remaining()];
    for (int k = 0; k < v.length; k++) {
      v[k] = b.get(k);
    }
    return v;
  }
}
