package org.fanin.audit;

import java.util.ArrayList;
import java.util.List;
import org.fanin.graph.Role;

/// Elements that no law and no training makes: memory that was allocated and never filled.
final class Garbage {
  /// |w| above which nothing trains; running variances of large inputs may reach further.
  private static final double HUGE = 1e6;

  private static final double HUGE_VARIANCE = 1e12;

  /// Of numbers other than 0; a law of a usual scale draws none that small.
  private static final double TINY = 1e-25;

  /// Largest over median |w|: a normal law reaches 10.
  private static final double APART = 1e4;

  private static final int FEWEST = 16;

  private Garbage() {}

  /// @param trained whether the file looks trained: dying units leave tiny numbers and large ones
  static List<Finding> of(Examined e, boolean trained) {
    Moments m = e.facts().all();
    boolean mask = m.max() <= 0 && m.zeros() > 0;
    if (!isTrainable(e.site().spec().role()) || mask || m.finite() == 0) {
      return List.of();
    }
    List<Finding> found = new ArrayList<>();
    double limit = e.site().spec().role() == Role.RUNNING_VARIANCE ? HUGE_VARIANCE : HUGE;
    if (m.largest() > limit) {
      String says = "elements as large as " + Numbers.of(m.largest());
      found.add(Finding.fail("garbage", says, NEVER_FILLED, m.largest(), limit));
    } else if (e.law().kind() != ShapeLaw.Kind.CONSTANT && !trained) {
      untouched(e, found);
    }
    return found;
  }

  private static final String NEVER_FILLED = "memory that was allocated and never filled looks so";

  private static void untouched(Examined e, List<Finding> found) {
    Moments m = e.facts().all();
    Sketch s = e.facts().sketch();
    double median = s.medianBesideZero();
    boolean tiny = (s.smallest() < TINY || s.lowest() > m.zeros()) && !e.site().isMatrix();
    if (tiny) {
      String says = "numbers below " + Numbers.of(TINY) + " that are not 0";
      found.add(Finding.fail("garbage", says, NEVER_FILLED, TINY, 0));
    } else if (m.finite() >= FEWEST && m.largest() > APART * median) {
      String says =
          "elements as large as "
              + Numbers.of(m.largest())
              + ", "
              + Numbers.of(m.largest() / median)
              + " times the median";
      found.add(Finding.fail("garbage", says, NEVER_FILLED, m.largest(), median));
    }
  }

  private static boolean isTrainable(Role role) {
    return switch (role) {
      case WEIGHT,
          HEAD,
          TIED,
          STACKED,
          FUSED_QKV,
          BIAS,
          NORM_SCALE,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          EMBEDDING,
          POSITION,
          CLASS_TOKEN,
          GATE,
          LAYER_SCALE,
          LSTM_INPUT,
          LSTM_RECURRENT,
          LSTM_BIAS,
          PRELU_SLOPE ->
          true;
      case LOGIT_SCALE, TABLE, OTHER -> false;
    };
  }
}
