// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.PodName;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Random node states that can exist, over a universe so small that what is wanted and what is there
 * often collide: six pods, two blocks of each family, three peers.
 */
final class NodeStates {
  static final List<Attachment> PODS = IntStream.range(0, 6).mapToObj(NodeStates::pod).toList();

  private static final List<InterfaceAddress> GATEWAYS =
      List.of(
          InterfaceAddress.parse("10.244.1.1/24"),
          InterfaceAddress.parse("10.244.2.1/24"),
          InterfaceAddress.parse("fd00:244:0:1::1/64"),
          InterfaceAddress.parse("fd00:244:0:1::1/80"));

  private static final List<IpAddress> NODE_ADDRESSES =
      List.of(IpAddress.parse("192.168.1.11"), IpAddress.parse("fd01::11"));

  private final Random random;

  NodeStates(long seed) {
    random = new Random(seed);
  }

  private static Attachment pod(int index) {
    List<IpAddress> addresses =
        List.of(
            IpAddress.parse("10.244.1.2").plus(index), IpAddress.parse("fd00:244::2").plus(index));
    return new Attachment(
        "weft", new AttachmentKey("c" + index, "eth0"), addresses, Optional.empty());
  }

  /** What a calculator may want: in sync, and nothing that needs a bridge without one. */
  NodeState desired() {
    return random.nextInt(8) == 0 ? NodeState.EMPTY : desired(some(PODS), oneAddressEach());
  }

  /** A node with every pod and an object of each kind that is ours. */
  NodeState whole() {
    return desired(Set.copyOf(PODS), Set.of(new Gateway(GATEWAYS.get(0))));
  }

  private NodeState desired(Set<Attachment> pods, Set<Gateway> gateways) {
    return NodeState.builder()
        .add(Bridge.KIND, new Bridge(MacAddress.BRIDGE, 1500, true))
        .addAll(Gateway.KIND, gateways)
        .addAll(HostVeth.KIND, pods.stream().map(pod -> hostVeth(pod, true)).toList())
        .addAll(Route.KIND, oneEach(routes(pods)))
        .addAll(Neighbour.KIND, each(pods, Attachment::mac))
        .add(AntiSpoofRules.KIND, AntiSpoofRules.WRITTEN)
        .addAll(AntiSpoofEntry.KIND, antiSpoof(pods))
        .add(MasqueradeRules.KIND, MasqueradeRules.of(masquerade()))
        .add(HostPortRules.KIND, HostPortRules.of(nodeAddresses()))
        .addAll(HostPort.KIND, hostPorts(pods))
        .build();
  }

  /** What may be found: anything that the kernel lets be. */
  NodeState actual() {
    NodeState.Builder state = NodeState.builder();
    Optional<Bridge> bridge = random.nextInt(4) == 0 ? Optional.empty() : Optional.of(bridge());
    boolean up = bridge.map(Bridge::up).orElse(false);
    if (bridge.isPresent()) {
      state.add(Bridge.KIND, bridge.get()).addAll(Gateway.KIND, gateways(up));
    }
    for (Attachment pod : some(PODS)) {
      state.add(HostVeth.KIND, hostVeth(pod, bridge.isPresent() && random.nextInt(3) > 0));
    }
    state.addAll(
        Route.KIND,
        oneEach(routes(some(PODS))).stream()
            .filter(route -> up || !route.device().equals(Bridge.NAME))
            .toList());
    if (up) {
      state.addAll(Neighbour.KIND, each(some(PODS), this::anyMac));
    }
    addTables(state);
    return state.build();
  }

  private void addTables(NodeState.Builder state) {
    if (random.nextInt(4) > 0) {
      state.add(AntiSpoofRules.KIND, new AntiSpoofRules(random.nextInt(4) > 0));
      state.addAll(AntiSpoofEntry.KIND, antiSpoof(some(PODS)));
    }
    if (random.nextInt(4) > 0) {
      state.add(
          MasqueradeRules.KIND,
          random.nextInt(4) == 0 ? MasqueradeRules.ALTERED : MasqueradeRules.of(masquerade()));
    }
    if (random.nextInt(4) > 0) {
      state.add(HostPortRules.KIND, new HostPortRules(random.nextInt(4) > 0, nodeAddresses()));
      state.addAll(HostPort.KIND, hostPorts(some(PODS)));
    }
  }

  private Set<IpAddress> nodeAddresses() {
    return some(NODE_ADDRESSES);
  }

