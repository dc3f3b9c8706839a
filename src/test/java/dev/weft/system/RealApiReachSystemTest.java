// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import dev.weft.core.net.Family;
import dev.weft.sandbox.SandboxOptions;

/** The same on a kube-apiserver. */
class RealApiReachSystemTest extends ReachabilityContract {
  RealApiReachSystemTest() {
    super(Family.IPV4, Family.IPV6);
  }

  @Override
  SandboxOptions options(String name) {
    return RealApi.of(super.options(name + "-real"));
  }
}
