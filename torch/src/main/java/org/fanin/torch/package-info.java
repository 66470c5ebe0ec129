/// The [org.fanin.probe.Engine] on libtorch.
package org.fanin.torch;
