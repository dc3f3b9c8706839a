// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/** A kube-apiserver, where there is one; it forgets old versions fast. */
class RealApiServerTest extends ApiServerContract {
  RealApiServerTest() {
    super(LiveApi.real("--etcd-compaction-interval=2s"));
  }
}
