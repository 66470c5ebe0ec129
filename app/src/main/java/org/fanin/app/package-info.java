/// The command line: parses arguments, runs the pipeline, prints. The only place that ends the
/// process.
package org.fanin.app;
