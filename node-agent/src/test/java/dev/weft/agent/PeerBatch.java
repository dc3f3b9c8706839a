// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.core.dataplane.NextHop;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.TunnelAddress;
import dev.weft.core.dataplane.TunnelEnd;
import dev.weft.core.dataplane.TunnelNeighbour;
import dev.weft.core.dataplane.TunnelPeer;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Family;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The objects of tunnels to other nodes as input of {@code ip -batch} and {@code bridge -batch},
 * and the addresses of these nodes as input of {@code nft -f}.
 */
final class PeerBatch {

  private final List<String> devices = new ArrayList<>();
  private final List<String> ends = new ArrayList<>();
  private final List<String> ways = new ArrayList<>();
  private final String sets;

  private PeerBatch(String sets) {
    this.sets = sets;
  }

  /** What makes the objects of this state. */
  static PeerBatch of(NodeState state) {
    PeerBatch batch =
        new PeerBatch("table inet tunnel {\n" + set(state, 4) + set(state, 6) + "}\n");
    for (VxlanDevice device : state.of(VxlanDevice.KIND)) {
      batch.devices.add(
          "link add %s address %s mtu %d type vxlan id %d dstport %d local %s dev %s nolearning"
              .formatted(
                  device.name(),
                  device.mac(),
                  device.mtuBytes(),
                  device.vni(),
                  device.port(),
                  device.local(),
                  device.link()));
      batch.devices.add("link set " + device.name() + " addrgenmode none up");
    }
    for (TunnelAddress address : state.of(TunnelAddress.KIND)) {
      batch.devices.add("address add " + address.address() + " dev " + address.device());
    }
    for (TunnelEnd end : state.of(TunnelEnd.KIND)) {
      batch.ends.add(
          "fdb replace %s dev %s dst %s self permanent"
              .formatted(end.mac(), end.device(), end.remote()));
    }
    for (TunnelNeighbour entry : state.of(TunnelNeighbour.KIND)) {
      batch.ways.add(
          "neighbour replace %s lladdr %s dev %s nud permanent"
              .formatted(entry.address(), entry.mac(), entry.device()));
    }
    Map<NextHop, Integer> numbers = new HashMap<>();
    for (NextHop hop : state.of(NextHop.KIND)) {
      numbers.put(hop, numbers.size() + 1);
      batch.ways.add(
          "nexthop replace id %d via %s dev %s proto 87"
              .formatted(numbers.get(hop), hop.gateway(), hop.device()));
    }
    for (Route route : state.of(Route.KIND)) {
      route
          .sharedNextHop()
          .ifPresent(
              hop ->
                  batch.ways.add(
                      "route add %s nhid %d mtu %d proto 87"
                          .formatted(route.destination(), numbers.get(hop), route.mtuBytes())));
    }
    return batch;
  }

  private static String set(NodeState state, int version) {
    String members =
        state.of(TunnelPeer.KIND).stream()
            .map(TunnelPeer::address)
            .filter(address -> address.family() == (version == 4 ? Family.IPV4 : Family.IPV6))
            .map(Object::toString)
            .collect(Collectors.joining(",\n"));
    return "set peers%d {\ntype ipv%d_addr\nelements = {\n%s\n}\n}\n"
        .formatted(version, version, members);
  }

  /**
   * Makes them in a fresh namespace of this name, and leaves them there: the kernel would take its
   * time to delete them, and keep other changes waiting meanwhile.
   *
   * @return the milliseconds with and without the addresses
   */
  Map<String, Double> run(String namespace) throws Exception {
    Path folder = Files.createTempDirectory("batch");
    Shell.run("ip netns add " + namespace);
    try {
      Shell.run("ip -n " + namespace + " link add uplink type veth peer name lan");
      Shell.run("ip -n " + namespace + " link set uplink up");
      Shell.run("ip -n " + namespace + " link set lan up");
      Shell.run("ip -n " + namespace + " address add 192.168.1.11/16 dev uplink");
      Shell.run("ip -n " + namespace + " address add fd00:192::11/64 dev uplink nodad");
      Files.write(folder.resolve("devices"), devices);
      Files.write(folder.resolve("ends"), ends);
      Files.write(folder.resolve("ways"), ways);
      Files.writeString(folder.resolve("sets"), sets);
      long start = System.nanoTime();
      Shell.run("ip -n " + namespace + " -batch " + folder.resolve("devices"));
      Shell.run("bridge -n " + namespace + " -batch " + folder.resolve("ends"));
      Shell.run("ip -n " + namespace + " -batch " + folder.resolve("ways"));
      long made = System.nanoTime();
      Shell.run("ip netns exec " + namespace + " nft -f " + folder.resolve("sets"));
      long end = System.nanoTime();
      Map<String, Double> times = new LinkedHashMap<>();
      times.put("batch", (made - start) / 1e6);
      times.put("batch+sets", (end - start) / 1e6);
      return times;
    } finally {
      for (String file : List.of("devices", "ends", "ways", "sets")) {
        Files.deleteIfExists(folder.resolve(file));
      }
      Files.delete(folder);
    }
  }
}
