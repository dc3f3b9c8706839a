// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.Rules;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RememberedViewTest {
  @TempDir Path folder;

  @Test
  void a_new_agent_knows_the_blocks_rules_and_addresses_of_the_last_one() {
    Path file = folder.resolve("blocks.json");
    OwnBlock four = OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of(Cidr.parse("10.244.1.8/29")));
    OwnBlock six =
        OwnBlock.of(Cidr.parse("fd00:1::/64"), List.of()).with(BlockState.RELEASING, "released");
    Rules rules =
        new Rules(
            Set.of(Cidr.parse("10.244.0.0/16")),
            Set.of(Cidr.parse("10.244.0.0/16"), Cidr.parse("fd00::/48")));
    ClusterView view =
        new ClusterView(
            true,
            List.of(four, six),
            Peers.UNKNOWN,
            Optional.of(rules),
            List.of(IpAddress.parse("192.168.1.11")));

    new RememberedView(file).save(view);

    ClusterView loaded = new RememberedView(file).load();
    assertThat(loaded.listed()).isFalse();
    assertThat(loaded.blocks()).containsExactly(four, six);
    assertThat(loaded.rules()).contains(rules);
    assertThat(loaded.nodeAddresses()).isEqualTo(view.nodeAddresses());
  }

  @Test
  void nothing_is_known_without_a_file_or_with_a_broken_one() throws Exception {
    Path file = folder.resolve("blocks.json");
    assertThat(new RememberedView(file).load()).isEqualTo(ClusterView.UNKNOWN);
    Files.writeString(file, "{\"blocks\":[{\"cidr\":\"10.2");
    assertThat(new RememberedView(file).load()).isEqualTo(ClusterView.UNKNOWN);
  }

  @Test
  void what_did_not_come_from_the_api_server_is_not_remembered() {
    Path file = folder.resolve("blocks.json");
    new RememberedView(file).save(ClusterView.UNKNOWN);
    assertThat(file).doesNotExist();
  }
}
