// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import org.junit.jupiter.api.Tag;

@Tag("kernel")
class KernelDataplaneKernelTest extends DataplaneContract {
  @Override
  World newWorld() throws Exception {
    return new KernelWorld();
  }
}
