// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.Commands;
import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.libc.Errno;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("kernel")
class SetKernelTest {
  private static final MacAddress MAC = MacAddress.parse("0a:58:0a:f4:01:02");
  private static final SetRef PODS4 = new SetRef(NftFamily.BRIDGE, "weft", "pods4");
  private static final SetRef PODS6 = new SetRef(NftFamily.BRIDGE, "weft", "pods6");
  private static final SetKey POD = key(2);

  private KernelNetlinkSocket socket;

  @BeforeEach
  void createTable() throws IOException {
    Commands.run(
        "nft",
        """
        table bridge weft {
          set pods4 { type ifname . ether_addr . ipv4_addr; }
          set pods6 { type ifname . ether_addr . ipv6_addr; }
        }""");
    socket = KernelNetlinkSocket.openNetfilter();
  }

  @AfterEach
  void deleteTable() throws IOException {
    socket.close();
    Commands.run("nft", "delete table bridge weft");
  }

  @ParameterizedTest
  @CsvSource({"pods4, 10.244.1.2", "pods6, fd00:244:0:1::2"})
  void anElementComesAndGoes(String name, String address) throws IOException {
    SetRef set = new SetRef(NftFamily.BRIDGE, "weft", name);
    SetKey key = new SetKey("wf0123456789abc", MAC, IpAddress.parse(address));
    socket.execute(SetChange.add(set, key));
    socket.execute(SetChange.add(set, key));
    assertThat(socket.dump(new SetQuery<>(set, SetKey::of))).containsExactly(key);
    assertThat(Commands.run("nft", "list", "set", "bridge", "weft", name))
        .contains("\"wf0123456789abc\" . 0a:58:0a:f4:01:02 . " + address);
    socket.execute(SetChange.delete(set, key));
    assertThat(socket.dump(new SetQuery<>(set, SetKey::of))).isEmpty();
  }

  @Test
  void bothFamiliesOfAPodAreOneTransaction() throws NetlinkException {
    SetKey six = new SetKey("wf1", MAC, IpAddress.parse("fd00:244:0:1::2"));
    socket.execute(
        new SetChange(
            List.of(
                new SetChange.Step(true, PODS4, List.of(POD)),
                new SetChange.Step(true, PODS6, List.of(six)))));
    assertThat(socket.dump(new SetQuery<>(PODS4, SetKey::of))).containsExactly(POD);
    assertThat(socket.dump(new SetQuery<>(PODS6, SetKey::of))).containsExactly(six);
  }

  @Test
  void aTransactionThatFailsChangesNothing() throws NetlinkException {
    SetChange change =
        new SetChange(
            List.of(
                new SetChange.Step(true, PODS4, List.of(POD)),
                new SetChange.Step(false, PODS4, List.of(key(3))),
                new SetChange.Step(true, PODS4, List.of(key(4)))));
    assertThatThrownBy(() -> socket.execute(change))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
        .hasMessageStartingWith(
            "add element { \"wf1\" . 0a:58:0a:f4:01:02 . 10.244.0.2 } of set bridge weft pods4"
                + " and more: ENOENT: ");
    assertThat(socket.dump(new SetQuery<>(PODS4, SetKey::of))).isEmpty();
    // What is left of the answer does not confuse the next request.
    socket.execute(SetChange.add(PODS4, POD));
    assertThat(socket.dump(new SetQuery<>(PODS4, SetKey::of))).containsExactly(POD);
  }

  @Test
  void severalTransactionsAreCarriedOutOneByOne() throws NetlinkException {
    SetRef missing = new SetRef(NftFamily.BRIDGE, "weft", "missing");
    List<BatchFailure> failures =
        socket.executeAll(
            List.of(
                SetChange.add(PODS4, POD),
                SetChange.add(missing, POD),
                SetChange.add(PODS4, key(3))));
    assertThat(failures).extracting(BatchFailure::index).containsExactly(1);
    assertThat(socket.dump(new SetQuery<>(PODS4, SetKey::of)))
        .containsExactlyInAnyOrder(POD, key(3));
  }

  @Test
  void aSetThatIsNotThereIsRefused() {
    SetRef missing = new SetRef(NftFamily.BRIDGE, "weft", "missing");
    assertThatThrownBy(() -> socket.execute(SetChange.add(missing, POD)))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    assertThatThrownBy(() -> socket.dump(new SetQuery<>(missing, SetKey::of)))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
        .hasMessageStartingWith("list elements of set bridge weft missing: ENOENT: ");
  }

  @Test
  void aTableIsFoundByFamilyAndName() throws NetlinkException {
    assertThat(socket.find(new TableQuery(NftFamily.BRIDGE, "weft")))
        .hasValueSatisfying(table -> assertThat(table.name()).isEqualTo("weft"));
    assertThat(socket.find(new TableQuery(NftFamily.INET, "weft"))).isEmpty();
    assertThat(socket.find(new TableQuery(NftFamily.BRIDGE, "other"))).isEmpty();
  }

  @Test
  void fiveThousandElementsGoInOneTransaction() throws NetlinkException {
    List<SetKey> keys = IntStream.range(0, 5000).mapToObj(SetKernelTest::key).toList();
    socket.execute(new SetChange(List.of(new SetChange.Step(true, PODS4, keys))));
    Set<SetKey> wanted = Set.copyOf(keys);
    // A dump of a hash table that still grows may have an element twice, or not at all. Compared as
    // sets: AssertJ's comparison in any order takes longer than the wait on an emulated processor.
    await()
        .until(
            () -> socket.dump(new SetQuery<>(PODS4, SetKey::of)),
            found -> found.size() == wanted.size() && Set.copyOf(found).equals(wanted));
    socket.execute(new SetChange(List.of(new SetChange.Step(false, PODS4, keys))));
    assertThat(socket.dump(new SetQuery<>(PODS4, SetKey::of))).isEmpty();
  }

  private static SetKey key(int i) {
    return new SetKey("wf1", MAC, IpAddress.parse("10.244.0.0").plus(i));
  }
}
