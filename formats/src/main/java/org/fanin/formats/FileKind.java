package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// Guesses what a file is that turned out not to be what it should: for messages only.
final class FileKind {
  private static final int HEAD = 4096;

  private FileKind() {}

  /// A phrase such as `a zip archive`, or null when nothing is recognised.
  static String guess(MemorySegment file) {
    int n = (int) Math.min(HEAD, file.byteSize());
    byte[] head = file.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
    // Latin-1 keeps every byte, so that magic numbers can be compared as text
    String s = new String(head, StandardCharsets.ISO_8859_1);
    if (safetensors(head, file.byteSize())) {
      return "a safetensors file"; // one with a head of 640 bytes begins as a pickle does
    }
    String kind = binary(s);
    return kind != null ? kind : text(s);
  }

  private static String binary(String s) {
    if (s.startsWith("PK\3\4") || s.startsWith("PK\5\6")) {
      return zip(s);
    }
    if (s.startsWith("\u0093NUMPY")) {
      return "a NumPy array";
    }
    if (s.startsWith("\u0089HDF\r\n")) {
      return "an HDF5 file (Keras?)";
    }
    if (s.startsWith("\u001f\u008b")) {
      return "a gzip file (decompress it first)";
    }
    if (s.startsWith("GGUF")) {
      return "a GGUF file";
    }
    if (s.startsWith("TFL3", 4)) {
      return "a TensorFlow Lite model";
    }
    if (s.startsWith("ORTM", 4)) {
      return "an ONNX Runtime model (.ort)";
    }
    if (s.length() > 1 && s.charAt(0) == 0x80 && s.charAt(1) >= 2 && s.charAt(1) <= 5) {
      return "a Python pickle (an old PyTorch .pt?)";
    }
    return null;
  }

  private static String zip(String s) {
    if (s.contains("data.pkl") || s.contains("/version")) {
      return "a PyTorch file (export it with torch.onnx.export)";
    }
    return s.contains(".npy") ? "a NumPy archive (.npz)" : "a zip archive";
  }

  /// Eight bytes of length, then JSON of that length.
  private static boolean safetensors(byte[] head, long size) {
    if (head.length < 10 || head[8] != '{') {
      return false;
    }
    long n = 0;
    for (int i = 7; i >= 0; i--) {
      n = n << 8 | (head[i] & 0xff);
    }
    return n > 1 && n <= size - 8;
  }

  private static String text(String s) {
    boolean readable = s.chars().allMatch(c -> c >= 0x20 && c != 0x7f || c >= 9 && c <= 13);
    if (!readable) {
      return null;
    }
    String t = s.stripLeading();
    if (t.startsWith("version https://git-lfs")) {
      return "a Git LFS pointer (git lfs pull fetches the model)";
    }
    if (t.regionMatches(true, 0, "<!doctype html", 0, 14) || t.startsWith("<html")) {
      return "a web page (a download that failed?)";
    }
    return t.startsWith("{") || t.startsWith("[") ? "JSON" : "text";
  }
}
