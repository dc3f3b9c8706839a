// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;

/**
 * An address that was allocated to a pod.
 *
 * @param address the address
 * @param gateway its block's gateway, with the block's prefix length
 */
public record AllocatedAddress(IpAddress address, InterfaceAddress gateway) {}
