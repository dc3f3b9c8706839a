// SPDX-License-Identifier: Apache-2.0
/**
 * Talking to the kernel by netlink (rfc3549, netlink(7)). {@link dev.weft.netlink.NetlinkSocket}
 * carries requests and queries, which are values: those of rtnetlink lie in {@code route}, those of
 * nftables' sets in {@code nft}. {@code codec} reads and writes the bytes, {@code libc} makes the
 * system calls (the one package that knows JNR), {@code unix} receives descriptors.
 */
package dev.weft.netlink;
