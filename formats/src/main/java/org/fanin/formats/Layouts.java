package org.fanin.formats;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// A hash of everything about files to be written that is known without making a weight: two writes
/// of one layout and one plan give the same bytes.
final class Layouts {
  private Layouts() {}

  static String hash(List<StreamedWrite.Item> items) {
    MessageDigest d = sha256();
    for (StreamedWrite.Item i : items) {
      text(d, "file " + i.target().getFileName() + " " + i.image().length());
      for (Part p : i.image().parts()) {
        switch (p) {
          case Part.Literal(var bytes) -> d.update(bytes.asByteBuffer());
          case Part.Zeros(long n) -> text(d, "zeros " + n);
          case Part.Copied(SourceFile from, long at, long n) ->
              text(d, "copy " + from.path().getFileName() + " " + at + " " + n);
          case Part.Filled(TensorOut t) ->
              text(d, "tensor " + t.name() + " " + t.dtype() + " " + t.shape());
        }
      }
    }
    return HexFormat.of().formatHex(d.digest());
  }

  private static void text(MessageDigest d, String s) {
    d.update((s + "\n").getBytes(StandardCharsets.UTF_8));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
