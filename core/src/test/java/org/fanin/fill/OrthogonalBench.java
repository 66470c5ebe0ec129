package org.fanin.fill;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.fanin.plan.Draw;
import org.fanin.tensor.Shape;

/// Seconds for orthogonal matrices, ours and a peer's in turn (`bench/orthogonal`).
final class OrthogonalBench {
  private static final Draw.Matrix PLAIN = new Draw.Matrix(List.of(0), List.of(1), List.of());

  private OrthogonalBench() {}

  /// @param args threads, repetitions, the peer's command (answers each line "rows columns" by
  ///   "seconds processor-seconds defect"), then sides such as 2048x2048
  public static void main(String[] args) throws IOException {
    int threads = Integer.parseInt(args[0]);
    int repetitions = Integer.parseInt(args[1]);
    var process = new ProcessBuilder("/bin/sh", "-c", args[2]).redirectErrorStream(false).start();
    try (var peerIn = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
        var peerOut = process.inputReader(StandardCharsets.UTF_8)) {
      System.out.printf(
          "%-12s %8s %8s %8s %6s %8s %8s %9s %9s%n",
          "shape", "first s", "ours s", "torch s", "ratio", "cpu s", "torch's", "|QQ'-I|",
          "torch's");
      for (String sides : Arrays.asList(args).subList(3, args.length)) {
        var of = sides.split("x");
        compare(
            threads,
            repetitions,
            peerIn,
            peerOut,
            Integer.parseInt(of[0]),
            Integer.parseInt(of[1]));
      }
    }
  }

  private static void compare(
      int threads,
      int repetitions,
      PrintWriter peerIn,
      BufferedReader peerOut,
      int rows,
      int columns)
      throws IOException {
    var engine = new MatrixFills.Engine(MatrixFills.kernel(), threads);
    var ours = new double[repetitions];
    var theirs = new double[repetitions];
    var work = new double[repetitions];
    var theirWork = new double[repetitions];
    double defect = 0;
    double theirDefect = 0;
    var out = new float[rows * columns];
    for (int i = 0; i < repetitions; i++) {
      peerIn.println(rows + " " + columns);
      var answer = peerOut.readLine().split(" ");
      theirs[i] = Double.parseDouble(answer[0]);
      theirWork[i] = Double.parseDouble(answer[1]);
      theirDefect = Double.parseDouble(answer[2]);
      double busy = processorSeconds();
      long start = System.nanoTime();
      try (var values =
          MatrixFills.values(
              StreamKey.of(i, "w"),
              new Draw.Orthogonal(1, PLAIN),
              Shape.of(rows, columns),
              0,
              false,
              engine)) {
        values.read(0, out, 0, out.length);
      }
      ours[i] = (System.nanoTime() - start) * 1e-9;
      work[i] = processorSeconds() - busy;
      defect = Math.max(defect, defect(out, rows, columns));
    }
    double first = ours[0];
    System.out.printf(
        "%-12s %8.3f %8.3f %8.3f %6.2f %8.3f %8.3f %9.1e %9.1e%n",
        rows + "x" + columns,
        first,
        median(ours),
        median(theirs),
        median(ours) / median(theirs),
        median(work),
        median(theirWork),
        defect,
        theirDefect);
  }

  private static double processorSeconds() {
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return system.getProcessCpuTime() * 1e-9;
  }

  private static double median(double[] x) {
    double[] sorted = x.clone();
    Arrays.sort(sorted);
    return sorted[x.length / 2];
  }

  /// Largest element of |WWᵀ − I| or |WᵀW − I| over every 16th row, in doubles.
  private static double defect(float[] w, int rows, int columns) {
    boolean tall = rows > columns;
    int small = Math.min(rows, columns);
    int large = Math.max(rows, columns);
    double worst = 0;
    for (int i = 0; i < small; i += 16) {
      for (int j = 0; j < small; j++) {
        double s = i == j ? -1 : 0;
        for (int k = 0; k < large; k++) {
          s +=
              tall
                  ? (double) w[k * columns + i] * w[k * columns + j]
                  : (double) w[i * columns + k] * w[j * columns + k];
        }
        worst = Math.max(worst, Math.abs(s));
      }
    }
    return worst;
  }
}
