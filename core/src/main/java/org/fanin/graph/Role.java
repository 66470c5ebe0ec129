package org.fanin.graph;

/// What a parameter is for. Recipes and verdicts go by role, never by name alone.
public enum Role {
  WEIGHT,
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
  HEAD,
  TIED,
  STACKED,
  FUSED_QKV,
  LSTM_INPUT,
  LSTM_RECURRENT,
  LSTM_BIAS,
  PRELU_SLOPE,
  LOGIT_SCALE,
  TABLE,
  OTHER
}
