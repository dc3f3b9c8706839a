// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.path;

import dev.weft.core.net.IpAddress;
import java.io.IOException;

/** Sends datagrams to a UDP port that nobody listens on. */
@FunctionalInterface
interface Datagrams {
  /**
   * Sends one, and waits for the answer that the port is closed.
   *
   * @param from an address of this node
   * @param packetBytes the least length of the IP packet; 0: as short as can be. It may not be
   *     fragmented: the kernel learns what the path passes
   * @return whether an answer came in time
   * @throws IOException if it was not sent
   */
  boolean isAnswered(IpAddress from, IpAddress to, int packetBytes) throws IOException;
}
