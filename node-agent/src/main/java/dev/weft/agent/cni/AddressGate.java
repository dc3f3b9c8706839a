// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.PodName;
import java.util.List;

/** What network policies have to do with a pod's addresses before its link is up. */
@FunctionalInterface
public interface AddressGate {
  /** Without policies. */
  AddressGate OPEN = (pod, uid, addresses) -> {};

  /**
   * Has the kernel decide on what comes to and from a pod's addresses.
   *
   * @param uid of the pod, as the runtime passed it; empty where it did not
   * @throws DataplaneException if the kernel refuses: the link must not come up
   */
  void admit(PodName pod, String uid, List<IpAddress> addresses) throws DataplaneException;
}
