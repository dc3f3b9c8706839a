// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;

/** An address that a pod requests. */
final class RequestedAddress {
  private RequestedAddress() {}

  /**
   * Reads it. A prefix length may follow, and is ignored: a pod has its block's.
   *
   * @throws IllegalArgumentException if the text is no address
   */
  static IpAddress parse(String text) {
    return text.indexOf('/') < 0 ? IpAddress.parse(text) : InterfaceAddress.parse(text).address();
  }
}
