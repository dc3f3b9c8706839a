// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.net.Cidr;
import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkMonitor;
import dev.weft.netlink.NetlinkSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How often nft runs for our tables, for which of them, and what a table that is refused costs. */
@Tag("kernel")
class NftTablesKernelTest {
  private static final Masquerade RULES = rules("10.244.0.0/16");
  private static final String LIST_ANTI_SPOOFING_BRIDGE = "-s -t list table bridge weft";
  private static final String LIST_ANTI_SPOOFING_ARP = "-s -t list table arp weft";
  private static final String LIST_ANTI_SPOOFING_INET = "-s -t list table inet weft";
  private static final String LIST_ICMP_REDIRECT = "-s -t list table inet weft_icmp_redirect";
  private static final String LIST_MASQUERADE = "-s list table inet weft_masquerade";
  private static final String LIST_HOST_PORTS = "-s -t list table inet weft_hostports";

  private static final String[] LIST_ALL = {
    LIST_ANTI_SPOOFING_BRIDGE,
    LIST_ANTI_SPOOFING_ARP,
    LIST_ANTI_SPOOFING_INET,
    LIST_ICMP_REDIRECT,
    LIST_MASQUERADE,
    LIST_HOST_PORTS
  };

  @TempDir private Path directory;

  private final AtomicInteger ours = new AtomicInteger();
  private final AtomicInteger others = new AtomicInteger();
  private NetlinkSocket netfilter;
  private NftTables tables;
  private NetlinkMonitor monitor;

  private static Masquerade rules(String pool) {
    return new Masquerade(Set.of(Cidr.parse(pool)), Set.of(Cidr.parse(pool)));
  }

  @BeforeEach
  void open() throws Exception {
    Shell.run("nft flush ruleset");
    Path script =
        Files.writeString(
            directory.resolve("nft"),
            "#!/bin/sh\necho \"$@\" >>%s\nexec nft \"$@\"\n".formatted(log()));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    netfilter = KernelNetlinkSocket.openNetfilter();
    tables = new NftTables(new NftProgram(script.toString(), Duration.ofSeconds(60)), netfilter);
    monitor =
        NetlinkMonitor.nftables(
            change -> (tables.noteChange(change) ? ours : others).incrementAndGet(), () -> {});
  }

  @AfterEach
  void close() throws Exception {
    monitor.close();
    netfilter.close();
    Shell.run("nft flush ruleset");
  }

  private Path log() {
    return directory.resolve("log");
  }

  /** What nft was called with since the last call. */
  private List<String> runs() throws Exception {
    List<String> lines = Files.exists(log()) ? Files.readAllLines(log()) : List.of();
    Files.deleteIfExists(log());
    return lines;
  }

  private void replace(Masquerade rules) throws Exception {
    tables.replace(rules, Set.of(), Set.of());
  }

  /** Written, and read again after the notifications of it. */
  private void settle() throws Exception {
    replace(RULES);
    notified();
    assertThat(tables.read()).contains(MasqueradeRules.of(RULES));
    runs();
  }

  /** Waits until the kernel has notified of whatever happened so far. */
  private void notified() throws Exception {
    int before = others.get();
    Shell.run("nft add table inet foreign");
    Awaitility.await().until(() -> others.get() > before);
    Shell.run("nft delete table inet foreign");
    Awaitility.await().until(() -> others.get() > before + 1);
  }

  @Test
  void theFirstWriteIsOneRunAndAListingOfEachTable() throws Exception {
    assertThat(tables.read()).isEmpty();
    replace(RULES);

    assertThat(runs()).startsWith("-f -").hasSize(7).contains(LIST_ALL);
    notified();
    assertThat(tables.read()).contains(MasqueradeRules.of(RULES));
    assertThat(runs()).containsExactlyInAnyOrder(LIST_ALL);
    assertThat(tables.read()).contains(MasqueradeRules.of(RULES));
    assertThat(runs()).isEmpty();
  }

