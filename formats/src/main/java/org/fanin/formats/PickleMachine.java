package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fanin.formats.Pickled.Huge;
import org.fanin.formats.Pickled.Int;
import org.fanin.formats.Pickled.Items;
import org.fanin.formats.Pickled.Mapping;
import org.fanin.formats.Pickled.Opaque;
import org.fanin.formats.Pickled.Simple;
import org.fanin.formats.Pickled.Text;
import org.fanin.model.ModelFormatException;

/// Interprets Python pickles of protocols 2 to 5 (docs.python.org/3/library/pickletools.html)
/// without running anything: what a pickle would import or call is taken as a name, and refused
/// unless it is in [PickleGlobal]. There is no recursion, and every value made is paid for.
final class PickleMachine {
  private static final int MAX_LINE = 1000;
  private static final int MAX_WHOLE = 255;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment bytes;
  private final String source;
  private final String of;
  private final Budget budget;
  private final PickleCalls calls;
  private final List<Pickled> stack = new ArrayList<>();
  private final Map<Integer, Pickled> memo = new HashMap<>();
  private int highest;
  private long at;

  /// First byte of the instruction under way, for messages.
  private long start;

  /// @param from where in `bytes` the pickle starts
  /// @param of what the bytes are, as in ` of data.pkl`, for messages
  PickleMachine(MemorySegment bytes, long from, String source, String of, Budget budget) {
    this.bytes = bytes;
    this.at = from;
    this.source = source;
    this.of = of;
    this.budget = budget;
    this.calls = new PickleCalls(this);
  }

  /// Runs to the end of the pickle.
  ///
  /// @return the value it describes
  Pickled run() throws ModelFormatException {
    while (true) {
      start = at;
      int op = u8();
      if (op == '.') {
        return pop();
      }
      if (!constant(op) && !text(op) && !container(op) && !remembered(op) && !calls.take(op)) {
        throw bad(
            String.format(Locale.ROOT, "opcode 0x%02x", op),
            "a pickle of protocol 2 to 5, as torch.save makes them");
      }
    }
  }

  /// One behind the last byte read.
  long end() {
    return at;
  }

  ModelFormatException bad(String found, String wanted) {
    return new ModelFormatException(source + ": byte " + start + of, found, wanted);
  }

  Budget budget() {
    return budget;
  }

  // bytes

  private void need(long n) throws ModelFormatException {
    if (n < 0 || n > bytes.byteSize() - at) {
      throw bad(
          "a pickle that ends too early: " + (bytes.byteSize() - at) + " bytes left",
          n < 0 ? "a length below 2^63" : n + " more");
    }
  }

  int u8() throws ModelFormatException {
    need(1);
    return bytes.get(ValueLayout.JAVA_BYTE, at++) & 0xff;
  }

  private int u16() throws ModelFormatException {
    return u8() | u8() << 8;
  }

  int i32() throws ModelFormatException {
    need(4);
    at += 4;
    return bytes.get(INT, at - 4);
  }

  private long u32() throws ModelFormatException {
    return i32() & 0xffff_ffffL;
  }

  private long i64() throws ModelFormatException {
    need(8);
    at += 8;
    return bytes.get(LONG, at - 8);
  }

  private void skip(long n) throws ModelFormatException {
    need(n);
    at += n;
  }

