package org.fanin.plan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/// SHA-256 of what decides the bytes of a plan: fill format, seed, and of every tensor name, shape,
/// element type, draw and rounding; not the order of tensors, reasons or version.
public final class PlanHash {
  /// Number of the fill format (docs/fill-format.md) that plans of this version are drawn with.
  public static final int FILL_FORMAT = 1;

  private PlanHash() {}

  /// @return 64 hexadecimal digits
  public static String of(InitPlan plan) {
    Map<String, String> lines = new TreeMap<>();
    for (TensorPlan t : plan.tensors()) {
      String rounding = t.stochastic() ? " stochastic " : " nearest ";
      lines.put(
          t.name(),
          t.shape() + " " + PlanText.dtype(t.dtype()) + rounding + DrawText.write(t.draw()));
    }
    for (InitPlan.Kept k : plan.kept()) {
      lines.put(k.name(), k.shape() + " " + PlanText.dtype(k.dtype()) + " kept");
    }
    MessageDigest sha = sha256();
    add(sha, PlanText.FORMAT + " fill " + FILL_FORMAT + " seed " + plan.seed() + "\n");
    // Quoted, so that no name can be mistaken for the end of another's line.
    lines.forEach((name, line) -> add(sha, PlanText.quoted(name) + " " + line + "\n"));
    return HexFormat.of().formatHex(sha.digest());
  }

  private static void add(MessageDigest sha, String s) {
    sha.update(s.getBytes(StandardCharsets.UTF_8));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
