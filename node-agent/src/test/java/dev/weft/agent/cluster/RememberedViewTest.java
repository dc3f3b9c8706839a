// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressAllocator;
import dev.weft.core.node.AddressException;
import dev.weft.core.node.AddressRequest;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RememberedViewTest {
  private static final NodeIdentity THIS = new NodeIdentity("boot1", "node1", "uid1");

  private static final OwnBlock BLOCK = OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of());
  private static final OwnBlock SECOND = OwnBlock.of(Cidr.parse("10.244.2.0/24"), List.of());

  @TempDir Path folder;

  @Test
  void a_new_agent_knows_the_blocks_rules_and_addresses_of_the_last_one() {
    OwnBlock four =
        OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of(Cidr.parse("10.244.1.8/29")))
            .inPool("main");
    OwnBlock six =
        OwnBlock.of(Cidr.parse("fd00:1::/64"), List.of()).with(BlockState.RELEASING, "released");
    Masquerade rules =
        new Masquerade(
            Set.of(Cidr.parse("10.244.0.0/16")),
            Set.of(Cidr.parse("10.244.0.0/16"), Cidr.parse("fd00::/48")));
    ClusterView view =
        new ClusterView(
            true,
            List.of(four, six),
            Peers.UNKNOWN,
            Optional.of(rules),
            Set.of(),
            List.of(IpAddress.parse("192.168.1.11")),
            THIS.nodeUid());

    memory(THIS).save(view);

    ClusterView loaded = memory(THIS).load();
    assertThat(loaded.listed()).isFalse();
    assertThat(loaded.blocks()).containsExactly(four, six);
    assertThat(loaded.masquerade()).contains(rules);
    assertThat(loaded.nodeAddresses()).isEqualTo(view.nodeAddresses());
  }

  @Test
  void nothing_is_known_without_a_file_or_with_a_broken_one() throws Exception {
    assertThat(memory(THIS).load()).isEqualTo(ClusterView.UNKNOWN);
    Files.writeString(file(), "{\"blocks\":[{\"cidr\":\"10.2");
    assertThat(memory(THIS).load()).isEqualTo(ClusterView.UNKNOWN);
  }

  @Test
  void what_did_not_come_from_the_api_server_is_not_remembered() {
    memory(THIS).save(ClusterView.UNKNOWN);
    assertThat(file()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "boot2,node1,uid1", // after a reboot
    "boot1,node2,uid1", // of another name
    "'',node1,uid1",
  })
  void what_is_anothers_or_may_be_is_not_remembered(String boot, String name, String uid) {
    memory(THIS).save(view(THIS.nodeUid()));
    assertThat(memory(THIS).load().blocks()).hasSize(1);

    assertThat(memory(new NodeIdentity(boot, name, uid)).load()).isEqualTo(ClusterView.UNKNOWN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"uid2", ""}) // in another cluster, or registered anew; nobody tells
  void what_this_machine_had_as_another_node_is_remembered_and_not_allocated(String uid) {
    OwnBlock released = SECOND.with(BlockState.RELEASING, "released");
    memory(THIS).save(view(THIS.nodeUid(), BLOCK, released));

    ClusterView loaded = memory(THIS.withUid(uid)).load();
    assertThat(loaded.masquerade()).isEmpty();
    assertThat(loaded.pending())
        .as("what the API server is to say first")
        .containsOnly(Family.IPV4);
    assertThat(loaded.blocks())
        .extracting(OwnBlock::cidr, OwnBlock::state)
        .containsExactly(
            tuple(BLOCK.cidr(), BlockState.DRAINING), tuple(SECOND.cidr(), BlockState.RELEASING));
    AddressAllocator allocator = new AddressAllocator();
    allocator.setBlocks(loaded.blocks());
    assertThatThrownBy(() -> allocator.allocate(AddressRequest.of(Optional.empty(), List.of())))
        .isInstanceOf(AddressException.class)
        .hasMessageContaining("remembered of Node node1 of UID uid1");
  }

  @Test
  void what_is_remembered_is_true_for_the_node_that_the_api_server_told_of() {
    memory(THIS).save(view("uid-made-anew"));

    assertThat(memory(THIS).load().blocks())
        .extracting(OwnBlock::state)
        .containsExactly(BlockState.DRAINING);
    assertThat(memory(THIS.withUid("uid-made-anew")).load().blocks()).containsExactly(BLOCK);
  }

  @Test
  void a_file_that_says_nothing_of_whose_it_is_counts_for_nothing() throws Exception {
    Files.writeString(file(), "{\"blocks\":[{\"cidr\":\"10.244.1.0/24\",\"state\":\"ACTIVE\"}]}");
    assertThat(memory(THIS).load()).isEqualTo(ClusterView.UNKNOWN);
    assertThat(memory(new NodeIdentity("", "", "")).load()).isEqualTo(ClusterView.UNKNOWN);
  }

  @Test
  void a_write_that_failed_is_told_and_made_with_the_next_run_though_nothing_has_changed()
      throws Exception {
    Path notThere = folder.resolve("later/blocks.json");
    RememberedView memory = new RememberedView(notThere, THIS);
    memory.save(view(THIS.nodeUid()));
    assertThat(memory.trouble().orElseThrow()).contains(notThere.toString(), "NoSuchFile");

    Files.createDirectory(notThere.getParent());
    memory.save(view(THIS.nodeUid()));
    assertThat(memory.trouble()).isEmpty();

    Path temporary = notThere.resolveSibling("blocks.json.new");
    Files.createDirectory(temporary);
    memory.save(view("made-anew"));
    assertThat(memory.trouble()).isPresent();
    memory.save(view(THIS.nodeUid()));
    assertThat(memory.trouble()).as("the file says what is known again").isEmpty();
    assertThat(new RememberedView(notThere, THIS).load().blocks()).hasSize(1);
  }

  @Test
  void a_block_that_was_withheld_is_withheld_by_the_next_agent_before_any_list() throws Exception {
    OwnBlock draining = BLOCK.with(BlockState.DRAINING, "it is Draining");
    memory(THIS).save(view(THIS.nodeUid(), draining));

    ClusterView loaded = memory(THIS).load();
    assertThat(loaded.blocks()).containsExactly(draining);
    AddressAllocator allocator = new AddressAllocator();
    allocator.setBlocks(loaded.blocks());
    assertThatThrownBy(() -> allocator.allocate(AddressRequest.of(Optional.empty(), List.of())))
        .isInstanceOf(AddressException.class)
        .hasMessageContaining("it is Draining");
  }

  @ParameterizedTest
  @EnumSource(BlockState.class)
  void every_state_is_remembered(BlockState state) {
    memory(THIS).save(view(THIS.nodeUid(), BLOCK.with(state, "why")));

    assertThat(memory(THIS).load().blocks()).containsExactly(BLOCK.with(state, "why"));
  }

  @Test
  void a_block_that_version_0_1_wrote_as_disabled_gives_addresses() throws Exception {
    memory(THIS).save(view(THIS.nodeUid()));
    Files.writeString(file(), Files.readString(file()).replace("ACTIVE", "DISABLED"));

    assertThat(memory(THIS).load().blocks()).containsExactly(BLOCK);
  }

  @Test
  void a_state_of_a_later_version_is_not_guessed() throws Exception {
    memory(THIS).save(view(THIS.nodeUid()));
    Files.writeString(file(), Files.readString(file()).replace("ACTIVE", "OF_LATER"));

    assertThat(memory(THIS).load()).isEqualTo(ClusterView.UNKNOWN);
  }

  private Path file() {
    return folder.resolve("blocks.json");
  }

  private RememberedView memory(NodeIdentity identity) {
    return new RememberedView(file(), identity);
  }

  private static ClusterView view(String nodeUid) {
    return view(nodeUid, BLOCK);
  }

  private static ClusterView view(String nodeUid, OwnBlock... blocks) {
    return new ClusterView(
        true, List.of(blocks), Peers.UNKNOWN, Optional.empty(), Set.of(), List.of(), nodeUid);
  }
}
