// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.util.List;
import java.util.Optional;

/**
 * One pod interface that we made, and whom it serves: exactly what the alias of its host veth
 * holds.
 *
 * @param network the CNI network's name, {@code weft} unless the conflist has another
 * @param key whose it is
 * @param addresses one of each family it has, IPv4 first; never empty
 * @param pod the pod, where the runtime named it
 */
public record Attachment(
    String network, AttachmentKey key, List<IpAddress> addresses, Optional<PodName> pod) {
  /** The first octet of every host veth's MAC: a pod's is 0a. */
  private static final int HOST_VETH_FIRST_OCTET = 0x0e;

  /** Refuses an attachment without an address. */
  public Attachment {
    addresses =
        addresses.size() == 1 ? List.copyOf(addresses) : addresses.stream().sorted().toList();
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("attachment " + key + " has no address");
    }
  }

  /** The name of the host veth. */
  public String hostVeth() {
    return key.hostVeth();
  }

  /** The MAC of the pod's end, derived from its first address. */
  public MacAddress mac() {
    return MacAddress.derivedFrom(addresses.get(0));
  }

  /** The MAC of the host veth: the pod's with the first octet of host veths. */
  public MacAddress hostVethMac() {
    long others = mac().value() & 0xff_ffff_ffffL;
    return new MacAddress((long) HOST_VETH_FIRST_OCTET << 40 | others);
  }

  /** Whether a link has a MAC as only {@link #hostVethMac} makes it. */
  public static boolean isHostVethMac(MacAddress mac) {
    return mac.value() >>> 40 == HOST_VETH_FIRST_OCTET;
  }
}
