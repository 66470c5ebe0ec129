package org.fanin.formats;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.fanin.tensor.Tensor;

/// One run of a model in ONNX Runtime: what came out, of all outputs together.
///
/// @param numbers elements of all outputs
/// @param finite how many of them are finite
/// @param squares sum of squares of the finite ones
record RuntimeRun(long numbers, long finite, double squares) {
  /// Root mean square of the finite elements; NaN where there is none.
  double rms() {
    return Math.sqrt(squares / finite);
  }

  boolean allFinite() {
    return numbers > 0 && finite == numbers;
  }

  /// Runs a model on small numbers, two samples of them where the batch is free; tokens are 0.
  static RuntimeRun of(Path model) throws OrtException {
    return of(model, Map.of());
  }

  /// @param arrays inputs, by name or as `in_NAME`; a model's only input takes the only array of
  ///   that kind whatever it is called
  static RuntimeRun of(Path model, Map<String, Tensor> arrays) throws OrtException {
    OrtEnvironment env = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try (OrtSession.SessionOptions one = new OrtSession.SessionOptions()) {
      one.setIntraOpNumThreads(1);
      try (OrtSession session = env.createSession(model.toString(), one)) {
        for (NodeInfo i : session.getInputInfo().values()) {
          TensorInfo info = (TensorInfo) i.getInfo();
          Tensor t = array(arrays, i.getName(), session.getInputInfo().size());
          inputs.put(i.getName(), t == null ? small(env, info) : given(env, info, t));
        }
        try (OrtSession.Result result = session.run(inputs)) {
          return read(result);
        }
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static Tensor array(Map<String, Tensor> arrays, String name, int inputs) {
    Tensor exact = arrays.getOrDefault("in_" + name, arrays.get(name));
    if (exact != null || inputs > 1) {
      return exact;
    }
    var likely = arrays.keySet().stream().filter(k -> k.startsWith("in_")).toList();
    return likely.size() == 1 ? arrays.get(likely.getFirst()) : null;
  }

  private static RuntimeRun read(OrtSession.Result result) {
    long n = 0;
    long finite = 0;
    double squares = 0;
    for (Map.Entry<String, OnnxValue> e : result) {
      FloatBuffer numbers = ((OnnxTensor) e.getValue()).getFloatBuffer();
      while (numbers.hasRemaining()) {
        double v = numbers.get();
        n++;
        finite += Double.isFinite(v) ? 1 : 0;
        squares += Double.isFinite(v) ? v * v : 0;
      }
    }
    return new RuntimeRun(n, finite, squares);
  }

  private static OnnxTensor small(OrtEnvironment env, TensorInfo info) throws OrtException {
    long[] shape = info.getShape();
    int n = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = shape[i] < 0 ? 2 : shape[i];
      n *= Math.toIntExact(shape[i]);
    }
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = (i % 17 - 8) / 8f;
    }
    return tensor(env, info, v, new long[n], shape);
  }

  private static OnnxTensor given(OrtEnvironment env, TensorInfo info, Tensor t)
      throws OrtException {
    int n = Math.toIntExact(t.count());
    float[] v = new float[n];
    long[] whole = new long[n];
    for (int i = 0; i < n; i++) {
      v[i] = (float) t.at(i);
      whole[i] = (long) t.at(i);
    }
    return tensor(env, info, v, whole, t.shape().toArray());
  }

  private static OnnxTensor tensor(
      OrtEnvironment env, TensorInfo info, float[] v, long[] whole, long[] shape)
      throws OrtException {
    return switch (info.type) {
      case FLOAT -> OnnxTensor.createTensor(env, FloatBuffer.wrap(v), shape);
      case FLOAT16, BFLOAT16 -> OnnxTensor.createTensor(env, halves(info, v), shape, info.type);
      case INT64 -> OnnxTensor.createTensor(env, LongBuffer.wrap(whole), shape);
      default -> throw new IllegalStateException("no example has an input of " + info.type);
    };
  }

  private static ByteBuffer halves(TensorInfo info, float[] v) {
    ByteBuffer b = ByteBuffer.allocateDirect(2 * v.length).order(ByteOrder.nativeOrder());
    for (float x : v) {
      b.putShort(
          switch (info.type) {
            case FLOAT16 -> Float.floatToFloat16(x);
            case BFLOAT16 -> (short) (Float.floatToRawIntBits(x) >>> 16);
            default -> throw new IllegalStateException(info.type + " is no half");
          });
    }
    return b.flip();
  }
}
