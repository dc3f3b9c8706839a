// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import dev.weft.sandbox.SandboxOptions;
import org.junit.jupiter.api.Tag;

/** The same on a kube-apiserver. */
@Tag("system-long")
class RealApiTunnelsSystemTest extends TunnelsContract {
  @Override
  SandboxOptions options(String name) {
    return RealApi.of(super.options(name + "-real"));
  }
}
