package org.fanin.formats;

import static org.fanin.formats.HostileModels.Expect.EITHER;
import static org.fanin.formats.HostileModels.Expect.READ;
import static org.fanin.formats.HostileModels.Expect.REFUSED;

import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fanin.formats.HostileCheckpoints.Mutant;
import org.fanin.formats.HostileModels.Expect;

/// The mutants that are PyTorch files: pickles that would execute something, loop, explode or lie
/// about their tensors.
final class HostilePickles {
  private final List<Mutant> all;

  private HostilePickles(List<Mutant> all) {
    this.all = all;
  }

  static void addTo(List<Mutant> all) {
    var p = new HostilePickles(all);
    p.calls();
    p.tricks();
    p.machines();
    p.bombs();
    p.tensors();
    p.archives();
    p.legacies();
  }

  private void pickle(String name, Expect expect, byte[] pickle) {
    HostileCheckpoints.add(all, "pickle-" + name + ".pt", expect, Archives.torch(pickle));
  }

  private static Pickles p() {
    return Pickles.protocol(2);
  }

  /// Every way a pickle has to call `os.system('true')`, and other favourites.
  private void calls() {
    pickle("reduce", REFUSED, p().global("os", "system").op('(').text("true").op('t', 'R').stop());
    pickle(
        "reduce-posix", REFUSED, p().global("posix", "system").text("true").op(0x85, 'R').stop());
    pickle("inst", REFUSED, p().op('(').text("true").ascii("ios\nsystem\n").stop());
    pickle("obj", REFUSED, p().op('(').global("os", "system").text("true").op('o').stop());
    pickle("newobj", REFUSED, p().global("os", "system").text("true").op(0x85, 0x81).stop());
    pickle(
        "newobj-ex", REFUSED, p().global("os", "system").text("true").op(0x85, '}', 0x92).stop());
    pickle(
        "stack-global",
        REFUSED,
        p().text("os").text("system").op(0x93).text("true").op(0x85, 'R').stop());
    pickle(
        "only-imported",
        REFUSED,
        p().op('}').text("x").global("antigravity", "fly").op('s').stop());
    for (int op : new int[] {0x82, 0x83, 0x84}) {
      pickle(
          String.format(Locale.ROOT, "extension-%02x", op),
          REFUSED,
          p().op(op, 1, 0, 0, 0).op(')', 'R').stop());
    }
    for (String name :
        "builtins.eval builtins.exec builtins.getattr builtins.__import__ builtins.compile __builtin__.eval builtins.open builtins.apply os.popen posix.execv nt.system subprocess.Popen subprocess.check_output runpy._run_code importlib.import_module operator.attrgetter operator.methodcaller functools.partial functools.reduce types.FunctionType types.CodeType marshal.loads pickle.loads _pickle.loads dill._dill._create_function cloudpickle.cloudpickle._make_function torch.load torch.hub.load torch.storage._load_from_bytes torch.jit.load torch.serialization.load numpy.load numpy.testing._private.utils.runstring sys.modules socket.socket webbrowser.open ctypes.CDLL copyreg._reconstructor copy_reg._reconstructor collections.OrderedDict.__init__ torch.nn.modules.linear.Linear __main__.Model joblib.load"
            .split(" ")) {
      int dot = name.lastIndexOf('.');
      String module = name.startsWith("collections") ? "collections" : name.substring(0, dot);
      String attribute = name.substring(module.length() + 1);
      byte[] call = p().global(module, attribute).text("1").op(0x85, 'R').stop();
      pickle("call-" + name, REFUSED, call);
    }
  }

