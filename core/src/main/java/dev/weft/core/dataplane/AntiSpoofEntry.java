// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import java.util.ArrayList;
import java.util.List;

/**
 * An element of the anti-spoofing filter's sets: by a host veth may come what is from this MAC and
 * this address.
 *
 * @param hostVeth name of the host end
 * @param mac the pod's MAC
 * @param address one of the pod's addresses
 */
public record AntiSpoofEntry(String hostVeth, MacAddress mac, IpAddress address) {
  /** The elements of both families' sets. */
  public static final Kind<AntiSpoofEntry> KIND =
      Kind.<AntiSpoofEntry>of("anti-spoofing entry", 31, entry -> entry)
          .inFlight(
              (entry, calls) ->
                  calls.hostVeths().contains(entry.hostVeth)
                      || calls.addresses().contains(entry.address))
          .build();

  @Override
  public String toString() {
    return address + " lladdr " + mac + " dev " + hostVeth;
  }

  /** What a pod may send from: one entry for each of its addresses. */
  public static List<AntiSpoofEntry> of(Attachment attachment) {
    List<AntiSpoofEntry> entries = new ArrayList<>(2);
    for (IpAddress address : attachment.addresses()) {
      entries.add(new AntiSpoofEntry(attachment.hostVeth(), attachment.mac(), address));
    }
    return entries;
  }
}
