// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.core.net.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The network that the nodes share: 192.168.1.0/24 and fd00:1::/64 on a bridge in the sandbox's own
 * network namespace, which nothing leaves. Host 10 is that namespace itself, with API server and
 * operator; node N is host 10 + N.
 *
 * @param families which of the two there are
 */
record Lan(Set<Family> families) {
  /** The bridge's name. */
  static final String BRIDGE = "lan";

  private static final int OWN_HOST = 10;

  /** One address of a node or of the LAN's own host, without its prefix length. */
  List<String> addresses(int node) {
    List<String> addresses = new ArrayList<>();
    if (families.contains(Family.IPV4)) {
      addresses.add("192.168.1." + (OWN_HOST + node));
    }
    if (families.contains(Family.IPV6)) {
      addresses.add("fd00:1::" + (OWN_HOST + node));
    }
    return addresses;
  }

  /** The LAN's own host, in the first family. */
  String ownAddress() {
    return addresses(0).get(0);
  }

  /** Makes the bridge, in the namespace this process is in. */
  void create() {
    Commands.must("ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0");
    Commands.must("ip", "link", "set", BRIDGE, "up");
    batch("", addressLines(0, BRIDGE));
  }

  /**
   * Connects a node: its {@code eth0} and the bridge's port of the node's name.
   *
   * @param pid a process in the node's network namespace
   */
  void connect(String name, int node, long pid) {
    List<String> outside = new ArrayList<>();
    outside.add("link add " + name + " type veth peer name eth0 netns " + pid);
    outside.add("link set " + name + " master " + BRIDGE + " up");
    batch("", outside);
    List<String> inside = new ArrayList<>();
    inside.add("link set eth0 up");
    inside.addAll(addressLines(node, "eth0"));
    addresses(0).forEach(gateway -> inside.add("route add default via " + gateway));
    batch("/proc/" + pid + "/ns/net", inside);
  }

  private List<String> addressLines(int host, String device) {
    return addresses(host).stream()
        .map(
            address ->
                address.contains(":")
                    ? "address add " + address + "/64 dev " + device + " nodad"
                    : "address add " + address + "/24 dev " + device)
        .toList();
  }

  private static void batch(String namespace, List<String> lines) {
    List<String> command = new ArrayList<>();
    if (!namespace.isEmpty()) {
      command.addAll(List.of("nsenter", "--net=" + namespace));
    }
    command.addAll(List.of("ip", "-batch", "-"));
    Commands.run(command, java.util.Map.of(), String.join("\n", lines) + "\n").orThrow();
  }
}
