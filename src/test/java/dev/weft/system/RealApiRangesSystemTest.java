// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import dev.weft.sandbox.SandboxOptions;

/** The same on a kube-apiserver. */
class RealApiRangesSystemTest extends RangesContract {
  @Override
  SandboxOptions options(String name) {
    return RealApi.of(super.options(name + "-real"));
  }
}
