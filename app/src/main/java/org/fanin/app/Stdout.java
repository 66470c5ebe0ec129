package org.fanin.app;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;

/// Standard output that remembers why writing failed: a reader that has seen enough (`| head`) is
/// no error, a full disk is one.
final class Stdout extends PrintStream {
  private final Remembering remembering;

  private Stdout(Remembering remembering) {
    super(new BufferedOutputStream(remembering, 1 << 14), false, System.out.charset());
    this.remembering = remembering;
  }

  static Stdout open() {
    return new Stdout(new Remembering(new FileOutputStream(FileDescriptor.out)));
  }

  /// Whether the reader went away.
  boolean brokenPipe() {
    String m = remembering.message;
    return m != null && (m.contains("Broken pipe") || m.contains("pipe is being closed"));
  }

  private static final class Remembering extends FilterOutputStream {
    private String message;

    Remembering(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] b, int from, int count) throws IOException {
      try {
        out.write(b, from, count);
      } catch (IOException e) {
        message = String.valueOf(e.getMessage());
        throw e;
      }
    }
  }
}
