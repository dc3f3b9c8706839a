// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.antispoof.AntiSpoofTable;
import dev.weft.agent.dataplane.hostport.HostPortTable;
import dev.weft.agent.dataplane.masquerade.MasqueradeTable;
import dev.weft.agent.dataplane.nft.NftTable;
import dev.weft.agent.dataplane.redirect.IcmpRedirectTable;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Masquerade;
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

/** The text of each of our tables, and what of another version is removed. */
class NftTableTest {
  private static final Cidr POOL4 = Cidr.parse("10.244.0.0/16");
  private static final Cidr POOL6 = Cidr.parse("fd00:244::/48");

  private static final List<AntiSpoofEntry> PODS =
      List.of(pod("10.244.1.2"), pod("fd00:244:0:1::2"), pod("10.244.1.3"), pod("fd00:244:0:1::3"));

  private static final Set<IpAddress> NODE =
      Set.of(
          IpAddress.parse("192.168.1.12"),
          IpAddress.parse("192.168.1.11"),
          IpAddress.parse("fd01::11"));

  private static AntiSpoofEntry pod(String address) {
    return new AntiSpoofEntry(
        "wf0", MacAddress.parse("0a:58:0a:f4:01:02"), IpAddress.parse(address));
  }

  private static NftTable.Write rendered(String name) {
    return switch (name) {
      case "antispoof" -> new AntiSpoofTable(null, null).rendered(PODS);
      case "icmp_redirect" -> new IcmpRedirectTable(null, null).rendered();
      case "masquerade-none" -> masquerade(Set.of(), Set.of());
      case "masquerade-ipv4" -> masquerade(Set.of(POOL4), Set.of(POOL4));
      case "masquerade-dual" ->
          masquerade(Set.of(POOL4), Set.of(POOL4, POOL6, Cidr.parse("10.243.0.0/16")));
      case "hostports" -> new HostPortTable(null, null).rendered(NODE);
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static NftTable.Write masquerade(Set<Cidr> masqueraded, Set<Cidr> pools) {
    return new MasqueradeTable(null, null).rendered(new Masquerade(masqueraded, pools));
  }

  @ParameterizedTest
  @CsvSource({
    "antispoof",
    "icmp_redirect",
    "masquerade-none",
    "masquerade-ipv4",
    "masquerade-dual",
    "hostports"
  })
  void theTransactionIsTheGoldenOneAndFitsOnAScreen(String name) throws IOException {
    String script = rendered(name).script();

    assertThat(script).isEqualTo(resource("/golden/" + name + ".nft"));
    assertThat(script.lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void aRangeInsideAnotherIsLeftOut() {
    Set<Cidr> nested = Set.of(POOL4, Cidr.parse("10.244.7.0/24"), Cidr.parse("10.0.0.0/8"));

    assertThat(masquerade(Set.of(), nested).script())
        .contains("add element inet weft_masquerade pools4 {\n  10.0.0.0/8\n}\n");
  }

  @Test
  void elementsThatComeAndGoWithPodsAreNoPartOfTheRules() {
    assertThat(new AntiSpoofTable(null, null).rendered(List.of()).rules())
        .isEqualTo(rendered("antispoof").rules());
    assertThat(new HostPortTable(null, null).rendered(Set.of()).rules())
        .isEqualTo(rendered("hostports").rules());
    assertThat(rendered("masquerade-ipv4").rules())
        .isNotEqualTo(rendered("masquerade-none").rules());
  }

  private String resource(String name) throws IOException {
    try (InputStream golden = getClass().getResourceAsStream(name)) {
      return new String(golden.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
