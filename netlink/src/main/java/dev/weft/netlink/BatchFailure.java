// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

/**
 * A request of a batch that failed.
 *
 * @param index its place in the batch, from 0
 * @param error why
 */
public record BatchFailure(int index, NetlinkException error) {}
