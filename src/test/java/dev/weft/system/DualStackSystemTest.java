// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import dev.weft.core.net.Family;

class DualStackSystemTest extends ReachabilityContract {
  DualStackSystemTest() {
    super(Family.IPV4, Family.IPV6);
  }
}
