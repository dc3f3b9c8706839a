// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.util.Locale;

/** How a sandbox's nodes are connected. */
public enum Topology {
  /** All on one LAN. */
  FLAT,
  /**
   * node3 and every later one on a second LAN, behind a router that has no route to any pod and
   * drops what comes from no host of the two.
   */
  ROUTED;

  /** As an option has it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
