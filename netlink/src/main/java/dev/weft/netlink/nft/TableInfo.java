// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

/**
 * A table as the kernel has it.
 *
 * @param name its own
 * @param handle its number: another table of its name and family has another
 * @param dormant whether its chains see no packets
 */
public record TableInfo(String name, long handle, boolean dormant) {}
