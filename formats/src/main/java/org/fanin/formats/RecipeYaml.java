package org.fanin.formats;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.model.ModelFormatException;
import org.fanin.plan.InitPlan;
import org.fanin.plan.PlanNode;
import org.fanin.plan.PlanText;
import org.fanin.plan.Recipe;
import org.fanin.plan.RecipeFile;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// Recipe files and plans, from YAML.
///
/// The text is walked event by event, nothing is constructed from it: no tags, no anchors, no
/// aliases, one document, a bounded size and depth.
public final class RecipeYaml {
  /// A plan of a hundred thousand tensors has 50 MB.
  private static final int LARGEST = 256 << 20;

  private static final int DEEPEST = 40;

  /// What a file turned out to be.
  public sealed interface Content {
    /// A plan, to be drawn as it is.
    record Plan(InitPlan plan) implements Content {}

    /// Rules of one's own.
    record Custom(RecipeFile file, Recipe recipe) implements Content {}
  }

  private RecipeYaml() {}

  /// @throws IOException if the file cannot be read
  /// @throws ModelFormatException for what is no recipe or plan, with the line
  public static Content read(Path file) throws IOException, ModelFormatException {
    if (Files.isDirectory(file)) {
      throw new ModelFormatException(file.toString(), "a folder", "a recipe or a plan");
    }
    byte[] bytes = bytes(file);
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new ModelFormatException(file.toString(), "bytes that are no UTF-8", "text", e);
    }
    return parse(file.toString(), text);
  }

  /// All of a file, whose size nobody knows when it is a device or a pipe: the first byte that no
  /// text has ends it.
  private static byte[] bytes(Path file) throws IOException, ModelFormatException {
    long most = Math.min(LARGEST, Runtime.getRuntime().maxMemory() / 8);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] part = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(part); n >= 0; n = in.read(part)) {
        for (int i = 0; i < n; i++) {
          if (part[i] == 0) {
            throw new ModelFormatException(
                file.toString(), "a zero byte at " + (all.size() + i), "a recipe or a plan: text");
          }
        }
        all.write(part, 0, n);
        if (all.size() > most) {
          throw new ModelFormatException(
              file.toString(), "more than " + (most >> 20) + " MiB", "a recipe or a plan");
        }
      }
    }
    return all.toByteArray();
  }

  /// @param where for messages
  /// @throws ModelFormatException for what is no recipe or plan, with the line
  public static Content parse(String where, String text) throws ModelFormatException {
    PlanNode tree = tree(where, text);
    try {
      if (PlanText.isPlan(tree)) {
        return new Content.Plan(PlanText.read(tree));
      }
      RecipeFile file = RecipeFile.read(tree);
      return new Content.Custom(file, file.recipe());
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          where, String.valueOf(e.getMessage()), "a recipe or a plan (docs/recipes.md)", e);
    }
  }

  /// @throws ModelFormatException for what is no YAML, or more of it than a recipe needs
  static PlanNode tree(String where, String text) throws ModelFormatException {
    LoadSettings settings =
        LoadSettings.builder().setLabel(where).setCodePointLimit(LARGEST).build();
    try {
      Builder b = new Builder(where);
      for (Event e : new Parse(settings).parseString(text)) {
        b.take(e);
      }
      return b.result();
    } catch (MarkedYamlEngineException e) {
      String line = e.getProblemMark().map(m -> "line " + (m.getLine() + 1) + ": ").orElse("");
      throw new ModelFormatException(where, line + e.getProblem(), "YAML", e);
    } catch (YamlEngineException e) {
      throw new ModelFormatException(where, String.valueOf(e.getMessage()), "YAML", e);
    }
  }

  /// Builds the tree without recursion.
  private static final class Builder {
    private final String where;
    private final Deque<Open> open = new ArrayDeque<>();
    private PlanNode root;

    Builder(String where) {
      this.where = where;
    }

    /// A list or mapping that is not closed yet; of a mapping, `key` waits for its value.
    private static final class Open {
      final boolean mapping;
      final int line;
      final List<PlanNode> items = new ArrayList<>();
      final Map<String, PlanNode> entries = new LinkedHashMap<>();
      String key;

      Open(boolean mapping, int line) {
        this.mapping = mapping;
        this.line = line;
      }
    }

    void take(Event e) throws ModelFormatException {
      int line = e.getStartMark().map(m -> m.getLine() + 1).orElse(0);
      if (e instanceof AliasEvent
          || e instanceof NodeEvent n && n.getAnchor().isPresent()
          || tagged(e)) {
        throw fault(line, "an anchor, alias or tag", "plain values");
      }
      switch (e.getEventId()) {
        case MappingStart, SequenceStart -> {
          if (open.size() >= DEEPEST) {
            throw fault(line, "more than " + DEEPEST + " levels", "fewer");
          }
          open.push(new Open(e instanceof MappingStartEvent, line));
        }
        case MappingEnd -> {
          Open o = open.pop();
          add(new PlanNode.Mapping(o.entries, o.line), line);
        }
        case SequenceEnd -> {
          Open o = open.pop();
          add(new PlanNode.Sequence(o.items, o.line), line);
        }
        case Scalar -> scalar((ScalarEvent) e, line);
        case Alias, Comment, DocumentEnd, DocumentStart, StreamEnd, StreamStart -> {}
      }
    }

    private static boolean tagged(Event e) {
      Optional<String> tag =
          e instanceof ScalarEvent s
              ? s.getTag()
              : e instanceof CollectionStartEvent c ? c.getTag() : Optional.empty();
      return tag.isPresent();
    }

    private void scalar(ScalarEvent e, int line) throws ModelFormatException {
      Open o = open.peek();
      if (o != null && o.mapping && o.key == null) {
        if (o.entries.containsKey(e.getValue())) {
          throw fault(line, "\"" + e.getValue() + "\" a second time", "each key once");
        }
        o.key = e.getValue();
        return;
      }
      add(new PlanNode.Scalar(e.getValue(), e.getScalarStyle() == ScalarStyle.PLAIN, line), line);
    }

    private void add(PlanNode n, int line) throws ModelFormatException {
      Open o = open.peek();
      if (o == null) {
        if (root != null) {
          throw fault(line, "a second document", "one");
        }
        root = n;
      } else if (!o.mapping) {
        o.items.add(n);
      } else if (o.key == null) {
        throw fault(line, "a list or mapping as a key", "text");
      } else {
        o.entries.put(o.key, n);
        o.key = null;
      }
    }

    PlanNode result() throws ModelFormatException {
      if (root == null) {
        throw new ModelFormatException(where, "nothing", "a recipe or a plan");
      }
      return root;
    }

    private ModelFormatException fault(int line, String found, String wanted) {
      return new ModelFormatException(where + " line " + line, found, wanted);
    }
  }
}
