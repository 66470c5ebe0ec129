package org.fanin.formats;

import static org.fanin.formats.HostileModels.Expect.EITHER;
import static org.fanin.formats.HostileModels.Expect.READ;
import static org.fanin.formats.HostileModels.Expect.REFUSED;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fanin.formats.HostileCheckpoints.Mutant;
import org.fanin.formats.HostileModels.Expect;
import org.fanin.formats.HostileModels.Setup;

/// The mutants whose head, index or directory lies: safetensors, index.json, NumPy and zip.
final class HostileHeads {
  private static final byte[] DATA = Archives.floats(1, 2, 3, 4, 5, 6, -1, -2, -3);

  private final List<Mutant> all;

  private HostileHeads(List<Mutant> all) {
    this.all = all;
  }

  static void addTo(List<Mutant> all) {
    var h = new HostileHeads(all);
    h.lengths();
    h.offsets();
    h.shapes();
    h.json();
    h.large();
    h.indexes();
    h.links();
    h.arrays();
    h.directories();
    h.files();
  }

  private void safetensors(String name, Expect expect, byte[] bytes) {
    HostileCheckpoints.add(all, name + ".safetensors", expect, bytes);
  }

  private void head(String name, Expect expect, String head) {
    safetensors(name, expect, Archives.safetensors(head, DATA));
  }

  private static String e(String name, String shape, long from, long to) {
    return Archives.entry(name, "F32", shape, from, to);
  }

  private void lengths() {
    byte[] json = HostileCheckpoints.utf8("{}");
    for (long n :
        new long[] {0, 1, 3, 4, 100_000_001, Integer.MAX_VALUE, 1L << 32, Long.MAX_VALUE}) {
      safetensors("length-" + n, REFUSED, Archives.safetensors(n, json, new byte[0]));
    }
    safetensors("length-negative", REFUSED, Archives.safetensors(-1, json, new byte[0]));
    safetensors("length-minimal", REFUSED, Archives.safetensors(Long.MIN_VALUE, json, new byte[0]));
    safetensors("no-tensors", READ, Archives.safetensors(2, json, new byte[0]));
    safetensors("no-tensors-but-data", REFUSED, Archives.safetensors(2, json, new byte[4]));
  }

  private void offsets() {
    head("hole", REFUSED, "{" + e("a", "[1]", 0, 4) + "," + e("b", "[7]", 8, 36) + "}");
    head("hole-at-start", REFUSED, "{" + e("a", "[8]", 4, 36) + "}");
    head("hole-at-end", REFUSED, "{" + e("a", "[8]", 0, 32) + "}");
    head("overlap", REFUSED, "{" + e("a", "[6]", 0, 24) + "," + e("b", "[4]", 20, 36) + "}");
    head("overlap-whole", REFUSED, "{" + e("a", "[9]", 0, 36) + "," + e("b", "[9]", 0, 36) + "}");
    head("outside", REFUSED, "{" + e("a", "[10]", 0, 40) + "}");
    head("backwards", REFUSED, "{" + e("a", "[9]", 36, 0) + "}");
    head("negative-offset", REFUSED, "{" + e("a", "[9]", -36, 0) + "}");
    head("offset-huge", REFUSED, "{" + e("a", "[9]", 0, Long.MAX_VALUE) + "}");
    head(
        "offset-2e64",
        REFUSED,
        "{'a':{'dtype':'F32','shape':[9],'data_offsets':[0,18446744073709551652]}}");
    head("offset-float", REFUSED, "{'a':{'dtype':'F32','shape':[9],'data_offsets':[0,36.0]}}");
    head("offsets-one", REFUSED, "{'a':{'dtype':'F32','shape':[9],'data_offsets':[36]}}");
    head("offsets-three", REFUSED, "{'a':{'dtype':'F32','shape':[9],'data_offsets':[0,36,36]}}");
    head("offsets-text", REFUSED, "{'a':{'dtype':'F32','shape':[9],'data_offsets':'0,36'}}");
    head("offsets-missing", REFUSED, "{'a':{'dtype':'F32','shape':[9]}}");
    head(
        "empty-between",
        READ,
        "{" + e("a", "[2]", 0, 8) + "," + e("z", "[0]", 8, 8) + "," + e("b", "[7]", 8, 36) + "}");
  }

