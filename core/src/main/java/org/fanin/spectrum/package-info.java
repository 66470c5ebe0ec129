/// Takes a [org.fanin.probe.Linearised] network; gives the spectrum of its input–output Jacobian
/// and its neural tangent kernel, with errors. Promises the same numbers for the same products with
/// J, sums in a fixed order, and words in place of a number that does not exist. Stage before:
/// probe; stage after: compare.
package org.fanin.spectrum;
