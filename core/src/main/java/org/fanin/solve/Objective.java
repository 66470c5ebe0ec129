package org.fanin.solve;

import org.fanin.judge.Evenness;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.judge.Trainable;
import org.fanin.predict.Forecast;

/// How far a network is from level: what [Auto] never makes larger than the file's weights had it.
///
/// @param signal decades of second moment along the main path ([Evenness#signal])
/// @param gradient the same of the gradient ([Evenness#gradient])
/// @param trains whether the judge thinks that it will train
/// @param target which of the two counts; [Target#BOTH] takes their sum
public record Objective(double signal, double gradient, Trainable.Answer trains, Target target) {
  /// What a residual stream gains when all its branches together bring as much as it began with: a
  /// factor of 2. No verdict is about less.
  static final double LEVEL = Math.log10(2);

  /// Decades that are no difference: 12% of a second moment, what forecasts are good for.
  static final double EQUAL = .05;

  /// Nor is this share of what there was: to win it back, other layers would have to stay as uneven
  /// as they were.
  static final double SHARE = .05;

  /// As [Auto] measures it.
  public static Objective of(Forecast forecast, Target target) {
    Judgement j = Judge.judge(forecast, Thresholds.standard());
    Evenness e = Evenness.of(forecast, j.spine());
    return new Objective(e.signal(), e.gradient(), j.trainable().answer(), target);
  }

  /// Decades beyond a factor of 2, of signal and gradient each; 0 is level.
  public double decades() {
    double s = Math.max(0, signal - LEVEL);
    double g = Math.max(0, gradient - LEVEL);
    return switch (target) {
      case FORWARD -> s;
      case BACKWARD -> g;
      case BOTH -> s + g;
    };
  }

  /// A better answer of the judge excuses any drift; a worse one is excused by nothing.
  public boolean noWorseThan(Objective other) {
    int answer = Integer.compare(rank(trains), rank(other.trains));
    return answer == 0 ? decades() <= (1 + SHARE) * other.decades() + EQUAL : answer < 0;
  }

  boolean betterThan(Objective other) {
    int answer = Integer.compare(rank(trains), rank(other.trains));
    return answer == 0 ? decades() < other.decades() : answer < 0;
  }

  private static int rank(Trainable.Answer a) {
    return switch (a) {
      case YES -> 0;
      case DOUBTFUL -> 1;
      case NO -> 2;
    };
  }
}