  private byte[] take(long n) throws ModelFormatException {
    need(n);
    byte[] taken = budget.allocate(n);
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, taken, 0, taken.length);
    at += n;
    return taken;
  }

  /// The text to the end of the line.
  String line() throws ModelFormatException {
    long from = at;
    while (u8() != '\n') {
      if (at - from > MAX_LINE) {
        throw bad("a name of more than " + MAX_LINE + " bytes", "a shorter one");
      }
    }
    byte[] taken = new byte[(int) (at - from - 1)];
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, from, taken, 0, taken.length);
    return utf8(taken);
  }

  private String utf8(byte[] taken) throws ModelFormatException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(taken)).toString();
    } catch (CharacterCodingException _) {
      throw bad("a text that is not UTF-8", "UTF-8");
    }
  }

  // stack

  void push(Pickled value) throws ModelFormatException {
    stack.add(value);
    if (stack.size() > highest) {
      highest = stack.size();
      budget.charge(16);
    }
  }

  Pickled pop() throws ModelFormatException {
    if (stack.isEmpty() || stack.getLast() == Simple.MARK) {
      throw bad("an instruction that takes a value where there is none", "a sound pickle");
    }
    return stack.removeLast();
  }

  private Pickled top() throws ModelFormatException {
    Pickled value = pop();
    stack.add(value);
    return value;
  }

  /// Takes all values down to the mark, and the mark.
  List<Pickled> group() throws ModelFormatException {
    int mark = stack.size() - 1;
    while (mark >= 0 && stack.get(mark) != Simple.MARK) {
      mark--;
    }
    if (mark < 0) {
      throw bad("the end of a group that never started", "a sound pickle");
    }
    List<Pickled> tail = stack.subList(mark + 1, stack.size());
    budget.charge(60 + 8L * tail.size());
    List<Pickled> taken = new ArrayList<>(tail);
    stack.subList(mark, stack.size()).clear();
    return taken;
  }

  private boolean constant(int op) throws ModelFormatException {
    switch (op) {
      case 0x80 -> {
        int protocol = u8();
        if (protocol > 5) {
          throw bad("pickle protocol " + protocol, "at most 5");
        }
      }
      case 0x95 -> skip(8); // the length of a frame: a hint for readers of streams
      case '(' -> push(Simple.MARK);
      case '0' -> {
        if (stack.isEmpty()) {
          pop();
        }
        stack.removeLast();
      }
      case '1' -> group();
      case '2' -> push(top());
      case 'N' -> push(Simple.NONE);
      case 0x88 -> push(Simple.TRUE);
      case 0x89 -> push(Simple.FALSE);
      case 'J' -> number(i32());
      case 'K' -> number(u8());
      case 'M' -> number(u16());
      case 0x8a -> whole(u8());
      case 0x8b -> whole(u32());
      case 'G' -> {
        skip(8);
        opaque("a number");
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void number(long value) throws ModelFormatException {
    budget.charge(24);
    push(new Int(value));
  }

  private void whole(long length) throws ModelFormatException {
    if (length > MAX_WHOLE) {
      throw bad("a whole number of " + length + " bytes", "at most " + MAX_WHOLE);
    }
    byte[] little = take(length);
    byte[] big = new byte[Math.max(1, little.length)];
    for (int i = 0; i < little.length; i++) {
      big[big.length - 1 - i] = little[i];
    }
    BigInteger value = new BigInteger(big);
    budget.charge(100);
    push(value.bitLength() < 64 ? new Int(value.longValue()) : new Huge(value));
  }

  void opaque(String what) throws ModelFormatException {
    budget.charge(24);
    push(new Opaque(what));
  }

  private boolean text(int op) throws ModelFormatException {
    switch (op) {
      case 'X' -> unicode(u32());
      case 0x8c -> unicode(u8());
      case 0x8d -> unicode(i64());
      case 'U' -> python2Text(u8());
      case 'T' -> python2Text(i32());
      case 'C' -> passBytes(u8());
      case 'B' -> passBytes(u32());
      case 0x8e, 0x96 -> passBytes(i64());
      default -> {
        return false;
      }
    }
    return true;
  }

  private void unicode(long length) throws ModelFormatException {
    budget.charge(60 + 2 * Math.max(0, Math.min(length, bytes.byteSize())));
    push(new Text(utf8(take(length))));
  }

  /// A str of Python 2 may be a name or may be bytes.
  private void python2Text(long length) throws ModelFormatException {
    need(length);
    long from = at;
    skip(length);
    for (long i = from; i < at; i++) {
      if (bytes.get(ValueLayout.JAVA_BYTE, i) < 0) {
        opaque("bytes");
        return;
      }
    }
    at = from;
    unicode(length);
  }

  private void passBytes(long length) throws ModelFormatException {
    skip(length);
    opaque("bytes");
  }

  private boolean container(int op) throws ModelFormatException {
    switch (op) {
      case ']', ')', 0x8f -> items(new ArrayList<>(0));
      case '}' -> mapping(List.of());
      case 'l', 't', 0x91 -> items(group());
      case 'd' -> mapping(group());
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case 'a' -> extend(List.of(pop()));
      case 'e', 0x90 -> extend(group());
      case 's' -> {
        Pickled value = pop();
        Pickled key = pop();
        update(List.of(key, value));
      }
      case 'u' -> update(group());
      default -> {
        return false;
      }
    }
    return true;
  }

  void items(List<Pickled> all) throws ModelFormatException {
    budget.charge(80);
    push(new Items(all));
  }

  private void tuple(int n) throws ModelFormatException {
    Pickled[] all = new Pickled[n];
    for (int i = n - 1; i >= 0; i--) {
      all[i] = pop();
    }
    items(List.of(all));
  }

  void mapping(List<Pickled> pairs) throws ModelFormatException {
    budget.charge(160);
    push(new Mapping());
    update(pairs);
  }

  private void extend(List<Pickled> more) throws ModelFormatException {
    if (!(top() instanceof Items items)) {
      throw bad("values added to what is no list", "a sound pickle");
    }
    budget.charge(20L * more.size());
    // tuples are not lists, and pickle would not extend them either
    if (!(items.all() instanceof ArrayList)) {
      throw bad("values added to a tuple", "a sound pickle");
    }
    items.all().addAll(more);
  }

  private void update(List<Pickled> pairs) throws ModelFormatException {
    if (!(top() instanceof Mapping mapping)) {
      throw bad("keys set in what is no dict", "a sound pickle");
    }
    if (pairs.size() % 2 != 0) {
      throw bad("a key without a value", "a sound pickle");
    }
    budget.charge(20L * pairs.size());
    for (int i = 0; i < pairs.size(); i += 2) {
      mapping.put(pairs.get(i), pairs.get(i + 1));
    }
  }

  private boolean remembered(int op) throws ModelFormatException {
    switch (op) {
      case 'q' -> remember(u8());
      case 'r' -> remember(i32());
      case 0x94 -> remember(memo.size());
      case 'h' -> recall(u8());
      case 'j' -> recall(i32());
      default -> {
        return false;
      }
    }
    return true;
  }

  private void remember(int index) throws ModelFormatException {
    if (memo.put(index, top()) == null) {
      budget.charge(80);
    }
  }

  private void recall(int index) throws ModelFormatException {
    Pickled value = memo.get(index);
    if (value == null) {
      throw bad(
          "value " + (index & 0xffff_ffffL) + " of the memo, which is not set", "one that is");
    }
    push(value);
  }
}
