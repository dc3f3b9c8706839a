// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/**
 * How packets to a pool's blocks cross between nodes, from the least to the most strict. A path
 * follows the strictest of the pools that either of its nodes has blocks of, so that both choose
 * the same.
 */
public enum Routing {
  /** By a route to the other node's address, which must be on the link. */
  DIRECT,
  /** Directly where each node is on the other's link, else through a tunnel. */
  AUTO,
  /** Always through a tunnel. */
  VXLAN;

  /** The stricter of two. */
  public Routing stricter(Routing other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
