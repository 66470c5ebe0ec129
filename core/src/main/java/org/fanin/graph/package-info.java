/// Stage "graph": understands a file.
///
/// Takes a [org.fanin.model.RawModel] and [Bindings] for what it leaves open; gives a [Graph]:
/// nodes in topological order with a sealed [Op] each, every value with a concrete shape, constants
/// computed ahead, [Parameter]s with [Role] and [Fan], and the well-known functions
/// ([Graph.Pattern]) that exporters write as many small nodes.
///
/// Promises: what contradicts itself is a
/// [ModelFormatException][org.fanin.model.ModelFormatException] that names node and tensor; what is
/// merely not understood is [Op.Foreign] with the reason. Time and memory are linear in nodes and
/// bounded by the file's size, whatever numbers stand in it; nothing recurses over the depth of the
/// network.
///
/// How it works: [GraphBuilder] runs `Translator` over the nodes in the order of `TopoOrder`. Each
/// node goes to the `Rule` of its operator (`ArithmeticOps`, `ConvOps`, … by family), which gives
/// the `Op` and the output shapes; `Folding` then interprets that `Op` when all inputs are
/// constants. `PatternFinder`, `Residuals` and `ParameterFinder` read the finished graph.
///
/// Previous stage: `model`. Next stage: `plan`.
package org.fanin.graph;
