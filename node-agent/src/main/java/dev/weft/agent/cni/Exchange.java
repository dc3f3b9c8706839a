// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.PodNamespace;
import java.io.IOException;
import java.util.Optional;

/** One call of the plugin, from its request to the answer. */
interface Exchange {
  CniRequest request();

  /** The pod's namespace, where the plugin passed it. */
  Optional<PodNamespace> pod();

  /**
   * Has the plugin switch IPv6 on in the pod.
   *
   * @return 0, or the errno of what failed
   * @throws IOException if the plugin does not answer
   */
  int enableIpv6(String ifName) throws IOException;

  /**
   * Answers the call, once; the pod's descriptors are closed before.
   *
   * @throws IOException if nobody reads the answer any more
   */
  void answer(Answer answer) throws IOException;
}
