// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;

/**
 * A permanent neighbour entry on the bridge.
 *
 * @param address a pod's address
 * @param mac the pod's MAC
 */
public record Neighbour(IpAddress address, MacAddress mac) {}
