// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.nft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NftObjectsTest {
  @Test
  void whatOnlyAListingHasIsRemovedUsersFirst() {
    String rules = "add table inet t\ntable inet t {\n  set a {\n  }\n  chain c {\n  }\n}\n";
    String listing =
        """
        table inet t {
        \tcounter old {
        \t}
        \tset a {
        \t\telements = { 1.2.3.4 }
        \t}
        \tset b {
        \t}
        \tchain c {
        \t\tip saddr { 1.2.3.4, 1.2.3.5 } counter drop
        \t}
        \tchain d {
        \t\tip saddr @b counter name "old" drop
        \t}
        }
        table bridge t {
        \tchain c {
        \t}
        }
        """;

    assertThat(NftObjects.removal(listing, rules))
        .isEqualTo(
            """
            flush chain inet t d
            flush chain bridge t c
            delete set inet t b
            delete chain inet t d
            delete chain bridge t c
            delete counter inet t old
            """);
    assertThat(NftObjects.removal(rules, rules)).isEmpty();
  }
}
