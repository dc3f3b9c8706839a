// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/** A block of addresses and the node that owns it; named after its CIDR. */
@Group("weft.dev")
@Version("v1alpha1")
public class IPAllocation extends CustomResource<IPAllocationSpec, IPAllocationStatus> {
  @Override
  protected IPAllocationSpec initSpec() {
    return null;
  }

  @Override
  protected IPAllocationStatus initStatus() {
    return null;
  }
}
