// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Rules;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NftTablesTest {
  private static final Cidr POOL4 = Cidr.parse("10.244.0.0/16");
  private static final Cidr POOL6 = Cidr.parse("fd00:244::/48");

  private static final List<AntiSpoofEntry> PODS =
      List.of(pod("10.244.1.2"), pod("fd00:244:0:1::2"), pod("10.244.1.3"), pod("fd00:244:0:1::3"));

  private static AntiSpoofEntry pod(String address) {
    return new AntiSpoofEntry(
        "wf0", MacAddress.parse("0a:58:0a:f4:01:02"), IpAddress.parse(address));
  }

  private static final Set<IpAddress> NODE =
      Set.of(
          IpAddress.parse("192.168.1.12"),
          IpAddress.parse("192.168.1.11"),
          IpAddress.parse("fd01::11"));

  static Rules rules(String name) {
    return switch (name) {
      case "none" -> new Rules(Set.of(), Set.of());
      case "ipv4" -> new Rules(Set.of(POOL4), Set.of(POOL4));
      case "dual" -> new Rules(Set.of(POOL4), Set.of(POOL4, POOL6, Cidr.parse("10.243.0.0/16")));
      default -> throw new IllegalArgumentException(name);
    };
  }

  @ParameterizedTest
  @CsvSource({"none", "ipv4", "dual"})
  void theTransactionIsTheGoldenOne(String name) throws IOException {
    try (InputStream golden = getClass().getResourceAsStream("/golden/" + name + ".nft")) {
      assertThat(NftTables.render(rules(name), PODS, NODE))
          .isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void aRangeInsideAnotherIsLeftOut() {
    Set<Cidr> nested = Set.of(POOL4, Cidr.parse("10.244.7.0/24"), Cidr.parse("10.0.0.0/8"));

    assertThat(NftTables.render(new Rules(Set.of(), nested), List.of(), Set.of()))
        .contains("add element inet weft pools4 { 10.0.0.0/8 }\n");
  }
}
