// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.unix;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UnixPairTest {
  @Test
  void whatOneEndSendsTheOtherReceives() throws Exception {
    try (UnixPair pair = UnixPair.open()) {
      byte[] received = new byte[4];
      pair.client().send(new byte[] {1, 2, 3, 4});

      assertThat(pair.server().receiveFully(received, 0, 4)).isTrue();
      assertThat(received).containsExactly(1, 2, 3, 4);
      pair.client().close();
      assertThat(pair.server().receive(received, 0, 1)).isEqualTo(-1);
    }
  }
}