  private void shapes() {
    head("too-few", REFUSED, "{" + e("a", "[8]", 0, 36) + "}");
    head("too-many", REFUSED, "{" + e("a", "[10]", 0, 36) + "}");
    head("negative", REFUSED, "{" + e("a", "[-3,-3]", 0, 36) + "}");
    head("overflow", REFUSED, "{" + e("a", "[4294967296,4294967296]", 0, 36) + "}");
    head(
        "overflow-to-zero",
        REFUSED,
        "{" + e("a", "[4611686018427387904]", 0, 0) + "," + e("b", "[9]", 0, 36) + "}");
    head(
        "overflow-behind-zero",
        REFUSED,
        "{" + e("a", "[0,4611686018427387904,4]", 0, 0) + "," + e("b", "[9]", 0, 36) + "}");
    head("rank-100", REFUSED, "{" + e("a", "[" + "1,".repeat(99) + "9]", 0, 36) + "}");
    head("shape-text", REFUSED, "{" + e("a", "'9'", 0, 36) + "}");
    head("shape-float", REFUSED, "{" + e("a", "[9.0]", 0, 36) + "}");
    head("shape-null", REFUSED, "{" + e("a", "null", 0, 36) + "}");
    head("shape-huge-number", REFUSED, "{" + e("a", "[" + "9".repeat(5000) + "]", 0, 36) + "}");
    head("type-number", REFUSED, "{'a':{'dtype':7,'shape':[9],'data_offsets':[0,36]}}");
    head("type-unknown", READ, "{" + Archives.entry("a", "X9", "[9]", 0, 36) + "}");
    head("type-half-bytes", REFUSED, "{" + Archives.entry("a", "F4", "[71]", 0, 36) + "}");
    head("type-long", READ, "{" + Archives.entry("a", "X".repeat(5000), "[9]", 0, 36) + "}");
  }

  private void json() {
    String a = e("a", "[9]", 0, 36);
    head("duplicate-name", REFUSED, "{" + a + "," + e("a", "[0]", 0, 0) + "}");
    head("duplicate-name-escaped", REFUSED, "{" + a + "," + e("\\u0061", "[0]", 0, 0) + "}");
    head(
        "duplicate-key",
        REFUSED,
        "{'a':{'dtype':'F32','dtype':'F32','shape':[9],'data_offsets':[0,36]}}");
    head("duplicate-metadata", REFUSED, "{'__metadata__':{},'__metadata__':{}," + a + "}");
    head("duplicate-in-metadata", REFUSED, "{'__metadata__':{'x':'1','x':'2'}," + a + "}");
    head("metadata-number", REFUSED, "{'__metadata__':{'x':1}," + a + "}");
    head("metadata-nested", REFUSED, "{'__metadata__':{'x':{}}," + a + "}");
    head("metadata-list", REFUSED, "{'__metadata__':[]," + a + "}");
    head("more-keys", READ, "{'a':{'x':[[{}]],'dtype':'F32','shape':[9],'data_offsets':[0,36]}}");
    head("deep", REFUSED, "{'a':" + "[".repeat(100_000) + "]".repeat(100_000) + "}");
    head("deep-ignored", REFUSED, "{'a':{'x':" + "[".repeat(100_000) + "]".repeat(100_000) + "}}");
    head("array", REFUSED, "[" + a + "]");
    head("entry-array", REFUSED, "{'a':[]}");
    head("behind-the-end", REFUSED, "{" + a + "}}");
    head("second-object", REFUSED, "{" + a + "}{}");
    head("padded", READ, "{" + a + "}" + " ".repeat(1000));
    head("padded-with-nul", REFUSED, "{" + a + "}\0\0\0");
    head("starts-with-space", REFUSED, " {" + a + "}");
    head("comment", REFUSED, "{/**/" + a + "}");
    head("trailing-comma", REFUSED, "{" + a + ",}");
    head("unclosed", REFUSED, "{" + a);
    head("nan", REFUSED, "{" + e("a", "[NaN]", 0, 36) + "}");
    head("half-surrogate", REFUSED, "{" + e("\\ud800", "[9]", 0, 36) + "}");
    head("control-name", READ, "{" + e("\\n\\u001b[31m\\u2028", "[9]", 0, 36) + "}");
    head("empty-name", READ, "{" + e("", "[9]", 0, 36) + "}");
    head("path-name", READ, "{" + e("../../etc/passwd", "[9]", 0, 36) + "}");
    byte[] json = HostileCheckpoints.utf8(("{" + a + "}").replace('\'', '"'));
    byte[] broken = json.clone();
    broken[2] = (byte) 0xff;
    safetensors("name-not-utf8", REFUSED, Archives.safetensors(json.length, broken, DATA));
    byte[] wide = ("{" + a + "}").replace('\'', '"').getBytes(StandardCharsets.UTF_16LE);
    safetensors("utf16", REFUSED, Archives.safetensors(wide.length, wide, DATA));
  }

