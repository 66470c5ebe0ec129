package org.fanin.fill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Published vectors: draft-strombergson-chacha-test-vectors-01, 256-bit key, 8 rounds, TC1 to TC3,
/// two blocks each; the first also stands in Bernstein's reference implementation, preceded by
/// block −1, which tests that the counter rolls over.
class ChaCha8Test {
  @ParameterizedTest
  @CsvSource({
    "0, 0, -1,"
        + " df8a0bceca2fbb111f29978fa9a64407c68ced975ff55a24707265d0687e6aef"
        + "b3597eac46e4b0a79b3a49c8b0f1775ac3edd7eb6a6d9bcb38f276517a79e014",
    "0, 0, 0,"
        + " 3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e"
        + "984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42",
    "0, 0, 1,"
        + " d2aefa0deaa5c151bf0adb6c01f2a5adc0fd581259f9a2aadcf20f8fd566a26b"
        + "5032ec38bbc5da98ee0c6f568b872a65a08abf251deb21bb4b56e5d8821e68aa",
    "1, 0, 0,"
        + " cf5ee9a0494aa9613e05d5ed725b804b12f4a465ee635acc3a311de8740489ea"
        + "289d04f43c7518db56eb4433e498a1238cd8464d3763ddbb9222ee3bd8fae3c8",
    "1, 0, 1,"
        + " b4355a7d93dd8867089ee643558b95754efa2bd1a8a1e2d75bcdb32015542638"
        + "291941feb49965587c4fdfe219cf0ec132a6cd4dc067392e67982fe53278c0b4",
    "0, 1, 0,"
        + " 2b8f4bb3798306ca5130d47c4f8d4ed13aa0edccc1be6942090faeeca0d7599b"
        + "7ff0fe616bb25aa0153ad6fdc88b954903c22426d478b97b22b8f9b1db00cf06",
    "0, 1, 1,"
        + " 470bdffbc488a8b7c701ebf4061d75c5969186497c95367809afa80bd843b040"
        + "a79abc6e73a91757f1db73c8eacfa543b38f289d065ab2f3032d377b8c37fe46"
  })
  void publishedVectors(int firstKeyWord, int firstNonceWord, long counter, String stream) {
    int[] key = new int[8];
    key[0] = firstKeyWord;
    int[] block = new int[16];
    ChaCha8.block(key, counter, firstNonceWord, 0, block);
    assertEquals(stream.strip(), hex(block));
  }

  private static String hex(int[] words) {
    byte[] bytes = new byte[4 * words.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (words[i >> 2] >>> 8 * (i & 3));
    }
    return HexFormat.of().formatHex(bytes);
  }
}
