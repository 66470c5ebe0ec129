package org.fanin.graph;

/// Where a file holds the elements of a parameter, which decides whether others can be written in
/// their place.
public enum Storage {
  /// As an initialiser.
  INITIALISER,
  /// As the value of a Constant node.
  CONSTANT_NODE,
  /// As one number that a ConstantOfShape node repeats: written anew, it becomes an initialiser.
  CONSTANT_OF_SHAPE,
  /// As integers that a node turns into floats with scales of their own.
  QUANTISED,
  /// As its elements that are not 0, with their places.
  SPARSE,
  /// Under a name that other tensors of the file have too.
  AMBIGUOUS,
  /// In the body of an If, Loop or Scan that is not followed.
  BODY,
  /// Nowhere: nodes compute it from what is stored.
  COMPUTED;

  /// Whether new elements can be written.
  public boolean isWritable() {
    return switch (this) {
      case INITIALISER, CONSTANT_NODE, CONSTANT_OF_SHAPE -> true;
      case QUANTISED, SPARSE, AMBIGUOUS, BODY, COMPUTED -> false;
    };
  }

  /// Why its elements stay, for a plan; what can be written has no such reason.
  ///
  /// @throws IllegalStateException for what can be written
  public String because() {
    return switch (this) {
      case QUANTISED ->
          "stored as integers with scales, which a draw in floats does not fit: draw before"
              + " quantising";
      case SPARSE -> "stored sparse: its zeros have no place to be drawn in";
      case AMBIGUOUS ->
          "one of several tensors of its name, in bodies or functions: rename them first";
      case BODY -> "in the body of an If, Loop or Scan, which is not followed";
      case COMPUTED -> "computed by nodes of the graph from constants, not stored as a tensor";
      case INITIALISER, CONSTANT_NODE, CONSTANT_OF_SHAPE ->
          throw new IllegalStateException(this + " can be written");
    };
  }
}