  private void large() {
    StringBuilder many = new StringBuilder("{");
    for (int i = 0; i < 120_000; i++) {
      many.append(i == 0 ? "" : ",").append(e("t" + i, "[0]", 0, 0));
    }
    safetensors("many-tensors", EITHER, Archives.safetensors(many.append("}") + "", new byte[0]));
    StringBuilder colliding = new StringBuilder("{'__metadata__':{");
    for (int i = 0; i < 1 << 14; i++) {
      colliding.append(i == 0 ? "'" : ",'");
      for (int b = 0; b < 14; b++) {
        colliding.append((i >> b & 1) == 0 ? "Aa" : "BB"); // both hash to 2112
      }
      colliding.append("':''");
    }
    safetensors("colliding", READ, Archives.safetensors(colliding.append("}}") + "", new byte[0]));
    head("long-name", REFUSED, "{" + e("n".repeat(3_000_000), "[9]", 0, 36) + "}");
    head("long-metadata", EITHER, "{'__metadata__':{'x':'" + "y".repeat(6_000_000) + "'}}");
    double[] odd = {Double.NaN, Double.POSITIVE_INFINITY, -Double.MAX_VALUE, -0.0, 1e-45};
    safetensors(
        "nan-and-infinity",
        READ,
        Archives.safetensors("{" + e("a", "[5]", 0, 20) + "}", Archives.floats(odd)));
  }

  private void index(String name, Expect expect, String json) {
    index(name, expect, json, null);
  }

