// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.util.List;
import java.util.Optional;

/**
 * One pod interface that we made, and whom it serves: exactly what the alias of its host end says.
 *
 * @param network the CNI network's name, {@code weft} unless the conflist says otherwise
 * @param key whose it is
 * @param addresses one of each family it has, IPv4 first; never empty
 * @param pod the pod, where the runtime told us
 */
public record Attachment(
    String network, AttachmentKey key, List<IpAddress> addresses, Optional<PodName> pod) {
  /** Refuses an attachment without an address. */
  public Attachment {
    addresses =
        addresses.size() == 1 ? List.copyOf(addresses) : addresses.stream().sorted().toList();
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("attachment " + key + " has no address");
    }
  }

  /** The name of the veth's host end. */
  public String portName() {
    return key.portName();
  }

  /** The MAC of the pod's end, derived from its first address. */
  public MacAddress mac() {
    return MacAddress.derivedFrom(addresses.get(0));
  }

  /**
   * The MAC of the host end: the pod's with another bit of the first octet set, so that it is
   * unlike every pod's and the bridge's.
   */
  public MacAddress portMac() {
    return new MacAddress(mac().value() ^ 0x040000000000L);
  }
}
