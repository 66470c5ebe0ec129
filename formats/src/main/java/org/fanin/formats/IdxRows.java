package org.fanin.formats;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// MNIST's idx files (yann.lecun.com/exdb/mnist): two zero bytes, element type, rank, extents as
/// big-endian 32-bit numbers, elements big-endian; plain or gzipped. Read as a stream: what the
/// head says is believed as far as bytes follow.
final class IdxRows implements Rows {
  private static final int BUFFER = 1 << 16;
  private static final int MAGIC = 4;

  private final Path file;
  private final String where;
  private final boolean zipped;
  private final Budget budget;
  private final char type;
  private final Shape all;
  private final Shape row;

  private IdxRows(Path file, boolean zipped, Budget budget, char type, Shape all) {
    this.file = file;
    this.where = file.toString();
    this.zipped = zipped;
    this.budget = budget;
    this.type = type;
    this.all = all;
    long[] d = all.toArray();
    this.row = Shape.of(Arrays.copyOfRange(d, 1, d.length));
  }

  /// Whether a file starts as idx files do.
  static boolean isIdx(byte[] head) {
    return head.length >= MAGIC && head[0] == 0 && head[1] == 0 && width(head[2]) > 0;
  }

  static IdxRows open(Path file, boolean zipped, Budget budget)
      throws ModelFormatException, IOException {
    String where = file.toString();
    try (InputStream in = stream(file, zipped)) {
      byte[] magic = in.readNBytes(MAGIC);
      int rank = magic.length < MAGIC ? 0 : magic[3] & 0xff;
      if (rank < 1 || rank > OnnxTensors.MAX_RANK) {
        throw new ModelFormatException(
            where, "an idx file of rank " + rank, "rank 1 to " + OnnxTensors.MAX_RANK);
      }
      byte[] extents = in.readNBytes(4 * rank);
      if (extents.length < 4 * rank) {
        throw new ModelFormatException(where, "the end of the file in its head", "extents");
      }
      ByteBuffer b = ByteBuffer.wrap(extents);
      long[] d = new long[rank];
      for (int i = 0; i < rank; i++) {
        d[i] = b.getInt() & 0xffff_ffffL;
      }
      IdxRows rows = new IdxRows(file, zipped, budget, (char) (magic[2] & 0xff), shape(where, d));
      rows.checkSize();
      return rows;
    } catch (ZipException | EOFException e) {
      throw damaged(where, e);
    }
  }

  private static Shape shape(String where, long[] d) throws ModelFormatException {
    try {
      Shape s = Shape.of(d);
      Math.multiplyExact(Math.max(1, s.count()), Double.BYTES);
      return s;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new ModelFormatException(
          where, "extents " + Arrays.toString(d), "less than 2^63 bytes", e);
    }
  }

  private void checkSize() throws ModelFormatException, IOException {
    long want = head() + all.count() * width();
    if (!zipped && Files.size(file) != want) {
      throw new ModelFormatException(
          where, "a file of " + Files.size(file) + " bytes", want + " for extents " + all);
    }
  }

  static InputStream stream(Path file, boolean zipped) throws IOException {
    InputStream in = Files.newInputStream(file);
    if (!zipped) {
      return new BufferedInputStream(in, BUFFER);
    }
    try {
      return new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  static ModelFormatException damaged(String where, IOException e) {
    return new ModelFormatException(
        where, "damaged gzip data (" + e.getMessage() + ")", "a whole gzip file", e);
  }

  private int head() {
    return MAGIC + 4 * all.rank();
  }

  private int width() {
    return width((byte) type);
  }

  private static int width(byte type) {
    return switch (type) {
      case 0x08, 0x09 -> 1;
      case 0x0b -> 2;
      case 0x0c, 0x0d -> 4;
      case 0x0e -> 8;
      default -> 0;
    };
  }

  @Override
  public Shape shape() {
    return row;
  }

  @Override
  public long count() {
    return all.dim(0);
  }

  @Override
  public void each(long[] wanted, Visitor visitor) throws ModelFormatException, IOException {
    long bytes = row.count() * width();
    try (InputStream in = stream(file, zipped)) {
      in.skipNBytes(head());
      byte[] raw = new byte[0];
      double[] x = new double[0];
      int next = 0;
      for (long r = 0; r < count(); r++) {
        if (wanted != null && (next == wanted.length || wanted[next] != r)) {
          in.skipNBytes(bytes);
          continue;
        }
        next++;
        raw = exactly(in, raw, bytes);
        if (x.length != row.count()) {
          budget.charge(row.count() * Double.BYTES);
          x = new double[Math.toIntExact(row.count())];
        }
        decode(raw, x);
        visitor.row(r, x);
      }
      if (in.read() >= 0) {
        throw new ModelFormatException(where, "more bytes than " + all + " holds", "as many");
      }
    } catch (EOFException e) {
      throw new ModelFormatException(
          where, "the end of the file before its last sample", all + " elements", e);
    } catch (ZipException e) {
      throw damaged(where, e);
    }
  }

  /// The next `n` bytes, in `into` if it has their length: memory grows as bytes arrive.
  private byte[] exactly(InputStream in, byte[] into, long n)
      throws ModelFormatException, IOException {
    if (into.length == n) {
      if (in.readNBytes(into, 0, into.length) < n) {
        throw new EOFException();
      }
      return into;
    }
    byte[] grown = new byte[(int) Math.min(n, BUFFER)];
    long have = 0;
    while (have < n) {
      if (have == grown.length) {
        budget.charge(2L * grown.length);
        grown = Arrays.copyOf(grown, (int) Math.min(n, 2L * grown.length));
      }
      int got = in.readNBytes(grown, (int) have, grown.length - (int) have);
      if (got == 0) {
        throw new EOFException();
      }
      have += got;
    }
    return grown;
  }

  private void decode(byte[] raw, double[] x) {
    ByteBuffer b = ByteBuffer.wrap(raw);
    for (int i = 0; i < x.length; i++) {
      x[i] =
          switch (type) {
            case 0x08 -> b.get() & 0xff;
            case 0x09 -> b.get();
            case 0x0b -> b.getShort();
            case 0x0c -> b.getInt();
            case 0x0d -> b.getFloat();
            default -> b.getDouble();
          };
    }
  }

  @Override
  public String place(long r) {
    return where + ": sample " + r;
  }
}
