/// Fanin as a library: [org.fanin.Fanin] runs the pipeline; each stage is a package of its own.
package org.fanin;