  /** Some pods that an ADD or DEL is working on. */
  InFlight inFlight() {
    Set<Attachment> pods = some(PODS);
    return new InFlight(
        pods.stream().map(Attachment::hostVeth).collect(Collectors.toSet()),
        pods.stream().flatMap(a -> a.addresses().stream()).collect(Collectors.toSet()));
  }

  private Bridge bridge() {
    MacAddress mac = random.nextInt(4) == 0 ? new MacAddress(7) : MacAddress.BRIDGE;
    return new Bridge(mac, random.nextBoolean() ? 1500 : 1400, random.nextInt(4) > 0);
  }

  private Set<Gateway> gateways(boolean up) {
    return oneAddressEach().stream()
        .filter(gateway -> up || gateway.address().address().family() == Family.IPV4)
        .collect(Collectors.toSet());
  }

  private Set<Gateway> oneAddressEach() {
    Set<IpAddress> taken = new HashSet<>();
    return some(GATEWAYS).stream()
        .filter(gateway -> taken.add(gateway.address()))
        .map(Gateway::new)
        .collect(Collectors.toSet());
  }

  private HostVeth hostVeth(Attachment attachment, boolean inSync) {
    Optional<PodName> name =
        random.nextBoolean() ? Optional.empty() : Optional.of(new PodName("default", "blue"));
    Attachment named =
        new Attachment(attachment.network(), attachment.key(), attachment.addresses(), name);
    boolean aliasLost = !inSync && random.nextBoolean();
    return new HostVeth(
        attachment.hostVeth(), aliasLost ? Optional.empty() : Optional.of(named), inSync);
  }

  private Set<Route> routes(Set<Attachment> pods) {
    Set<Route> routes =
        pods.stream()
            .flatMap(a -> a.addresses().stream())
            .map(Route::toPod)
            .collect(Collectors.toCollection(HashSet::new));
    IntFunction<Cidr> block = i -> Cidr.parse("10.244." + (1 + i) + ".0/24");
    for (int i = 0; i < 4; i++) {
      IpAddress hop = IpAddress.parse("192.168.1.11").plus(random.nextInt(3));
      switch (random.nextInt(3)) {
        case 0 -> routes.add(Route.blockRest(block.apply(i)));
        case 1 -> routes.add(Route.toPeer(block.apply(i), hop, "eth0"));
        default -> {}
      }
    }
    return routes;
  }

  private static Set<Route> oneEach(Set<Route> routes) {
    Set<Cidr> taken = new HashSet<>();
    return routes.stream().filter(r -> taken.add(r.destination())).collect(Collectors.toSet());
  }

  private MacAddress anyMac(Attachment attachment) {
    return random.nextInt(3) == 0 ? new MacAddress(9) : attachment.mac();
  }

  private static Set<Neighbour> each(Set<Attachment> pods, Function<Attachment, MacAddress> mac) {
    return pods.stream()
        .flatMap(pod -> pod.addresses().stream().map(a -> new Neighbour(a, mac.apply(pod))))
        .collect(Collectors.toSet());
  }

  private static Set<AntiSpoofEntry> antiSpoof(Set<Attachment> pods) {
    return pods.stream()
        .flatMap(
            pod ->
                pod.addresses().stream().map(a -> new AntiSpoofEntry(pod.hostVeth(), pod.mac(), a)))
        .collect(Collectors.toSet());
  }

  /** Each pod has one of its own in each family, which leads to one port of the pod or another. */
  private Set<HostPort> hostPorts(Set<Attachment> pods) {
    return pods.stream()
        .flatMap(pod -> pod.addresses().stream().map(a -> hostPort(PODS.indexOf(pod), a)))
        .collect(Collectors.toSet());
  }

  private HostPort hostPort(int index, IpAddress pod) {
    int podPort = random.nextInt(4) == 0 ? 9090 : 8080;
    return new HostPort(HostPort.anyOf(pod.family()), Protocol.TCP, 8000 + index, pod, podPort);
  }

  private Masquerade masquerade() {
    Set<Cidr> pools = Set.of(Cidr.parse("10.244.0.0/16"));
    return new Masquerade(random.nextBoolean() ? pools : Set.of(), pools);
  }

  private <T> Set<T> some(List<T> all) {
    return all.stream().filter(any -> random.nextBoolean()).collect(Collectors.toSet());
  }
}
