package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Rewritten models in somebody else's runtime: they load, run and give finite numbers.
class OnnxRuntimeTest {
  @TempDir Path temp;

  static List<Path> examples() throws IOException {
    return Examples.all(".onnx");
  }

  private static Map<String, TensorOut> values(Path in) throws Exception {
    Map<String, TensorOut> values = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> e :
        OnnxRewriterTest.stored(OnnxReader.read(in).graph()).entrySet()) {
      Tensor t = e.getValue();
      if (t.count() > 1 && t.dtype() != DType.OTHER) {
        values.put(e.getKey(), TestTensors.small(e.getKey(), t.dtype(), t.shape()));
      }
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void rewrittenModelsRun(Path in) throws Exception {
    Path out = temp.resolve("out.onnx");
    OnnxRewriter.rewrite(in, out, values(in), false, WriteOptions.defaults());
    assertTrue(finiteOutputs(out) > 0);
  }

  @ParameterizedTest
  @CsvSource({"lenet_tanh.onnx", "lstm_clf.onnx", "mlp5_relu_default.var_external.onnx"})
  void tensorsOutsideAreFound(String name) throws Exception {
    Path in = Examples.file(name);
    Path out = temp.resolve("out.onnx");
    OnnxRewriter.rewrite(in, out, values(in), true, WriteOptions.defaults());
    Path inline = temp.resolve("inline.onnx");
    OnnxRewriter.rewrite(in, inline, values(in), false, WriteOptions.defaults());
    assertEquals(finiteOutputs(inline), finiteOutputs(out));
  }

  /// @return how many numbers came out
  private static int finiteOutputs(Path model) throws OrtException {
    int n = 0;
    OrtEnvironment env = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    try (OrtSession.SessionOptions one = new OrtSession.SessionOptions()) {
      one.setIntraOpNumThreads(1);
      try (OrtSession session = env.createSession(model.toString(), one)) {
        Map<String, OnnxTensor> inputs = new HashMap<>();
        for (NodeInfo i : session.getInputInfo().values()) {
          inputs.put(i.getName(), input(env, (TensorInfo) i.getInfo()));
        }
        try (OrtSession.Result result = session.run(inputs)) {
          for (Map.Entry<String, OnnxValue> e : result) {
            FloatBuffer numbers = ((OnnxTensor) e.getValue()).getFloatBuffer();
            while (numbers.hasRemaining()) {
              float v = numbers.get();
              assertTrue(Float.isFinite(v), e.getKey() + " gives " + v);
              n++;
            }
          }
        }
        inputs.values().forEach(OnnxTensor::close);
      }
    }
    return n;
  }

  /// Two samples of small numbers; token 0 everywhere.
  private static OnnxTensor input(OrtEnvironment env, TensorInfo info) throws OrtException {
    long[] shape = info.getShape();
    int n = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = shape[i] < 0 ? 2 : shape[i];
      n *= Math.toIntExact(shape[i]);
    }
    float[] v = new float[n];
    short[] half = new short[n];
    for (int i = 0; i < n; i++) {
      v[i] = (i % 17 - 8) / 8f;
      half[i] = Float.floatToFloat16(v[i]);
    }
    return switch (info.type) {
      case FLOAT -> OnnxTensor.createTensor(env, FloatBuffer.wrap(v), shape);
      case FLOAT16 -> OnnxTensor.createTensor(env, ShortBuffer.wrap(half), shape, info.type);
      case INT64 -> OnnxTensor.createTensor(env, LongBuffer.wrap(new long[n]), shape);
      default -> throw new IllegalStateException("no example has an input of " + info.type);
    };
  }
}
