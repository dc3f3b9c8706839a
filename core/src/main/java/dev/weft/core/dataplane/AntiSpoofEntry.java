// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;

/**
 * An element of the anti-spoofing filter's sets: what comes in by a host veth may have this source
 * MAC and this source address.
 *
 * @param hostVeth name of the host end of the pod's veth
 * @param mac the pod's MAC
 * @param address one of the pod's addresses
 */
public record AntiSpoofEntry(String hostVeth, MacAddress mac, IpAddress address) {}
