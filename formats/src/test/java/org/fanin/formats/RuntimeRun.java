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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.tensor.Tensor;

/// One run of a model in ONNX Runtime: what came out.
///
/// @param outputs one per output that is a tensor of numbers
record RuntimeRun(List<Output> outputs) {
  /// One output: real numbers, integers (quantised values, indices) or truth values.
  ///
  /// @param real whether it has a floating-point type
  /// @param quantised whether its elements are 8-bit integers
  /// @param numbers elements
  /// @param finite how many of them are finite
  /// @param squares sum of squares of the finite ones
  /// @param constant whether there are several elements, all equal
  record Output(
      String name,
      boolean real,
      boolean quantised,
      long numbers,
      long finite,
      double squares,
      boolean constant) {
    /// Whether nothing is left of a signal: 0 everywhere, or one level of an 8-bit code everywhere.
    /// Indices and truth values may well be.
    boolean empty() {
      return real ? squares == 0 : quantised && constant;
    }
  }

  RuntimeRun {
    outputs = List.copyOf(outputs);
  }

  long numbers() {
    return outputs.stream().mapToLong(Output::numbers).sum();
  }

  /// Finite elements of all outputs.
  long finite() {
    return outputs.stream().mapToLong(Output::finite).sum();
  }

  /// Root mean square of the finite elements; NaN where there is none.
  double rms() {
    return Math.sqrt(outputs.stream().mapToDouble(Output::squares).sum() / finite());
  }

  boolean allFinite() {
    return numbers() > 0 && finite() == numbers();
  }

  /// Runs a model on small numbers, two samples of them where the batch is free; tokens are 0.
  static RuntimeRun of(Path model) throws OrtException {
    return of(model, Map.of());
  }

  static RuntimeRun of(Path model, Map<String, Tensor> arrays) throws OrtException {
    return of(model, arrays, 2);
  }

  /// @param arrays inputs, by name or as `in_NAME`; a model's only input takes the only array of
  ///   that kind whatever it is called
  /// @param open extent of the dimensions that the model leaves open, of inputs without an array
  static RuntimeRun of(Path model, Map<String, Tensor> arrays, int open) throws OrtException {
    OrtEnvironment env = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try (OrtSession.SessionOptions one = new OrtSession.SessionOptions()) {
      one.setIntraOpNumThreads(1);
      try (OrtSession session = env.createSession(model.toString(), one)) {
        for (NodeInfo i : session.getInputInfo().values()) {
          if (!(i.getInfo() instanceof TensorInfo info)) {
            throw new OrtException("input " + i.getName() + " is no tensor");
          }
          Tensor t = array(arrays, i.getName(), session.getInputInfo().size());
          inputs.put(
              i.getName(),
              t == null ? RuntimeInputs.small(env, info, open) : RuntimeInputs.given(env, info, t));
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

  private static RuntimeRun read(OrtSession.Result result) throws OrtException {
    List<Output> outputs = new ArrayList<>();
    for (Map.Entry<String, OnnxValue> e : result) {
      if (e.getValue() instanceof OnnxTensor t && RuntimeInputs.bytes(t.getInfo().type) > 0) {
        outputs.add(output(e.getKey(), t));
      }
    }
    return new RuntimeRun(outputs);
  }

  private static Output output(String name, OnnxTensor t) {
    ByteBuffer b = t.getByteBuffer().order(ByteOrder.nativeOrder());
    long n = 0;
    long finite = 0;
    double squares = 0;
    double first = 0;
    boolean constant = true;
    while (b.hasRemaining()) {
      double v = RuntimeInputs.next(b, t.getInfo().type);
      first = n == 0 ? v : first;
      constant &= v == first;
      n++;
      finite += Double.isFinite(v) ? 1 : 0;
      squares += Double.isFinite(v) ? v * v : 0;
    }
    boolean real = RuntimeInputs.isReal(t.getInfo().type);
    boolean bits8 = !real && RuntimeInputs.isByte(t.getInfo().type);
    return new Output(name, real, bits8, n, finite, squares, constant && n > 1);
  }
}
