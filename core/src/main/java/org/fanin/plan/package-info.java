/// How weights are drawn: initialisation schemes by name, recognising them in weights that exist,
/// and the derivation of why they are what they are.
///
/// Takes fans and statistics; gives [org.fanin.plan.Scheme]s with their variance and source.
/// Previous stage: `graph`; next: `predict`.
package org.fanin.plan;
