package org.fanin.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Numbers the repeated blocks of a network from its tensor names: `layers.10.` comes after
/// `layers.9.`, and the blocks of all stages of a ResNet count through.
final class Blocks {
  /// @param stack what is repeated, e.g. `decoder.layers`
  private record Block(String stack, List<Integer> numbers) {}

  /// @param index from 0; −1 outside of blocks
  /// @param count blocks in its stack; 0 outside
  record Place(int index, int count) {
    static final Place NOWHERE = new Place(-1, 0);
  }

  /// In order: stages with blocks, then plain stacks. Group 1 is the stack.
  private static final List<Pattern> FORMS =
      List.of(
          Pattern.compile("(.{0,200}?)\\blayer(\\d{1,4})\\.(\\d{1,4})\\..*"),
          Pattern.compile(
              "(.{0,200}?)\\b(?:stages?|layers|levels)[._](\\d{1,4})\\.(?:blocks?|layers)\\.(\\d{1,4})\\..*"),
          Pattern.compile(
              "(.{0,200}?)\\bfeatures\\.(\\d{1,4})\\.(\\d{1,4})\\.(?:block|conv|layer).*"),
          Pattern.compile(
              "(.{0,200}?)\\b(?:down|up)_blocks\\.(\\d{1,4})\\.\\w{1,40}\\.(\\d{1,4})\\..*"),
          Pattern.compile(
              "(.{0,200}?\\b(?:h|layers?|blocks?|resblocks|transformer_blocks|single_transformer_blocks"
                  + "|encoder_?layers?|decoder_?layers?|encoderblock|mixer_?block|residual_?blocks?|res_?blocks?))"
                  + "[._](?:_\\.|_)?(\\d{1,4})[./].*"));

  private final Map<String, Block> blocks = new HashMap<>();
  private final Map<String, List<List<Integer>>> order = new HashMap<>();

  Blocks(List<String> names) {
    Map<String, TreeSet<List<Integer>>> sorted = new HashMap<>();
    for (String name : names) {
      Block b = block(name);
      if (b != null) {
        blocks.put(name, b);
        sorted.computeIfAbsent(b.stack(), _ -> new TreeSet<>(BY_NUMBER)).add(b.numbers());
      }
    }
    sorted.forEach((stack, numbers) -> order.put(stack, new ArrayList<>(numbers)));
  }

  private static final Comparator<List<Integer>> BY_NUMBER =
      (a, b) -> {
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
          int c = Integer.compare(a.get(i), b.get(i));
          if (c != 0) {
            return c;
          }
        }
        return Integer.compare(a.size(), b.size());
      };

  private static Block block(String name) {
    for (Pattern form : FORMS) {
      Matcher m = form.matcher(name);
      if (m.matches()) {
        List<Integer> numbers = new ArrayList<>();
        for (int g = 2; g <= m.groupCount(); g++) {
          numbers.add(Integer.parseInt(m.group(g)));
        }
        return new Block(m.group(1) + "/" + FORMS.indexOf(form), numbers);
      }
    }
    return null;
  }

  Place of(String name) {
    Block b = blocks.get(name);
    if (b == null) {
      return Place.NOWHERE;
    }
    List<List<Integer>> all = order.get(b.stack());
    return new Place(java.util.Collections.binarySearch(all, b.numbers(), BY_NUMBER), all.size());
  }

  /// The name up to and with its block's number; "" outside. Tensors of one block share it.
  static String prefix(String name) {
    for (Pattern form : FORMS) {
      Matcher m = form.matcher(name);
      if (m.matches()) {
        return name.substring(0, m.end(m.groupCount()));
      }
    }
    return "";
  }
}