  private void index(String name, Expect expect, String json, Setup setup) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("model.safetensors.index.json", HostileCheckpoints.utf8(json.replace('\'', '"')));
    files.put("one.safetensors", Archives.soundSafetensors());
    all.add(new Mutant("index-" + name, expect, files, setup));
  }

  private static String map(String file) {
    return "{'weight_map':{'layer.weight':'one.safetensors','layer.bias':'" + file + "'}}";
  }

  private void indexes() {
    String sound = map("one.safetensors");
    index("sound", READ, sound);
    for (int i = 1; i < 10; i++) {
      index("truncated-" + i, REFUSED, sound.substring(0, sound.length() * i / 10));
    }
    for (String file :
        new String[] {
          "../one.safetensors",
          "/etc/passwd",
          "..",
          ".",
          "",
          "a/b",
          "a\\\\b",
          "C:\\\\x",
          "\\u0000",
          "missing.safetensors",
          "model.safetensors.index.json",
          "x".repeat(5000),
          "one.safetensors/"
        }) {
      index("file-" + all.size(), REFUSED, map(file));
    }
    index("missing-tensor", REFUSED, sound.replace("}}", ",'more':'one.safetensors'}}"));
    index("extra-tensor", REFUSED, "{'weight_map':{'layer.weight':'one.safetensors'}}");
    index("total-wrong", REFUSED, sound.replace("}}", "},'metadata':{'total_size':35}}"));
    index("total-right", READ, sound.replace("}}", "},'metadata':{'total_size':36}}"));
    index("total-infinite", REFUSED, sound.replace("}}", "},'metadata':{'total_size':1e999}}"));
    index("total-text", REFUSED, sound.replace("}}", "},'metadata':{'total_size':'36'}}"));
    index("duplicate-tensor", REFUSED, sound.replace("}}", ",'layer.bias':'one.safetensors'}}"));
    index("deep", REFUSED, "{'x':" + "{'x':".repeat(50_000) + "1" + "}".repeat(50_001));
    index("empty", REFUSED, "{}");
    index("map-is-list", REFUSED, "{'weight_map':[]}");
    StringBuilder many = new StringBuilder("{'weight_map':{");
    for (int i = 0; i < 50_000; i++) {
      many.append(i == 0 ? "" : ",").append("'t").append(i).append("':'f").append(i).append("'");
    }
    index("many-files", REFUSED, many + "}}");
  }

  private void links() {
    Setup outside =
        index -> {
          Path other = Files.createDirectories(index.resolveSibling("../outside-of-hostile"));
          Files.write(other.resolve("x"), Archives.soundSafetensors());
          link(index, "link", "../outside-of-hostile/x");
        };
    index("link-out", REFUSED, map("link"), outside);
    index("link-loop", REFUSED, map("link"), index -> link(index, "link", "link"));
    index("link-nowhere", REFUSED, map("link"), index -> link(index, "link", "nowhere"));
    index(
        "link-to-itself",
        REFUSED,
        map("link"),
        index -> link(index, "link", "model.safetensors.index.json"));
    index("link-twice", REFUSED, map("link"), index -> link(index, "link", "one.safetensors"));
    index(
        "folder",
        REFUSED,
        map("sub"),
        index -> Files.createDirectories(index.resolveSibling("sub")));
  }

  private static void link(Path index, String name, String to) throws java.io.IOException {
    Path link = index.resolveSibling(name);
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, Path.of(to));
  }

  private void array(String name, Expect expect, String descr, String shape, int bytes) {
    byte[] npy = NpzReaderTest.npy(1, descr, false, shape, new byte[bytes]);
    HostileCheckpoints.add(all, "array-" + name + ".npy", expect, npy);
    for (boolean stored : new boolean[] {true, false}) {
      byte[] npz = Archives.zip(stored, Map.of("w.npy", npy));
      HostileCheckpoints.add(
          all, "array-" + name + (stored ? "-stored" : "") + ".npz", expect, npz);
    }
  }

  private void arrays() {
    array("short", REFUSED, "<f8", "(3,)", 16);
    array("long", REFUSED, "<f8", "(1,)", 16);
    array("objects", REFUSED, "|O", "(2,)", 16);
    array("records", REFUSED, "<V8", "(2,)", 16);
    array("overflow", REFUSED, "<f8", "(4294967296, 4294967296)", 16);
    array("bytes-overflow", REFUSED, "<f8", "(1152921504606846976, 2)", 16);
    array("negative", REFUSED, "<f8", "(-2,)", 16);
    array("empty", READ, "<f8", "(0, 9)", 0);
    array("bomb", READ, "|u1", "(30000000,)", 30_000_000);
  }

  private void zip(String name, Expect expect, byte[] bytes) {
    HostileCheckpoints.add(all, "zip-" + name + ".npz", expect, bytes);
  }

  /// Changes one number of a sound archive.
  private void patched(String name, byte[] zip, int at, int width, long value) {
    byte[] b = zip.clone();
    ByteBuffer buffer = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
    if (width == 2) {
      buffer.putShort(at, (short) value);
    } else {
      buffer.putInt(at, (int) value);
    }
    zip(name, REFUSED, b);
  }

  private void directories() {
    byte[] zip = Archives.zip(true, Map.of("w.npy", HostileCheckpoints.npy()));
    int end = zip.length - 22;
    int central = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN).getInt(end + 16);
    patched("disks", zip, end + 4, 2, 1);
    patched("count", zip, end + 10, 2, 2);
    patched("directory-size", zip, end + 12, 4, -1);
    patched("directory-at", zip, end + 16, 4, 0);
    patched("comment", zip, end + 20, 2, 9);
    patched("encrypted", zip, central + 8, 2, 1);
    patched("method-bzip2", zip, central + 10, 2, 12);
    patched("packed", zip, central + 20, 4, -2);
    patched("packed-zip64-missing", zip, central + 20, 4, -1);
    patched("size", zip, central + 24, 4, 0x7fffffff);
    patched("name-length", zip, central + 28, 2, 0xffff);
    patched("extra-length", zip, central + 30, 2, 0xffff);
    patched("local-at", zip, central + 42, 4, 77);
    patched("local-behind", zip, central + 42, 4, 0x7fffffff);
    patched("local-name-length", zip, 26, 2, 3);
    patched("local-name", zip, 30, 2, 0x4141);
    patched("local-extra", zip, 28, 2, 0xffff);
    patched("name-not-utf8", zip, central + 46, 2, 0xfffe);
    zip("only-an-end", REFUSED, Arrays.copyOfRange(zip, end, zip.length));
    byte[] before = new byte[zip.length + 8];
    before[0] = 'P';
    before[1] = 'K';
    before[2] = 3;
    before[3] = 4;
    System.arraycopy(zip, 0, before, 8, zip.length);
    zip("something-before", REFUSED, before);
    zip("overlapping", REFUSED, overlapping(zip, central, end));
    Map<String, byte[]> many = new LinkedHashMap<>();
    for (int i = 0; i < 20_000; i++) {
      many.put("a" + i + ".npy", HostileCheckpoints.npy());
    }
    zip("many-entries", EITHER, Archives.zip(false, many));
    zip("no-arrays", REFUSED, Archives.zip(true, Map.of("readme.txt", new byte[9])));
    zip(
        "one-array-is-text",
        REFUSED,
        Archives.zip(true, new LinkedHashMap<>(Map.of("a.npy", new byte[99]))));
  }

  /// The same entry listed 1000 times under names of one length: what they unpack to adds up.
  private static byte[] overlapping(byte[] zip, int central, int end) {
    int n = 1000;
    int size = end - central;
    ByteBuffer b = ByteBuffer.allocate(central + n * size + 22).order(ByteOrder.LITTLE_ENDIAN);
    b.put(zip, 0, central);
    for (int i = 0; i < n; i++) {
      b.put(zip, central, size);
    }
    b.put(zip, end, 22);
    b.putShort(central + n * size + 8, (short) n).putShort(central + n * size + 10, (short) n);
    return b.putInt(central + n * size + 12, n * size).array();
  }

  private void files() {
    HostileCheckpoints.add(all, "empty.safetensors", REFUSED, new byte[0]);
    HostileCheckpoints.add(all, "zeros.safetensors", REFUSED, new byte[1000]);
    HostileCheckpoints.add(all, "text.pt", REFUSED, HostileCheckpoints.utf8("not weights\n"));
    HostileCheckpoints.add(
        all, "html.safetensors", REFUSED, HostileCheckpoints.utf8("<!doctype html>"));
    HostileCheckpoints.add(all, "brace.safetensors", REFUSED, HostileCheckpoints.utf8("{"));
    byte[] ones = new byte[1000];
    Arrays.fill(ones, (byte) 0xff);
    HostileCheckpoints.add(all, "ones.npz", REFUSED, ones);
    Map<String, byte[]> none = new LinkedHashMap<>();
    none.put("model.safetensors", new byte[0]);
    all.add(
        new Mutant(
            "file-is-folder",
            REFUSED,
            none,
            file -> {
              Files.deleteIfExists(file);
              Files.createDirectories(file);
            }));
  }
}
