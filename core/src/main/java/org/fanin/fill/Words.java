package org.fanin.fill;

/// Which of ChaCha's words belong to which element.
///
/// 32 bits per element: element i is word (i>>4)&15 of block (i>>8)·16 + (i&15). A group of 256
/// elements is thus 16 blocks, and word w of these blocks is elements 16w … 16w+15: one vector of
/// 16 lanes, or parts of one. 64 bits per element: element i is words 2((i>>4)&7) (low half) and
/// the next (high half) of block (i>>7)·16 + (i&15); a group of 256 words is 128 elements.
final class Words {
  /// Words, and elements of 32 bits, in a group of 16 blocks.
  static final int GROUP = Kernel.GROUP;

  private Words() {}

  /// The words of `groups` groups from `group` on, in the order of elements of 32 bits.
  static void fill(StreamKey key, int purpose, int number, long group, int[] out, int groups) {
    Kernels.best().words(key.shared(), purpose, number, group, out, groups);
  }

  /// The words of elements `first` … `first + count − 1`.
  static void read(StreamKey key, int purpose, int number, long first, int[] out, int count) {
    int[] group = new int[GROUP];
    for (int done = 0; done < count; ) {
      long at = first + done;
      int skip = (int) (at & GROUP - 1);
      int n = Math.min(GROUP - skip, count - done);
      fill(key, purpose, number, at >> 8, group, 1);
      System.arraycopy(group, skip, out, done, n);
      done += n;
    }
  }

  /// The 64 bits of element `i` of a buffer of groups.
  static long wide(int[] words, int i) {
    int low = (i >> 7) * GROUP + (i >> 4 & 7) * 32 + (i & 15);
    return words[low] & 0xFFFFFFFFL | (long) words[low + 16] << 32;
  }
}