  private void tricks() {
    // what is understood, used for what it is not
    pickle("call-storage-type", REFUSED, p().global("torch", "FloatStorage").op(')', 'R').stop());
    pickle("call-tensor-type", REFUSED, p().global("torch", "Tensor").op(')', 'R').stop());
    pickle("call-of-text", REFUSED, p().text("os.system").op(')', 'R').stop());
    pickle("call-of-tensor", REFUSED, p().tensor("1", 3, 0, new long[] {3}, 1).op(')', 'R').stop());
    pickle(
        "call-without-tuple",
        REFUSED,
        p().global("collections", "OrderedDict").op('N', 'R').stop());
    pickle(
        "new-rebuild",
        REFUSED,
        p().global("torch._utils", "_rebuild_tensor_v2").op(')', 0x81).stop());
    pickle(
        "build-on-tensor", REFUSED, p().tensor("1", 3, 0, new long[] {3}, 1).op('}', 'b').stop());
    pickle("build-on-list", REFUSED, p().op(']', '}', 'b').stop());
    pickle("build-with-text", REFUSED, p().op('}').text("x").op('b').stop());
    pickle("build-on-class", REFUSED, p().global("collections", "OrderedDict").op('}', 'b').stop());
    pickle("name-with-newline", REFUSED, p().text("os\n").text("system").op(0x93).stop());
    pickle("name-of-number", REFUSED, p().op('K', 1, 'K', 2, 0x93).stop());
    pickle("name-long", REFUSED, p().global("o".repeat(100_000), "s").stop());
    pickle("name-unending", REFUSED, p().ascii("cos").bytes());
    pickle("name-not-utf8", REFUSED, p().op('c', 0xff, 0xfe, '\n', 'x', '\n').stop());
    pickle("from-type-of-eval", REFUSED, fromType(p().global("builtins", "eval")));
    pickle(
        "from-type-of-itself",
        REFUSED,
        fromType(p().global("torch._tensor", "_rebuild_from_type_v2")));
    pickle("from-type-of-dict", REFUSED, fromType(p().global("collections", "OrderedDict")));
    pickle("persistent-text", REFUSED, p().ascii("Pstorage\n").stop());
    pickle("persistent-none", REFUSED, p().op('N', 'Q').stop());
    pickle(
        "persistent-module",
        REFUSED,
        p().op('(').text("module").text("x").text("y").text("z").text("w").op('t', 'Q').stop());
    pickle(
        "persistent-of-dict",
        REFUSED,
        p().op('(')
            .text("storage")
            .global("collections", "OrderedDict")
            .text("0")
            .text("cpu")
            .number(6)
            .op('t', 'Q')
            .stop());
    pickle(
        "dict-of-no-pairs",
        REFUSED,
        p().global("collections", "OrderedDict").op(']', 'K', 1, 'a', 0x85, 'R').stop());
    pickle(
        "attributes-of-dict",
        READ,
        p().global("collections", "OrderedDict")
            .op(')', 'R', '}')
            .text("_metadata")
            .op('}', 's', 'b')
            .text("w")
            .tensor("1", 3, 0, new long[] {3}, 1)
            .op('s')
            .stop());
  }

  private static byte[] fromType(Pickles start) {
    byte[] function = start.bytes();
    var rest = new Pickles().global("torch._tensor", "_rebuild_from_type_v2").op('(');
    for (byte b : function) {
      rest.op(b & 0xff);
    }
    return rest.global("torch", "Tensor").op(')', '}', 't', 'R').stop();
  }

