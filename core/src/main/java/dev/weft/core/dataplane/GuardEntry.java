// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;

/**
 * An element of the guard's sets: a port may send from this MAC and this address.
 *
 * @param port name of the host end
 * @param mac the pod's MAC
 * @param address one of the pod's addresses
 */
public record GuardEntry(String port, MacAddress mac, IpAddress address) {}
