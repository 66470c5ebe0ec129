package org.fanin.app;

import java.io.IOException;
import org.fanin.model.ModelFormatException;

/// A subcommand after its options were parsed.
interface Command {
  ExitCode run(Console console) throws ModelFormatException, IOException;
}
