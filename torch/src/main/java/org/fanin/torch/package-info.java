/// The [org.fanin.probe.Engine] on libtorch. Takes a [org.fanin.graph.Graph] and a
/// [org.fanin.probe.ProbeRequest]; gives readings of every value, gradient and parameter, and
/// products with the Jacobian. Runs of nodes are taped ([org.fanin.torch.Runner],
/// [org.fanin.torch.Tape]) and walked backwards ([org.fanin.torch.Measurement]); tensors are read
/// as they are made ([org.fanin.torch.Gauge]) and freed when nothing needs them. Promises the
/// budget of the request, no native memory left behind, and the same readings whatever the threads,
/// as far as libtorch adds in the same order. Stage before: graph; stage after: compare.
package org.fanin.torch;
