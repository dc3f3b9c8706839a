// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.core.net.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The network that the nodes share: 192.168.1.0/24 and fd00:1::/64 on a bridge in the sandbox's own
 * network namespace, which nothing leaves; where it is routed also 192.168.2.0/24 and fd00:2::/64
 * on another. Host 10 of each is that namespace itself, the router, with API server and operator;
 * node N is host 10 + N.
 *
 * @param families which of the two there are
 * @param topology how nodes are connected
 * @param mtuBytes the longest packet of each node's link
 */
record Lan(Set<Family> families, Topology topology, int mtuBytes) {
  /** The bridge's name; the second one's has a 2 behind it. */
  static final String BRIDGE = "lan";

  private static final int OWN_HOST = 10;
  private static final int FIRST_BEHIND_ROUTER = 3;

  private static final String ROUTER =
      """
      table inet router {
        chain forward {
          type filter hook forward priority filter; policy accept;
          # What a bridge passes from port to port may come by here too.
          iifname . oifname != { "lan" . "lan2", "lan2" . "lan" } accept
          ip saddr != { 192.168.1.0/24, 192.168.2.0/24 } counter drop
          ip6 saddr != { fd00:1::/64, fd00:2::/64, fe80::/10 } counter drop
        }
      }
      """;

  /** The addresses of a node or of the first LAN's own host, without prefix lengths. */
  List<String> addresses(int node) {
    return addresses(lanOf(node), node);
  }

  private int lanOf(int node) {
    return topology == Topology.ROUTED && node >= FIRST_BEHIND_ROUTER ? 2 : 1;
  }

  private List<String> addresses(int lan, int host) {
    List<String> addresses = new ArrayList<>();
    if (families.contains(Family.IPV4)) {
      addresses.add("192.168.%d.%d".formatted(lan, OWN_HOST + host));
    }
    if (families.contains(Family.IPV6)) {
      addresses.add("fd00:%d::%d".formatted(lan, OWN_HOST + host));
    }
    return addresses;
  }

  private static String bridge(int lan) {
    return lan == 1 ? BRIDGE : BRIDGE + lan;
  }

  /** The LAN's own host, in the first family. */
  String ownAddress() {
    return addresses(0).get(0);
  }

  /** Makes the bridges and the router, in the namespace this process is in. */
  void create() {
    createBridge(1);
    if (topology == Topology.ROUTED) {
      createBridge(2);
      for (String setting : List.of("ipv4/ip_forward", "ipv6/conf/all/forwarding")) {
        Path file = Path.of("/proc/sys/net").resolve(setting);
        if (Files.exists(file)) {
          write(file);
        }
      }
      Commands.run(List.of("nft", "-f", "-"), Map.of(), ROUTER).orThrow();
    }
  }

  private static void write(Path setting) {
    try {
      Files.writeString(setting, "1");
    } catch (IOException e) {
      throw new SandboxException("write " + setting + ": " + e.getMessage(), e);
    }
  }

  private void createBridge(int lan) {
    String name = bridge(lan);
    Commands.must("ip", "link", "add", name, "type", "bridge", "forward_delay", "0");
    Commands.must("ip", "link", "set", name, "up");
    batch("", addressLines(lan, 0, name));
  }

  /**
   * Connects a node: its {@code eth0} and the bridge's port of the node's name.
   *
   * @param pid a process in the node's network namespace
   */
  void connect(String name, int node, long pid) {
    int lan = lanOf(node);
    String mtu = " mtu " + mtuBytes;
    List<String> outside = new ArrayList<>();
    outside.add("link add " + name + mtu + " type veth peer name eth0" + mtu + " netns " + pid);
    outside.add("link set " + name + " master " + bridge(lan) + " up");
    batch("", outside);
    List<String> inside = new ArrayList<>();
    inside.add("link set eth0 up");
    inside.addAll(addressLines(lan, node, "eth0"));
    addresses(lan, 0).forEach(gateway -> inside.add("route add default via " + gateway));
    batch("/proc/" + pid + "/ns/net", inside);
  }

  private List<String> addressLines(int lan, int host, String device) {
    return addresses(lan, host).stream()
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
    Commands.run(command, Map.of(), String.join("\n", lines) + "\n").orThrow();
  }
}
