// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What this node's agent knows of the cluster at one moment.
 *
 * @param listed whether a first list came from the API server; before that the blocks and rules are
 *     those remembered from an earlier run
 * @param blocks of this node, in the order of their addresses
 * @param peers the other nodes' blocks
 * @param masquerade what is masqueraded; empty where that is not known yet
 * @param pending families that this node may yet get a first block of: a pod that came now would
 *     never have an address of them
 * @param nodeAddresses this node's InternalIPs; empty while they are not known
 * @param nodeUid the UID of this node's Node; empty where there is none, or it is not known
 * @param tunnelUid the UID that the MAC address of this node's VXLAN devices is derived from: that
 *     of an earlier Node while a block has it, for other nodes compare the two; empty where it is
 *     not known
 */
public record ClusterView(
    boolean listed,
    List<OwnBlock> blocks,
    Peers peers,
    Optional<Masquerade> masquerade,
    Set<Family> pending,
    List<IpAddress> nodeAddresses,
    String nodeUid,
    String tunnelUid) {
  /** Before the first list, with nothing remembered. */
  public static final ClusterView UNKNOWN =
      new ClusterView(false, List.of(), Peers.UNKNOWN, Optional.empty(), Set.of(), List.of(), "");

  public ClusterView {
    blocks = List.copyOf(blocks);
    pending = Set.copyOf(pending);
    nodeAddresses = List.copyOf(nodeAddresses);
  }

  /** A view in which every block has the Node's UID. */
  public ClusterView(
      boolean listed,
      List<OwnBlock> blocks,
      Peers peers,
      Optional<Masquerade> masquerade,
      Set<Family> pending,
      List<IpAddress> nodeAddresses,
      String nodeUid) {
    this(listed, blocks, peers, masquerade, pending, nodeAddresses, nodeUid, nodeUid);
  }

  /** A view in which no family is pending, of a Node whose UID is not known. */
  public ClusterView(
      boolean listed,
      List<OwnBlock> blocks,
      Peers peers,
      Optional<Masquerade> masquerade,
      List<IpAddress> nodeAddresses) {
    this(listed, blocks, peers, masquerade, Set.of(), nodeAddresses, "");
  }
}
