// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.net.IpAddress;
import java.time.Duration;

/**
 * Which addresses that pods have no longer cool down before others get them. Never blocks: it is
 * called under the lock of the attachments.
 */
public interface Cooldown {
  /** None does. */
  Cooldown NONE =
      new Cooldown() {
        @Override
        public boolean isInForce() {
          return false;
        }

        @Override
        public boolean isKnown(IpAddress address) {
          return false;
        }
      };

  /**
   * For how long an address cools down while others are free: other nodes may take it for its
   * former pod's.
   */
  Duration TIME = Duration.ofSeconds(30);

  /** Whether rules of this node or another may name addresses of pods. */
  boolean isInForce();

  /** Whether the kernel has a rule about the address: until then nobody gets it. */
  boolean isKnown(IpAddress address);
}
