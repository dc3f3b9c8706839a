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
import java.util.Map;
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

  /** What a calculator may want: whole, and nothing that needs a bridge without one. */
  NodeState desired() {
    if (random.nextInt(8) == 0) {
      return NodeState.EMPTY;
    }
    Set<Attachment> pods = some(PODS);
    Map<String, Port> ports =
        pods.stream().collect(Collectors.toMap(Attachment::portName, a -> port(a, true)));
    Set<Route> routes = oneEach(routes(pods));
    return new NodeState(
        Optional.of(new Bridge(MacAddress.BRIDGE, 1500, true, oneAddressEach())),
        ports,
        routes,
        each(pods, Attachment::mac),
        antiSpoof(pods),
        hostPorts(pods),
        nodeAddresses(),
        Optional.of(rules()));
  }

  /** What may be found: anything that the kernel lets be. */
  NodeState actual() {
    Optional<Bridge> bridge = random.nextInt(4) == 0 ? Optional.empty() : Optional.of(bridge());
    boolean up = bridge.map(Bridge::up).orElse(false);
    Map<String, Port> ports =
        some(PODS).stream()
            .collect(
                Collectors.toMap(
                    Attachment::portName,
                    a -> port(a, bridge.isPresent() && random.nextInt(3) > 0)));
    Set<Route> routes =
        oneEach(routes(some(PODS))).stream()
            .filter(route -> up || !route.device().equals(Bridge.NAME))
            .collect(Collectors.toSet());
    Optional<Rules> rules =
        switch (random.nextInt(4)) {
          case 0 -> Optional.empty();
          case 1 -> Optional.of(Rules.ALTERED);
          default -> Optional.of(rules());
        };
    return new NodeState(
        bridge,
        ports,
        routes,
        up ? each(some(PODS), this::anyMac) : Set.of(),
        rules.isPresent() ? antiSpoof(some(PODS)) : Set.of(),
        rules.isPresent() ? hostPorts(some(PODS)) : Set.of(),
        rules.isPresent() ? nodeAddresses() : Set.of(),
        rules);
  }

  private Set<IpAddress> nodeAddresses() {
    return some(NODE_ADDRESSES);
  }

  /** Some pods that an ADD or DEL is working on. */
  InFlight inFlight() {
    Set<Attachment> pods = some(PODS);
    return new InFlight(
        pods.stream().map(Attachment::portName).collect(Collectors.toSet()),
        pods.stream().flatMap(a -> a.addresses().stream()).collect(Collectors.toSet()));
  }

  private Bridge bridge() {
    boolean up = random.nextInt(4) > 0;
    Set<InterfaceAddress> gateways =
        oneAddressEach().stream()
            .filter(g -> up || g.address().family() == Family.IPV4)
            .collect(Collectors.toSet());
    MacAddress mac = random.nextInt(4) == 0 ? new MacAddress(7) : MacAddress.BRIDGE;
    return new Bridge(mac, random.nextBoolean() ? 1500 : 1400, up, gateways);
  }

  private Set<InterfaceAddress> oneAddressEach() {
    Set<IpAddress> taken = new HashSet<>();
    return some(GATEWAYS).stream()
        .filter(gateway -> taken.add(gateway.address()))
        .collect(Collectors.toSet());
  }

  private Port port(Attachment attachment, boolean whole) {
    Optional<PodName> name =
        random.nextBoolean() ? Optional.empty() : Optional.of(new PodName("default", "blue"));
    Attachment named =
        new Attachment(attachment.network(), attachment.key(), attachment.addresses(), name);
    boolean aliasLost = !whole && random.nextBoolean();
    return new Port(
        attachment.portName(), aliasLost ? Optional.empty() : Optional.of(named), whole);
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
        case 0 -> routes.add(Route.unreachable(block.apply(i)));
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
                pod.addresses().stream().map(a -> new AntiSpoofEntry(pod.portName(), pod.mac(), a)))
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

  private Rules rules() {
    Set<Cidr> pools = Set.of(Cidr.parse("10.244.0.0/16"));
    return new Rules(random.nextBoolean() ? pools : Set.of(), pools);
  }

  private <T> Set<T> some(List<T> all) {
    return all.stream().filter(any -> random.nextBoolean()).collect(Collectors.toSet());
  }
}
