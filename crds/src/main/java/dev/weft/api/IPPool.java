// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/** A range of addresses that pods draw from. */
@Group("weft.dev")
@Version("v1alpha1")
public class IPPool extends CustomResource<IPPoolSpec, IPPoolStatus> {
  @Override
  protected IPPoolSpec initSpec() {
    return null;
  }

  @Override
  protected IPPoolStatus initStatus() {
    return null;
  }
}
