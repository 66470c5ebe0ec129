package org.fanin.audit;

/// What a layer does to the second moment of a signal that its activation has made.
///
/// @param activation before or after it; empty when none is known, then it is taken as linear
/// @param perLayer factor on the second moment by one such layer: E w²·fan_in·E φ²
/// @param layers of its kind in a row
/// @param says in words
public record Effect(String activation, double perLayer, int layers, String says) {}
