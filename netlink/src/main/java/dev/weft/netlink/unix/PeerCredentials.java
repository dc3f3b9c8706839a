// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.unix;

/**
 * Who connected (SO_PEERCRED, unix(7)).
 *
 * @param pid its process, 0 where it is in a PID namespace that this process does not see
 * @param uid its user
 * @param gid its group
 */
public record PeerCredentials(int pid, int uid, int gid) {}
