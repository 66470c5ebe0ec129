package org.fanin.formats;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.fanin.formats.PickleGlobal.Meaning;
import org.fanin.formats.Pickled.Int;
import org.fanin.formats.Pickled.Items;
import org.fanin.formats.Pickled.Mapping;
import org.fanin.formats.Pickled.Named;
import org.fanin.formats.Pickled.Opaque;
import org.fanin.formats.Pickled.Simple;
import org.fanin.formats.Pickled.Storage;
import org.fanin.formats.Pickled.Text;
import org.fanin.formats.Pickled.View;
import org.fanin.model.ModelFormatException;

/// The instructions of a pickle that would import or call something: each is understood by name or
/// refused by name.
final class PickleCalls {
  private static final String ADVICE =
      "a state dict of tensors (nothing was executed; in Python, torch.save(model.state_dict(), …)"
          + " writes one)";

  private static final String SOUND = "what torch.save writes";

  private final PickleMachine machine;

  PickleCalls(PickleMachine machine) {
    this.machine = machine;
  }

  /// @return false if the instruction is none of these
  boolean take(int op) throws ModelFormatException {
    switch (op) {
      case 'c' -> global(machine.line(), machine.line());
      case 0x93 -> {
        Pickled name = machine.pop();
        Pickled module = machine.pop();
        if (!(name instanceof Text(String n)) || !(module instanceof Text(String m))) {
          throw machine.bad("an import of what is no name", SOUND);
        }
        global(m, n);
      }
      case 'R', 0x81 -> {
        Pickled arguments = machine.pop();
        call(machine.pop(), arguments, op == 0x81);
      }
      case 0x92 -> {
        machine.pop(); // keywords
        Pickled arguments = machine.pop();
        call(machine.pop(), arguments, true);
      }
      case 'b' -> build(machine.pop());
      case 'i' -> throw refused(machine.line() + "." + machine.line());
      case 'o' -> instance(machine.group());
      case 'Q' -> machine.push(storage(machine.pop()));
      case 'P' -> throw machine.bad("a persistent id '" + machine.line() + "'", SOUND);
      case 0x82, 0x83, 0x84 -> throw machine.bad("a call by extension code", ADVICE);
      case 0x97, 0x98 -> throw machine.bad("a buffer outside the pickle", SOUND);
      default -> {
        return false;
      }
    }
    return true;
  }

  private ModelFormatException refused(String path) {
    return machine.bad(path + ", which unpickling would import and may call", ADVICE);
  }

  private void global(String module, String name) throws ModelFormatException {
    PickleGlobal known = PickleGlobal.of(module, name);
    if (known == null) {
      throw refused(module + "." + name);
    }
    machine.budget().charge(24);
    machine.push(new Named(known));
  }

  private void instance(List<Pickled> group) throws ModelFormatException {
    boolean named = !group.isEmpty() && group.getFirst() instanceof Named;
    throw named
        ? refused(((Named) group.getFirst()).global().path())
        : machine.bad("an instance of what is no class", SOUND);
  }

  /// @param construct true if a class is to be made an instance of, not a function to be called
  private void call(Pickled what, Pickled arguments, boolean construct)
      throws ModelFormatException {
    if (!(what instanceof Named(PickleGlobal global))) {
      throw machine.bad("a call of what is no name", ADVICE);
    }
    if (!(arguments instanceof Items args)) {
      throw machine.bad("a call of " + global.path() + " with no tuple", SOUND);
    }
    switch (global.meaning()) {
      case DICT -> dict(args.all());
      case DEFAULT_DICT ->
          dict(args.all().subList(Math.min(1, args.all().size()), args.all().size()));
      case LIST -> list(global, args.all());
      case INERT -> machine.opaque(global.path());
      case TENSOR, TENSOR_OF_TYPE, PARAMETER, QUANTISED, SPARSE, WITHOUT_DATA, FROM_TYPE -> {
        if (construct) {
          throw refused(global.path());
        }
        machine.push(rebuilt(global, args.all()));
      }
      case STORAGE, ELEMENT_TYPE, TENSOR_TYPE -> throw refused(global.path());
    }
  }

  private void dict(List<Pickled> args) throws ModelFormatException {
    if (args.isEmpty()) {
      machine.mapping(List.of());
      return;
    }
    List<Pickled> pairs = new ArrayList<>();
    if (args.getFirst() instanceof Mapping m) {
      machine.budget().charge(32L * m.keys().size());
      for (int i = 0; i < m.keys().size(); i++) {
        Collections.addAll(pairs, m.keys().get(i), m.values().get(i));
      }
    } else if (args.getFirst() instanceof Items items) {
      machine.budget().charge(32L * items.all().size());
      for (Pickled p : items.all()) {
        if (!(p instanceof Items pair) || pair.all().size() != 2) {
          throw machine.bad("a dict made of what are no pairs", SOUND);
        }
        pairs.addAll(pair.all());
      }
    } else {
      throw machine.bad("a dict made of neither pairs nor a dict", SOUND);
    }
    machine.mapping(pairs);
  }

  private void list(PickleGlobal global, List<Pickled> args) throws ModelFormatException {
    List<Pickled> all = List.of();
    if (!args.isEmpty()) {
      if (!(args.getFirst() instanceof Items items)) {
        throw machine.bad(global.path() + " of what is no list", SOUND);
      }
      all = items.all();
    }
    machine.budget().charge(20L * all.size());
    machine.items(new ArrayList<>(all));
  }

