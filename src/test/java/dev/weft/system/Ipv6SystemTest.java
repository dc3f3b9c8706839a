// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import dev.weft.core.net.Family;

class Ipv6SystemTest extends ReachabilityContract {
  Ipv6SystemTest() {
    super(Family.IPV6);
  }
}
