// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/** A kube-apiserver's checks, where there is one. */
class RealCrdRulesTest extends CrdRulesContract {
  RealCrdRulesTest() {
    super(LiveApi.real());
  }
}
