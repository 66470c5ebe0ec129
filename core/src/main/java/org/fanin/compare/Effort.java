package org.fanin.compare;

import java.util.Locale;
import org.fanin.probe.Arithmetic;

/// What measuring takes, told from shapes alone and at fixed rates: the same on every machine, so
/// that what is measured unasked, and with it the report, is too. One thread.
///
/// The rates are those of single precision, chosen low by hand beside `bench/size` on two virtual
/// cores with AVX2, where ResNet-50 and ViT-B/16 took about half of the estimate; that of
/// convolutions in groups was not measured. Double precision takes twice as long.
///
/// @param seconds of all runs together
/// @param bytes that cannot be done without: weights, and the tensors around the widest node
public record Effort(double seconds, double bytes) {
  /// Multiply-adds per second, forward; the way back takes two of them for each.
  static final double RATE = 1.1e10;

  /// The same of convolutions in groups.
  static final double GROUPED_RATE = 1e9;

  /// Seconds for an element of an activation: computing it where nothing is multiplied, its
  /// gradient, and the statistics of both.
  static final double PER_ELEMENT = 1.2e-8;

  /// Seconds for an element of a parameter: loading it, and statistics.
  static final double PER_PARAMETER = 6e-9;

  /// Tensors of the widest node's size that are there at once.
  private static final double AROUND = 4;

  /// @param runs forward and backward
  public static Effort of(Workload w, Arithmetic in, double runs) {
    double slow = in == Arithmetic.FLOAT64 ? 2 : 1;
    double work = (w.multiplyAdds() - w.grouped()) / RATE + w.grouped() / GROUPED_RATE;
    double one = 3 * work + w.elements() * PER_ELEMENT + w.parameters() * PER_PARAMETER;
    return new Effort(runs * slow * one, in.width() * (w.parameters() + AROUND * w.widest()));
  }

  /// Bytes of a network whose activations are all kept.
  static double kept(Workload w, Arithmetic in) {
    return in.width() * (w.parameters() + w.elements() + AROUND * w.widest());
  }

  /// As in "about 40 s": no more digits than an estimate has.
  public String about() {
    return about(seconds);
  }

  static String about(double seconds) {
    if (seconds < 1) {
      return "less than a second";
    }
    if (seconds < 90) {
      double step = seconds < 10 ? 1 : seconds < 30 ? 5 : 10;
      return String.format(Locale.ROOT, "about %.0f s", step * Math.round(seconds / step));
    }
    if (seconds < 90 * 60) {
      double minutes = seconds / 60;
      double step = minutes < 10 ? 1 : minutes < 30 ? 5 : 10;
      return String.format(Locale.ROOT, "about %.0f minutes", step * Math.round(minutes / step));
    }
    double hours = seconds / 3600;
    return hours < 48
        ? String.format(Locale.ROOT, "about %.0f hours", hours)
        : String.format(Locale.ROOT, "about %.0f days", hours / 24);
  }
}
