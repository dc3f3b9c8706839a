// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/**
 * Why something is not programmed.
 *
 * @param reason as a condition's: CamelCase, a {@link BlockState}'s or one of the constants here
 * @param message a text that names the objects
 */
public record Blocker(String reason, String message) {
  /** A route that is not ours holds the prefix, or a part of an own block. */
  public static final String FOREIGN_ROUTE = BlockState.FOREIGN_ROUTE.reason();

  /** A network that the node is connected to overlaps the block. */
  public static final String NODE_NETWORK = BlockState.NODE_NETWORK.reason();

  /** What the node forwards is dropped unless a rule accepts it. */
  public static final String FORWARD_DROP = "ForwardPolicyDrop";

  /** The other node's agent has not reported an address of the block's family. */
  public static final String NO_ENDPOINT = "NoEndpoint";

  /** The other node's address is on no network that this node is connected to. */
  public static final String NEXT_HOP_NOT_ON_LINK = "NextHopNotOnLink";

  /** Neither of this node's InternalIPs is of a family that the other node has one of. */
  public static final String NO_COMMON_FAMILY = "NoCommonFamily";

  /** The other node's agent has not reported a VXLAN device. */
  public static final String NO_TUNNEL = "NoTunnel";

  /** What the other node's agent reports of it cannot be used. */
  public static final String ENDPOINT_REFUSED = "EndpointRefused";

  /** The VXLAN device that the other node's agent reports is not that node's. */
  public static final String TUNNEL_REFUSED = "TunnelRefused";

  /** Another node's agent reports the same address. */
  public static final String ENDPOINT_SHARED = "EndpointShared";

  /** Pods were made with a larger MTU than new ones get. */
  public static final String PODS_OF_LARGER_MTU = "PodsOfLargerMtu";

  /** The link that tunnels are sent by drops what it would not send back the same way. */
  public static final String STRICT_REVERSE_PATH = "StrictReversePath";

  /** The link that tunnels are sent by passes no packet that is long enough. */
  public static final String MTU_TOO_SMALL = BlockState.MTU_TOO_SMALL.reason();

  /** Another node answers at its own address, and what is from pods' addresses does not arrive. */
  public static final String DIRECT_BLOCKED = "DirectBlocked";

  /** Another node answers at its own address, and the tunnel to it passes nothing. */
  public static final String TUNNEL_BLOCKED = "TunnelBlocked";

  /** The block claims to be reached by this node's own address. */
  public static final String NEXT_HOP_IS_THIS_NODE = "NextHopIsThisNode";

  /** The block overlaps an older one. */
  public static final String OVERLAPPING = BlockState.OVERLAPPING.reason();

  /** The API server's CRDs are older than the agent. */
  public static final String SCHEMA_OUTDATED = "SchemaOutdated";

  /** The block is being released. */
  public static final String RELEASING = BlockState.RELEASING.reason();

  /** The block lies outside its IPPool's range in force. */
  public static final String NOT_IN_POOL = BlockState.NOT_IN_POOL.reason();
}
