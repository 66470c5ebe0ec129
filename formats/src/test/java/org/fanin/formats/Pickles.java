package org.fanin.formats;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// An assembler of Python pickles, sound or not.
final class Pickles {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  static Pickles protocol(int version) {
    return new Pickles().op(0x80, version);
  }

  /// Bytes as they are.
  Pickles op(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  Pickles ascii(String instructions) {
    out.writeBytes(instructions.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  Pickles global(String module, String name) {
    return ascii("c" + module + "\n" + name + "\n");
  }

  Pickles text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    op('X').i32(utf8.length);
    out.writeBytes(utf8);
    return this;
  }

  Pickles i32(int n) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(n).array());
    return this;
  }

  Pickles i64(long n) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(n).array());
    return this;
  }

  /// The smallest instruction that holds the number.
  Pickles number(long n) {
    if (n == (int) n) {
      return op('J').i32((int) n);
    }
    return op(0x8a, 8).i64(n);
  }

  Pickles tuple(long... numbers) {
    op('(');
    for (long n : numbers) {
      number(n);
    }
    return op('t');
  }

  /// A storage, by persistent id.
  Pickles storage(String type, String key, long numel) {
    op('(').text("storage").global("torch", type).text(key).text("cpu").number(numel);
    return op('t', 'Q');
  }

  /// A float tensor as PyTorch writes it.
  Pickles tensor(String key, long numel, long offset, long[] size, long... strides) {
    global("torch._utils", "_rebuild_tensor_v2").op('(').storage("FloatStorage", key, numel);
    number(offset).tuple(size).tuple(strides).op(0x89);
    return global("collections", "OrderedDict").op(')', 'R', 't', 'R');
  }

  byte[] stop() {
    return op('.').bytes();
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  /// A state dict of two float tensors, 2×3 and 3.
  static byte[] stateDict() {
    return protocol(2)
        .op('}', '(')
        .text("layer.weight")
        .tensor("0", 6, 0, new long[] {2, 3}, 3, 1)
        .text("layer.bias")
        .tensor("1", 3, 0, new long[] {3}, 1)
        .op('u')
        .stop();
  }
}