  private void machines() {
    pickle("empty", REFUSED, new byte[0]);
    pickle("only-stop", REFUSED, p().stop());
    pickle("none", REFUSED, p().op('N').stop());
    pickle("no-tensors", REFUSED, p().op('}').text("a").op('K', 1, 's').stop());
    pickle("no-stop", REFUSED, p().op('}').bytes());
    pickle("after-stop", REFUSED, p().op('}', '.', '}').stop());
    pickle("protocol-6", REFUSED, Pickles.protocol(6).op('}').stop());
    pickle("text-protocol", REFUSED, new Pickles().ascii("I1\n").stop());
    for (int op : new int[] {0x99, 0xff, 0x00, '?', 'g', 'p', 'S', 'V', 'L', 'F', 0x97, 0x98}) {
      pickle(
          String.format(Locale.ROOT, "opcode-%02x", op),
          REFUSED,
          p().op('N').op(op, '1', '\n').stop());
    }
    for (char op : "0aebsuRtdlQ1o2".toCharArray()) {
      pickle(String.format(Locale.ROOT, "underflow-%02x", (int) op), REFUSED, p().op(op).stop());
    }
    for (int op : new int[] {0x81, 0x85, 0x86, 0x87, 0x90, 0x91, 0x92, 0x93, 0x94}) {
      pickle(String.format(Locale.ROOT, "underflow-%02x", op), REFUSED, p().op(op).stop());
    }
    pickle("mark-as-value", REFUSED, p().op(']', '(', 'a').stop());
    pickle("memo-of-mark", REFUSED, p().op('(', 'q', 0).stop());
    pickle("memo-unset", REFUSED, p().op('h', 7).stop());
    pickle(
        "memo-far",
        READ,
        p().tensor("1", 3, 0, new long[] {3}, 1).op('r').i32(-1).op('0', 'j').i32(-1).stop());
    pickle("odd-items", REFUSED, p().op('}', '(', 'N', 'u').stop());
    pickle("append-to-dict", REFUSED, p().op('}', 'N', 'a').stop());
    pickle("append-to-tuple", REFUSED, p().op('N', 0x85, 'N', 'a').stop());
    pickle("set-in-list", REFUSED, p().op(']', 'N', 'N', 's').stop());
    pickle("text-length", REFUSED, p().op('X').i32(-1).stop());
    pickle("text-length-64", REFUSED, p().op(0x8d).i64(Long.MAX_VALUE).stop());
    pickle("text-length-negative", REFUSED, p().op(0x8d).i64(-5).stop());
    pickle("bytes-length", REFUSED, p().op('B').i32(-1).stop());
    pickle("bytes-length-64", REFUSED, p().op(0x8e).i64(-1).stop());
    pickle("bytearray-length", REFUSED, p().op(0x96).i64(Long.MIN_VALUE).stop());
    pickle("text-length-2", REFUSED, p().op('T').i32(-1).stop());
    pickle("whole-huge", REFUSED, p().op(0x8b).i32(0x7fffffff).stop());
    pickle(
        "text-not-utf8", REFUSED, p().op('}', 'U', 1, 0xff).op('X').i32(1).op(0xff).op('s').stop());
  }

  private void bombs() {
    pickle("deep-lists", REFUSED, p().ascii("]".repeat(200_000)).ascii("a".repeat(199_999)).stop());
    pickle("deep-tuples", REFUSED, p().op('N').ascii("\u0085".repeat(500_000)).stop());
    pickle("marks", REFUSED, p().ascii("(".repeat(500_000)).stop());
    pickle("dups", REFUSED, p().op('N').ascii("2".repeat(2_000_000)).stop());
    pickle("pops", REFUSED, p().ascii("N0".repeat(1_000_000)).stop());
    Pickles laughs = p().tensor("1", 3, 0, new long[] {3}, 1);
    for (int i = 0; i < 40; i++) {
      laughs.op('q', i, 'h', i, 'h', i, 0x87);
    }
    pickle("laughs", REFUSED, laughs.stop());
    Pickles quiet = p().op(')');
    for (int i = 0; i < 40; i++) {
      quiet.op('q', i, 'h', i, 'h', i, 0x87);
    }
    pickle("laughs-without-tensors", REFUSED, quiet.stop());
    Pickles copies = p().op(']', '(').ascii("N".repeat(20_000)).op('e', 0x85, 'q', 0);
    for (int i = 0; i < 20_000; i++) {
      copies.op('0').ascii("cbuiltins\nlist\n").op('h', 0, 'R');
    }
    pickle("copies", REFUSED, copies.stop());
    pickle("list-in-itself", REFUSED, p().op(']', 'q', 0, 'h', 0, 'a').stop());
    pickle("dict-in-itself", REFUSED, p().op('}', 'q', 0).text("x").op('h', 0, 's').stop());
    Pickles memo = p().op('N');
    for (int i = 0; i < 300_000; i++) {
      memo.op('r').i32(i * 7919);
    }
    pickle("memo", REFUSED, memo.stop());
    Pickles shared = p().op('}', 'q', 0, '(');
    for (int i = 0; i < 30_000; i++) {
      shared.op('K', i & 0xff).ascii("]");
    }
    pickle("many-lists", REFUSED, shared.op('u').stop());
    Pickles names =
        p().text("n".repeat(2_000_000))
            .op('q', 1, '0')
            .tensor("1", 3, 0, new long[] {3}, 1)
            .op('q', 0, '0', '}', '(');
    for (int i = 0; i < 1000; i++) {
      names.op('}', 'h', 1, 'h', 0, 's').op('}', 'h', 1, 'h', 0, 's');
    }
    pickle("long-names", REFUSED, names.op('u').stop());
    Pickles views = p().tensor("1", 3, 0, new long[] {3}, 1).op('q', 0, '0', ']', '(');
    for (int i = 0; i < 200_000; i++) {
      views.op('h', 0);
    }
    pickle("one-tensor-200000-times", EITHER, views.op('e').stop());
    pickle(
        "frames",
        REFUSED,
        Pickles.protocol(4).ascii("\u0095\1\0\0\0\0\0\0\0".repeat(100_000)).stop());
  }

