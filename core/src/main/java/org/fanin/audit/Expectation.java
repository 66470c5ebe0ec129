package org.fanin.audit;

/// What a recipe wants of a tensor.
///
/// @param scheme its spelling
/// @param variance second moment of one element
/// @param z standard errors that the tensor's lies off; NaN where both are exact
/// @param because the recipe's reason
public record Expectation(String scheme, double variance, double z, String because) {}
