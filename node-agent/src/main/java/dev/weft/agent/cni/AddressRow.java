// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressStatus;
import dev.weft.core.node.Attachment;
import java.util.Optional;

/**
 * A line of the node's list of addresses.
 *
 * @param address the address
 * @param status where it is in its life
 * @param attachment whose it is; empty where it is free
 */
public record AddressRow(
    IpAddress address, AddressStatus status, Optional<Attachment> attachment) {}