  @Test
  void aTableOfAnAgentBeforeIsAlteredAndNotListed() throws Exception {
    settle();
    NftTables next = new NftTables(new NftProgram("/nowhere", Duration.ofSeconds(1)), netfilter);

    assertThat(next.read()).contains(MasqueradeRules.ALTERED);
  }

  @Test
  void aChangeOfAForeignTableListsNothing() throws Exception {
    settle();
    int before = ours.get();

    Shell.run("nft add table inet weft-other");
    Shell.run("nft add table ip weft");
    Shell.run("nft add chain ip weft prerouting");
    notified();

    assertThat(ours.get()).isEqualTo(before);
    assertThat(tables.read()).contains(MasqueradeRules.of(RULES));
    assertThat(runs()).isEmpty();
  }

  @Test
  void aTableThatChangedIsListedAndWrittenAlone() throws Exception {
    settle();
    String untouched = Shell.run("nft -a list table bridge weft");

    Shell.run("nft flush chain inet weft_icmp_redirect output");
    notified();
    assertThat(tables.read()).contains(MasqueradeRules.ALTERED);
    assertThat(runs()).containsExactly(LIST_ICMP_REDIRECT);

    replace(RULES);
    assertThat(runs()).containsExactly("-f -", LIST_ICMP_REDIRECT);
    assertThat(Shell.run("nft -a list table bridge weft")).isEqualTo(untouched);
    notified();
    assertThat(tables.read()).contains(MasqueradeRules.of(RULES));
  }

  @Test
  void anotherPoolWritesMasqueradeOnly() throws Exception {
    settle();
    Masquerade wider = rules("10.0.0.0/8");

    replace(wider);
    assertThat(runs()).containsExactly("-f -", LIST_MASQUERADE);
    notified();
    assertThat(tables.read()).contains(MasqueradeRules.of(wider));
    assertThat(Shell.run("nft list set inet weft_masquerade pools4")).contains("10.0.0.0/8");
  }

  @Test
  void aTableThatIsRefusedCostsItselfOnly() throws Exception {
    Shell.run(
        List.of("nft", "-f", "-"),
        "table inet weft_masquerade {\n set pools4 {\n type ipv6_addr\n }\n}\n");

    assertThatThrownBy(() -> replace(RULES))
        .isInstanceOf(DataplaneException.class)
        .hasMessageContaining("write nftables table inet weft_masquerade: ")
        .hasMessageNotContaining("weft_hostports");
    assertThat(Shell.run("nft list tables"))
        .contains("bridge weft", "arp weft", "inet weft_icmp_redirect", "inet weft_hostports");
    notified();
    assertThat(tables.read()).contains(MasqueradeRules.ALTERED);
    runs();

    assertThatThrownBy(() -> replace(RULES)).hasMessageContaining("weft_masquerade");
    assertThat(runs()).containsExactly("-f -");

    Shell.run("nft delete table inet weft_masquerade");
    notified();
    replace(RULES);
    notified();
    assertThat(tables.read()).contains(MasqueradeRules.of(RULES));
  }

  @Test
  void whatAnotherVersionMasqueradesByStaysWhileOursIsRefused() throws Exception {
    Shell.run(
        List.of("nft", "-f", "-"),
        """
        table inet weft {
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr 10.244.0.0/16 masquerade
          }
        }
        table inet weft_masquerade {
          set pools4 {
            type ipv6_addr
          }
        }
        """);

    assertThatThrownBy(() -> replace(RULES)).hasMessageContaining("weft_masquerade");
    assertThat(Shell.run("nft list table inet weft")).contains("ip saddr 10.244.0.0/16 masquerade");

    Shell.run("nft delete table inet weft_masquerade");
    notified();
    replace(RULES);
    assertThat(Shell.run("nft list table inet weft")).doesNotContain("postrouting");
  }

  @Test
  void removingLeavesNothing() throws Exception {
    settle();

    tables.remove();

    assertThat(Shell.run("nft list ruleset")).isEmpty();
    notified();
    assertThat(tables.read()).isEqualTo(Optional.empty());
  }
}
