/// The report stage: what a person reads.
///
/// Takes a [org.fanin.predict.Forecast] and its [org.fanin.judge.Judgement] as a
/// [org.fanin.report.CheckReport], gives lines of text that fit the terminal they are for. Promises
/// that no line is wider than asked, that repeated blocks take one line, and that no control
/// character of a file's names reaches the terminal. Previous stage: `judge`. The same report
/// becomes JSON in the command line module.
package org.fanin.report;
