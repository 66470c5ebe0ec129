package org.fanin.plan;

import java.util.Optional;
import org.fanin.graph.Arrival;
import org.fanin.graph.Buffer;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// A tensor that wants weights, and what is known of its place in the network: from a graph, or
/// guessed from its name and shape.
///
/// @param dtype element type it is to be written in
/// @param fan empty for what multiplies element by element
/// @param residualEnd true for the last linear map of a residual branch
/// @param layer number of the residual block or layer it belongs to, from 0; −1 when unknown
/// @param layers number of such blocks in its stack; 0 when unknown
/// @param activation name of the nonlinearity its output goes through ([org.fanin.math.Fns]
///   spelling), "" when none or unknown
/// @param because how role and fan were found, e.g. "graph: conv 3×3, 64·9 = 576" or "name:
///   *.o_proj.weight"
/// @param gates of a recurrent layer, in the order in which they are stacked: `ifgo` (PyTorch,
///   Keras), `iofg` (ONNX), `rzn`, `zrn`; doubled where one bias holds the input's and the
///   recurrent ones, in capitals where it is known to hold the recurrent ones alone; "" elsewhere
/// @param buffer why it is no trainable parameter; empty for one
/// @param arrival where its elements are stored, and what multiplies them before use
/// @param gain constant that its output is multiplied by on the way to the nonlinearity: ω₀ in
///   sin(ω₀·(Wx + b)); 1 where there is none or it is not known
public record TensorSpec(
    String name,
    Shape shape,
    DType dtype,
    Role role,
    Optional<Fan> fan,
    boolean residualEnd,
    int layer,
    int layers,
    String activation,
    String because,
    String gates,
    Optional<Buffer> buffer,
    Arrival arrival,
    double gain) {
  /// A trainable tensor that is stored as it is used.
  public TensorSpec(
      String name,
      Shape shape,
      DType dtype,
      Role role,
      Optional<Fan> fan,
      boolean residualEnd,
      int layer,
      int layers,
      String activation,
      String because,
      String gates) {
    this(
        name,
        shape,
        dtype,
        role,
        fan,
        residualEnd,
        layer,
        layers,
        activation,
        because,
        gates,
        Optional.empty(),
        Arrival.direct(),
        1);
  }

  /// A trainable tensor without gates.
  public TensorSpec(
      String name,
      Shape shape,
      DType dtype,
      Role role,
      Optional<Fan> fan,
      boolean residualEnd,
      int layer,
      int layers,
      String activation,
      String because) {
    this(name, shape, dtype, role, fan, residualEnd, layer, layers, activation, because, "");
  }

  /// The same tensor with other fans.
  public TensorSpec withFan(Fan other) {
    return new TensorSpec(
        name,
        shape,
        dtype,
        role,
        Optional.of(other),
        residualEnd,
        layer,
        layers,
        activation,
        because,
        gates,
        buffer,
        arrival,
        gain);
  }

  /// The same tensor at another place.
  public TensorSpec withDepth(int at, int of) {
    return new TensorSpec(
        name,
        shape,
        dtype,
        role,
        fan,
        residualEnd,
        at,
        of,
        activation,
        because,
        gates,
        buffer,
        arrival,
        gain);
  }

  /// The same tensor in another element type.
  public TensorSpec withDtype(DType other) {
    return new TensorSpec(
        name,
        shape,
        other,
        role,
        fan,
        residualEnd,
        layer,
        layers,
        activation,
        because,
        gates,
        buffer,
        arrival,
        gain);
  }

  /// The same tensor as no parameter: it has no fans and no place in a layer.
  public TensorSpec asBuffer(Buffer what) {
    return new TensorSpec(
        name,
        shape,
        dtype,
        Role.TABLE,
        Optional.empty(),
        false,
        layer,
        layers,
        "",
        because,
        "",
        Optional.of(what),
        arrival,
        1);
  }
}
