// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.Commands;
import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.ChainQuery.Chain;
import dev.weft.netlink.nft.ChainRuleQuery.ChainRule;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Chains and what leads to them, as nft wrote them, and maps of verdicts. */
@Tag("kernel")
class ChainKernelTest {
  private static final TableRef TABLE = new TableRef(NftFamily.INET, "groups");
  private static final SetRef MAP4 = new SetRef(NftFamily.INET, "groups", "map4");
  private static final IpAddress ADDRESS = IpAddress.parse("10.244.1.2");

  private KernelNetlinkSocket socket;

  @BeforeEach
  void createTable() throws IOException {
    Commands.run(
        "nft",
        """
        table inet groups {
          map map4 { type ipv4_addr : verdict; }
          map map6 { type ipv6_addr : verdict; }
          set ports4 { type ipv4_addr . inet_proto . inet_service; }
          set ports6 { type ipv6_addr . inet_proto . inet_service; }
          chain one { ip saddr 10.0.0.1 counter accept; tcp dport { 1, 2 } counter packets 7 bytes 70; }
          chain two { counter drop; }
          chain output { type filter hook output priority 0; policy accept; ip daddr vmap @map4; }
        }
        table inet other { chain other { counter drop; }; set others { type ipv4_addr; }; }""");
    socket = KernelNetlinkSocket.openNetfilter();
  }

  @AfterEach
  void deleteTables() throws IOException {
    socket.close();
    Commands.run("nft", "flush ruleset");
  }

  @ParameterizedTest
  @CsvSource({"map4, 10.244.1.2", "map6, fd00:244::2"})
  void aVerdictComesAndGoes(String name, String address) throws IOException {
    SetRef map = new SetRef(NftFamily.INET, "groups", name);
    VerdictElement one = new VerdictElement(IpAddress.parse(address), "one");
    VerdictElement two = new VerdictElement(IpAddress.parse(address), "two");
    socket.execute(SetChange.add(map, one));
    socket.execute(SetChange.add(map, one));
    assertThat(socket.dump(new SetQuery<>(map, VerdictElement::of))).containsExactly(one);
    assertThat(Commands.run("nft", "list", "map", "inet", "groups", name))
        .contains(address + " : jump one");

    assertThatThrownBy(() -> socket.execute(SetChange.add(map, two)))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
    socket.execute(
        new SetChange(
            List.of(
                new SetChange.Step(false, map, List.of(new AddressElement(one.address()))),
                new SetChange.Step(true, map, List.of(two)))));
    assertThat(socket.dump(new SetQuery<>(map, VerdictElement::of))).containsExactly(two);
    socket.execute(SetChange.delete(map, two));
    assertThat(socket.dump(new SetQuery<>(map, VerdictElement::of))).isEmpty();
  }

  @Test
  void aChainThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> socket.execute(SetChange.add(MAP4, new VerdictElement(ADDRESS, "x"))))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void anotherVerdictThanAJumpIsReadAsNoChain() throws IOException {
    Commands.run("nft", "add element inet groups map4 { 10.244.1.2 : accept }");
    assertThat(socket.dump(new SetQuery<>(MAP4, VerdictElement::of)))
        .containsExactly(new VerdictElement(ADDRESS, ""));
  }

  @ParameterizedTest
  @CsvSource({"ports4, 10.244.1.2, 6, tcp", "ports6, fd00:244::2, 132, sctp"})
  void anAddressWithAPortComesAndGoes(String name, String address, int protocol, String word)
      throws IOException {
    SetRef set = new SetRef(NftFamily.INET, "groups", name);
    AddressPort element = new AddressPort(IpAddress.parse(address), protocol, 8080);
    socket.execute(SetChange.add(set, element));
    assertThat(socket.dump(new SetQuery<>(set, AddressPort::of))).containsExactly(element);
    assertThat(Commands.run("nft", "list", "set", "inet", "groups", name))
        .contains(address + " . " + word + " . 8080");
    socket.execute(SetChange.delete(set, element));
    assertThat(socket.dump(new SetQuery<>(set, AddressPort::of))).isEmpty();
  }

  @Test
  void chainsRulesAndSetsOfATableAreListed() throws IOException {
    assertThat(socket.dump(new ChainQuery(TABLE)))
        .extracting(Chain::name, Chain::accepts)
        .containsExactlyInAnyOrder(tuple("one", true), tuple("two", true), tuple("output", true));
    List<ChainRule> rules = socket.dump(new ChainRuleQuery(TABLE));
    assertThat(rules).extracting(ChainRule::chain).containsExactly("one", "one", "two", "output");
    assertThat(rules).extracting(ChainRule::packets).containsExactly(0L, 7L, 0L, 0L);
    assertThat(rules).extracting(ChainRule::bytes).containsExactly(0L, 70L, 0L, 0L);
    assertThat(rules).extracting(ChainRule::handle).doesNotHaveDuplicates().doesNotContain(0L);
    assertThat(socket.dump(new SetListQuery(TABLE)))
        .containsExactlyInAnyOrder("map4", "map6", "ports4", "ports6");
  }

  @Test
  void whatSomebodyElseChangesIsSeen() throws IOException {
    List<ChainRule> before = socket.dump(new ChainRuleQuery(TABLE));
    TableInfo table = socket.find(new TableQuery(NftFamily.INET, "groups")).orElseThrow();
    Commands.run(
        "nft", "replace rule inet groups one handle " + before.get(0).handle() + " counter drop");
    List<ChainRule> after = socket.dump(new ChainRuleQuery(TABLE));
    assertThat(after).hasSameSizeAs(before);
    assertThat(after.get(0).content()).isNotEqualTo(before.get(0).content());
    assertThat(after.subList(1, 4)).isEqualTo(before.subList(1, 4));

    Commands.run("nft", "add chain inet groups output { policy drop; }");
    Commands.run("nft", "add table inet groups { flags dormant; }");
    assertThat(socket.dump(new ChainQuery(TABLE)))
        .filteredOn(chain -> !chain.accepts())
        .extracting(Chain::name)
        .containsExactly("output");
    assertThat(socket.find(new TableQuery(NftFamily.INET, "groups")))
        .contains(new TableInfo("groups", table.handle(), true));
  }

  @Test
  void chainsAndSetsAreDeletedTogetherOrNotAtAll() throws IOException {
    socket.execute(SetChange.add(MAP4, new VerdictElement(ADDRESS, "one")));
    DeleteChains all = new DeleteChains(TABLE, List.of("two", "one"), List.of("ports4"));
    assertThatThrownBy(() -> socket.execute(all))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY))
        .hasMessageStartingWith("delete two and more of nftables table inet groups: EBUSY");
    assertThat(socket.dump(new ChainQuery(TABLE))).hasSize(3);

    socket.execute(SetChange.delete(MAP4, new AddressElement(ADDRESS)));
    socket.execute(all);
    assertThat(socket.dump(new ChainQuery(TABLE)))
        .extracting(Chain::name)
        .containsExactly("output");
    assertThat(socket.dump(new SetListQuery(TABLE))).doesNotContain("ports4");
  }

  @Test
  void aTableIsDeletedWithAllThatIsInIt() throws IOException {
    socket.execute(new DeleteTable(TABLE));
    assertThat(socket.find(new TableQuery(NftFamily.INET, "groups"))).isEmpty();
    assertThat(socket.find(new TableQuery(NftFamily.INET, "other"))).isPresent();
    assertThatThrownBy(() -> socket.execute(new DeleteTable(TABLE)))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }
}