  private void tensor(
      String name, Expect expect, long numel, long offset, long[] size, long... strides) {
    byte[] pickle = p().op('}').text("w").tensor("0", numel, offset, size, strides).op('s').stop();
    HostileCheckpoints.add(all, "tensor-" + name + ".pt", expect, Archives.torch(pickle));
  }

  private void tensors() {
    long most = Long.MAX_VALUE;
    tensor("sound", READ, 6, 0, new long[] {2, 3}, 3, 1);
    tensor("numel-more", REFUSED, 7, 0, new long[] {7}, 1);
    tensor("numel-less", REFUSED, 5, 0, new long[] {5}, 1);
    tensor("numel-negative", REFUSED, -6, 0, new long[] {6}, 1);
    tensor("numel-huge", REFUSED, most, 0, new long[] {6}, 1);
    tensor("numel-overflow", REFUSED, (1L << 62) + 6, 0, new long[] {6}, 1);
    tensor("offset-outside", REFUSED, 6, 1, new long[] {6}, 1);
    tensor("offset-negative", REFUSED, 6, -1, new long[] {6}, 1);
    tensor("offset-huge", REFUSED, 6, most, new long[] {6}, 1);
    tensor("offset-of-empty", REFUSED, 6, most, new long[] {0}, 1);
    tensor("size-negative", REFUSED, 6, 0, new long[] {-6}, 1);
    tensor("size-overflow", REFUSED, 6, 0, new long[] {1L << 32, 1L << 32}, 0, 0);
    tensor("size-huge", REFUSED, 6, 0, new long[] {most}, 1);
    tensor("expanded-huge", READ, 6, 0, new long[] {most}, 0);
    tensor("stride-negative", REFUSED, 6, 5, new long[] {6}, -1);
    tensor("stride-huge", REFUSED, 6, 0, new long[] {2}, most);
    tensor("stride-overflow", REFUSED, 6, 0, new long[] {5}, 1L << 62);
    tensor("stride-of-one-element", READ, 6, 0, new long[] {1}, most);
    tensor("strides-too-few", REFUSED, 6, 0, new long[] {2, 3}, 1);
    tensor("rank-100", REFUSED, 6, 0, new long[100], new long[100]);
    tensor("empty", READ, 6, 6, new long[] {0, 3}, 3, 1);
    Pickles none = p().global("torch._utils", "_rebuild_tensor_v2").op('(', 'N').number(0);
    pickle("tensor-of-nothing", REFUSED, none.tuple(3).tuple(1).op('t', 'R').stop());
    Pickles few = p().global("torch._utils", "_rebuild_tensor_v2").op(')', 'R');
    pickle("tensor-without-arguments", REFUSED, few.stop());
    Pickles key = p().op('}').text("w").tensor("../data.pkl", 6, 0, new long[] {6}, 1);
    pickle("storage-elsewhere", REFUSED, key.op('s').stop());
    Pickles two = p().op('}', '(').text("a.b").tensor("0", 6, 0, new long[] {6}, 1).text("a");
    two.op('}').text("b").tensor("1", 3, 0, new long[] {3}, 1).op('s', 'u');
    pickle("two-of-one-name", REFUSED, two.stop());
    Pickles typed = p().global("torch._utils", "_rebuild_tensor_v3").op('(');
    typed.storage("UntypedStorage", "0", 24).number(0).tuple(7).tuple(1).op(0x89, 'N');
    pickle("untyped-outside", REFUSED, typed.global("torch", "float32").op('t', 'R').stop());
    Pickles wide = p().global("torch._utils", "_rebuild_tensor_v3").op('(');
    wide.storage("UntypedStorage", "0", 24).number(0).tuple(3).tuple(1).op(0x89, 'N');
    pickle("untyped", READ, wide.global("torch", "float64").op('t', 'R').stop());
    Pickles odd = p().global("torch._utils", "_rebuild_tensor_v3").op('(');
    odd.storage("UntypedStorage", "0", 24).number(0).tuple(3).tuple(1).op(0x89, 'N', 'N', 't', 'R');
    pickle("untyped-without-type", REFUSED, odd.stop());
  }

