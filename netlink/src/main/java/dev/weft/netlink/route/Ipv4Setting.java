// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

/** A setting of {@code /proc/sys/net/ipv4/conf/DEVICE} (linux/ip.h, IPV4_DEVCONF_*). */
public enum Ipv4Setting {
  /** Whether packets that arrive on the device are forwarded. */
  FORWARDING(1),
  /** Whether ARP requests for others are answered. */
  PROXY_ARP(3),
  /** Whether ICMP redirects are obeyed. */
  ACCEPT_REDIRECTS(4),
  /** Whether ICMP redirects are sent. */
  SEND_REDIRECTS(6),
  /** Reverse path filter: 0 none, 1 strict, 2 loose. */
  RP_FILTER(8),
  /** Whether packets to 127.0.0.0/8 may use the device. */
  ROUTE_LOCALNET(26);

  private final int number;

  Ipv4Setting(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