  /// Attributes of a dict (state_dict adds versions) or of something inert: of no use here.
  private void build(Pickled state) throws ModelFormatException {
    Pickled object = machine.pop();
    boolean plain = state instanceof Mapping || state instanceof Items || object instanceof Opaque;
    if (!plain || !(object instanceof Mapping || object instanceof Opaque)) {
      String what = object instanceof View ? "a tensor" : "an object";
      throw machine.bad("attributes that unpickling would give to " + what, ADVICE);
    }
    machine.push(object);
  }

  /// ('storage', type, key, device, elements), and in old files what part of another storage it is.
  private Storage storage(Pickled id) throws ModelFormatException {
    if (id instanceof Items items
        && items.all().size() >= 5
        && items.all().get(0) instanceof Text(String tag)
        && tag.equals("storage")
        && items.all().get(1) instanceof Named(PickleGlobal type)
        && type.meaning() == Meaning.STORAGE
        && items.all().get(2) instanceof Text(String key)
        && items.all().get(4) instanceof Int(long numel)
        && numel >= 0
        && numel <= Long.MAX_VALUE / 16) {
      machine.budget().charge(48);
      Pickled part = items.all().size() > 5 ? items.all().get(5) : Simple.NONE;
      if (part == Simple.NONE) {
        return new Storage(key, type, numel, 0);
      }
      if (part instanceof Items view
          && view.all().size() == 3
          && view.all().get(1) instanceof Int(long from)
          && view.all().get(2) instanceof Int(long size)
          && from >= 0
          && size >= 0
          && from <= numel - size) {
        return new Storage(key, type, numel, from);
      }
    }
    throw machine.bad("a persistent id that is no storage of tensors", SOUND);
  }

  private View rebuilt(PickleGlobal global, List<Pickled> args) throws ModelFormatException {
    machine.budget().charge(200);
    return switch (global.meaning()) {
      case TENSOR -> tensor(args, null, "");
      case QUANTISED -> tensor(args, null, "a quantised tensor");
      case TENSOR_OF_TYPE -> {
        PickleGlobal type = named(args, 6);
        if (type == null || type.meaning() != Meaning.ELEMENT_TYPE) {
          throw machine.bad("a tensor without a type of elements", SOUND);
        }
        yield tensor(args, type, "");
      }
      case PARAMETER -> {
        if (!args.isEmpty() && args.getFirst() instanceof View view) {
          yield view;
        }
        throw machine.bad("a parameter of what is no tensor", SOUND);
      }
      case WITHOUT_DATA ->
          unreadable(args.size() < 2 ? null : args.get(1), "a tensor without data (device meta)");
      case SPARSE -> {
        boolean sound = args.size() > 1 && args.get(1) instanceof Items;
        List<Pickled> parts = sound ? ((Items) args.get(1)).all() : List.of();
        // (indices, values, size, …) or (rows, columns, values, size)
        int size = parts.size() > 3 && parts.get(2) instanceof View ? 3 : 2;
        yield unreadable(parts.size() > size ? parts.get(size) : null, "a sparse tensor");
      }
      case FROM_TYPE -> {
        PickleGlobal inner = named(args, 0);
        boolean sound = inner != null && args.size() > 2 && args.get(2) instanceof Items;
        if (!sound || inner.meaning() == Meaning.FROM_TYPE || named(args, 1) == null) {
          throw machine.bad("a tensor of a kind that is not known", SOUND);
        }
        List<Pickled> rest = ((Items) args.get(2)).all();
        yield rebuilt(inner, rest);
      }
      case DICT, DEFAULT_DICT, LIST, STORAGE, ELEMENT_TYPE, TENSOR_TYPE, INERT ->
          throw refused(global.path());
    };
  }

  private static PickleGlobal named(List<Pickled> args, int i) {
    return args.size() > i && args.get(i) instanceof Named(PickleGlobal g) ? g : null;
  }

  /// (storage, offset, size, strides, …)
  ///
  /// @param type of the elements, null for that of the storage
  private View tensor(List<Pickled> args, PickleGlobal type, String because)
      throws ModelFormatException {
    if (args.size() < 4
        || !(args.get(0) instanceof Storage storage)
        || !(args.get(1) instanceof Int(long offset))
        || offset < 0) {
      throw machine.bad("a tensor that is not made of a storage and an offset", SOUND);
    }
    PickleGlobal elements = type == null ? storage.type() : type;
    if (elements.width() == 0) {
      throw machine.bad("a tensor of elements " + elements.path(), "a type of elements");
    }
    List<Long> size = numbers(args.get(2), "sizes");
    List<Long> strides = numbers(args.get(3), "strides");
    if (size.size() != strides.size()) {
      throw machine.bad(size.size() + " sizes and " + strides.size() + " strides", "as many");
    }
    return new View(storage, elements, offset, size, strides, because);
  }

  private View unreadable(Pickled size, String because) throws ModelFormatException {
    if (size == null) {
      throw machine.bad(because + " without a size", SOUND);
    }
    return new View(null, null, 0, numbers(size, "sizes"), List.of(), because);
  }

  private List<Long> numbers(Pickled list, String what) throws ModelFormatException {
    if (!(list instanceof Items items) || items.all().size() > OnnxTensors.MAX_RANK) {
      throw machine.bad(what + " that are no list, or too many", "at most " + OnnxTensors.MAX_RANK);
    }
    List<Long> found = new ArrayList<>(items.all().size());
    for (Pickled p : items.all()) {
      if (!(p instanceof Int(long n)) || n < 0) {
        throw machine.bad(what + " that are no whole numbers", what + " of 0 or more");
      }
      found.add(n);
    }
    machine.budget().charge(24L * found.size());
    return found;
  }
}
