package org.fanin.spectrum;

import java.util.List;
import org.fanin.probe.Linearised;
import org.fanin.tensor.Shape;

/// One matrix whose rows and columns are spread over the samples of a batch.
record Reshaped(Linearised of, int batch) implements Linearised {
  static Reshaped of(double[][] whole, int batch) {
    return new Reshaped(Plain.of(whole), batch);
  }

  @Override
  public List<Part> from() {
    return List.of(new Part("x", Shape.of(batch, of.inputs() / batch)));
  }

  @Override
  public List<Part> to() {
    return List.of(new Part("y", Shape.of(batch, of.outputs() / batch)));
  }

  @Override
  public List<Part> weights() {
    return of.weights();
  }

  @Override
  public double[] value() {
    return of.value();
  }

  @Override
  public double[] pullBack(double[] u) {
    return of.pullBack(u);
  }

  @Override
  public double[] pullBackToParameters(double[] u) {
    return of.pullBackToParameters(u);
  }

  @Override
  public double[] pushForward(double[] v) {
    return of.pushForward(v);
  }

  @Override
  public void close() {
    of.close();
  }
}
