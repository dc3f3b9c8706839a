// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import dev.weft.core.net.Family;

class Ipv4SystemTest extends ReachabilityContract {
  Ipv4SystemTest() {
    super(Family.IPV4);
  }
}
