package org.fanin.app;

import java.io.IOException;
import org.fanin.formats.JsonWriter;
import org.fanin.report.NextStep;
import org.fanin.report.TorchCode;
import org.fanin.report.TorchInit;

/// `next` of a report: the command that mends the file, and PyTorch's calls by parameter.
final class NextStepJson {
  private static final int WIDTH = 100;

  private NextStepJson() {}

  static void write(NextStep next, JsonWriter w) throws IOException {
    w.object("next").field("command", next.command());
    if (next.torch().isPresent()) {
      torch(next.torch().get(), w);
    }
    w.endObject();
  }

  private static void torch(TorchInit init, JsonWriter w) throws IOException {
    w.object("torch").array("parameters");
    for (TorchInit.Assignment a : init.assignments()) {
      w.object().field("name", a.parameter()).field("scheme", a.scheme()).field("gain", a.gain());
      if (a.fan().isPresent()) {
        w.field("fan_in", a.fan().getAsDouble());
      }
      w.field("call", a.call().function()).field("arguments", a.call().arguments()).endObject();
    }
    w.endArray().array("left");
    for (String name : init.left()) {
      w.value(name);
    }
    w.endArray().array("code");
    for (String line : TorchCode.lines(init, WIDTH)) {
      w.value(line);
    }
    w.endArray().endObject();
  }
}