  private void archive(String name, Expect expect, Map<String, byte[]> entries) {
    HostileCheckpoints.add(all, "archive-" + name + ".pt", expect, Archives.zip(true, entries));
  }

  private void archives() {
    Map<String, byte[]> sound = Archives.torchEntries(Pickles.stateDict());
    Map<String, byte[]> m = new LinkedHashMap<>(sound);
    m.put("other/data.pkl", Pickles.stateDict());
    archive("two-pickles", REFUSED, m);
    m = new LinkedHashMap<>(sound);
    m.remove("model/data/1");
    archive("storage-missing", REFUSED, m);
    m = new LinkedHashMap<>(sound);
    m.put("model/data/1", new byte[11]);
    archive("storage-short", REFUSED, m);
    m = new LinkedHashMap<>(sound);
    m.put("model/byteorder", HostileCheckpoints.utf8("middle"));
    archive("byteorder", REFUSED, m);
    m = new LinkedHashMap<>(sound);
    m.put("model/byteorder", new byte[2_000_000]);
    archive("byteorder-long", REFUSED, m);
    m = new LinkedHashMap<>(sound);
    m.put("model/constants.pkl", Pickles.stateDict());
    archive("program", REFUSED, m);
    m = new LinkedHashMap<>(sound);
    m.put("../../evil", new byte[3]);
    archive("climbing-entry", READ, m);
    m = new LinkedHashMap<>(sound);
    m.put("model/data.pkl", new byte[60_000_000]);
    byte[] bomb = Archives.zip(false, m);
    HostileCheckpoints.add(all, "archive-pickle-bomb.pt", REFUSED, bomb);
    byte[] large = new byte[40_000_000];
    m.put(
        "model/data.pkl",
        p().op('}')
            .text("w")
            .tensor("0", 10_000_000, 0, new long[] {2, 5_000_000}, 1, 2)
            .op('s')
            .stop());
    m.put("model/data/0", large);
    HostileCheckpoints.add(all, "archive-strided-bomb.pt", EITHER, Archives.zip(false, m));
  }

  /// A file of the format before PyTorch 1.6 with the storages of [Pickles#stateDict].
  static byte[] legacy(byte[] pickle) {
    return legacy(pickle, 6, 3);
  }

  private static byte[] legacy(byte[] pickle, long first, long second) {
    var out = new ByteArrayOutputStream();
    int[] magic = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
    out.writeBytes(p().op(0x8a, 10).op(magic).stop());
    out.writeBytes(p().op('M', 0xe9, 3).stop());
    out.writeBytes(p().op('}').text("little_endian").op(0x88, 's').stop());
    out.writeBytes(pickle);
    out.writeBytes(p().op(']', '(').text("0").text("1").op('e').stop());
    out.writeBytes(new Pickles().i64(first).bytes());
    out.writeBytes(Archives.floats(1, 2, 3, 4, 5, 6));
    out.writeBytes(new Pickles().i64(second).bytes());
    out.writeBytes(Archives.floats(-1, -2, -3));
    return out.toByteArray();
  }

  private void legacies() {
    byte[] sound = Pickles.stateDict();
    for (long n : new long[] {5, 7, 0, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 62}) {
      HostileCheckpoints.add(all, "legacy-count-" + n + ".pt", REFUSED, legacy(sound, n, 3));
    }
    byte[] evil = p().global("os", "system").text("true").op(0x85, 'R').stop();
    HostileCheckpoints.add(all, "legacy-evil.pt", REFUSED, legacy(evil));
    HostileCheckpoints.add(all, "legacy-first-evil.pt", REFUSED, evil);
    HostileCheckpoints.add(all, "legacy-plain-pickle.pt", REFUSED, sound);
    byte[] one = p().op('}').text("w").tensor("0", 6, 0, new long[] {6}, 1).op('s').stop();
    HostileCheckpoints.add(all, "legacy-unused-storage.pt", REFUSED, legacy(one));
    byte[] unknown = p().op('}').text("w").tensor("7", 6, 0, new long[] {6}, 1).op('s').stop();
    HostileCheckpoints.add(all, "legacy-unknown-storage.pt", REFUSED, legacy(unknown));
  }
}
