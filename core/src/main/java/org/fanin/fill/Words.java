package org.fanin.fill;

/// Which of ChaCha's words belong to which element.
///
/// 32 bits per element: element i is word (i>>4)&15 of block (i>>8)·16 + (i&15). A group of 256
/// elements is thus 16 blocks, and word w of these blocks is elements 16w … 16w+15: one vector of
/// 16 lanes, or parts of one. 64 bits per element: element i is words 2((i>>4)&7) (low half) and
/// the next (high half) of block (i>>7)·16 + (i&15); a group of 256 words is 128 elements.
final class Words {
  /// Words, and elements of 32 bits, in a group of 16 blocks.
  static final int GROUP = 256;

  private Words() {}

  /// The words of `groups` groups from `group` on, in the order of elements of 32 bits.
  static void fill(StreamKey key, int purpose, int number, long group, int[] out, int groups) {
    for (int g = 0; g < groups; g++) {
      for (int lane = 0; lane < 16; lane++) {
        ChaCha8.block(
            key.shared(), (group + g) * 16 + lane, purpose, number, out, g * GROUP + lane, 16);
      }
    }
  }

  /// The 64 bits of element `i` of a buffer of groups.
  static long wide(int[] words, int i) {
    int low = (i >> 7) * GROUP + (i >> 4 & 7) * 32 + (i & 15);
    return words[low] & 0xFFFFFFFFL | (long) words[low + 16] << 32;
  }
}
