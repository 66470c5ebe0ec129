package org.fanin.formats;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.fanin.tensor.Tensor;

/// Tensors of every type of numbers for ONNX Runtime, and their elements.
final class RuntimeInputs {
  /// Elements of one input; more is no small model.
  private static final long MOST = 1 << 24;

  private RuntimeInputs() {}

  /// Numbers between -1 and 1; integers are 0, truth values true, floats of one number 1.
  ///
  /// @param open extent of dimensions that the model leaves open
  static OnnxTensor small(OrtEnvironment env, TensorInfo info, int open) throws OrtException {
    long[] shape = info.getShape();
    long n = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = shape[i] < 0 ? open : shape[i];
      n *= shape[i];
      if (n > MOST) {
        throw new OrtException("an input of more than " + MOST + " elements");
      }
    }
    double[] v = new double[(int) n];
    for (int i = 0; i < n; i++) {
      v[i] = info.type == OnnxJavaType.BOOL ? 1 : isReal(info.type) ? (i % 17 - 8) / 8.0 : 0;
    }
    return tensor(env, info, v, shape);
  }

  static OnnxTensor given(OrtEnvironment env, TensorInfo info, Tensor t) throws OrtException {
    double[] v = new double[Math.toIntExact(t.count())];
    for (int i = 0; i < v.length; i++) {
      v[i] = t.at(i);
    }
    return tensor(env, info, v, t.shape().toArray());
  }

  private static OnnxTensor tensor(OrtEnvironment env, TensorInfo info, double[] v, long[] shape)
      throws OrtException {
    int size = bytes(info.type);
    if (size == 0) {
      throw new OrtException("an input of " + info.type + " is no number");
    }
    ByteBuffer b = ByteBuffer.allocateDirect(size * v.length).order(ByteOrder.nativeOrder());
    for (double x : v) {
      put(b, info.type, x);
    }
    return OnnxTensor.createTensor(env, b.flip(), shape, info.type);
  }

  /// Bytes of an element; 0 of what is no number.
  static int bytes(OnnxJavaType type) {
    return switch (type) {
      case BOOL, INT8, UINT8 -> 1;
      case INT16, FLOAT16, BFLOAT16 -> 2;
      case INT32, FLOAT -> 4;
      case INT64, DOUBLE -> 8;
      case STRING, UNKNOWN -> 0;
    };
  }

  static boolean isReal(OnnxJavaType type) {
    return switch (type) {
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> true;
      case BOOL, INT8, UINT8, INT16, INT32, INT64, STRING, UNKNOWN -> false;
    };
  }

  static boolean isByte(OnnxJavaType type) {
    return type == OnnxJavaType.INT8 || type == OnnxJavaType.UINT8;
  }

  private static void put(ByteBuffer b, OnnxJavaType type, double x) {
    switch (type) {
      case BOOL, INT8, UINT8 -> b.put((byte) x);
      case INT16 -> b.putShort((short) x);
      case FLOAT16 -> b.putShort(Float.floatToFloat16((float) x));
      case BFLOAT16 -> b.putShort((short) (Float.floatToRawIntBits((float) x) >>> 16));
      case INT32 -> b.putInt((int) x);
      case FLOAT -> b.putFloat((float) x);
      case INT64 -> b.putLong((long) x);
      case DOUBLE -> b.putDouble(x);
      case STRING, UNKNOWN -> throw new IllegalStateException(type + " is no number");
    }
  }

  static double next(ByteBuffer b, OnnxJavaType type) {
    return switch (type) {
      case BOOL, INT8 -> b.get();
      case UINT8 -> Byte.toUnsignedInt(b.get());
      case INT16 -> b.getShort();
      case FLOAT16 -> Float.float16ToFloat(b.getShort());
      case BFLOAT16 -> Float.intBitsToFloat(b.getShort() << 16);
      case INT32 -> b.getInt();
      case FLOAT -> b.getFloat();
      case INT64 -> b.getLong();
      case DOUBLE -> b.getDouble();
      case STRING, UNKNOWN -> throw new IllegalStateException(type + " is no number");
    };
  }
}
