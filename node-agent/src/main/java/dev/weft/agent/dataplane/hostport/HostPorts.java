// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.hostport;

import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.agent.dataplane.nft.SetRemoval;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.AddressElement;
import dev.weft.netlink.nft.AddressPair;
import dev.weft.netlink.nft.PortTarget;
import dev.weft.netlink.nft.SetChange;
import dev.weft.netlink.nft.SetElement;
import dev.weft.netlink.nft.SetQuery;
import dev.weft.netlink.nft.SetRef;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The elements of the {@link HostPortTable}, and the connections that their changes outdate. */
public final class HostPorts {
  private final NetlinkSocket nft;
  private final Connections connections;

  /**
   * Over this socket.
   *
   * @param nft a NETLINK_NETFILTER socket
   */
  public HostPorts(NetlinkSocket nft) {
    this.nft = nft;
    connections = new Connections(nft);
  }

  /**
   * What the table has.
   *
   * @param hostPorts that are there
   * @param paired whether every pod that one leads to is in the set of those
   */
  public record Read(Set<HostPort> hostPorts, boolean paired) {}

  /**
   * Has host ports lead to pods. Those of one ADD fit into one transaction, all or none ({@link
   * SetChange#MAX_ELEMENTS}); the loop may add more, and where it does and a transaction is
   * refused, those before it stay.
   */
  public void add(Collection<HostPort> hostPorts) throws NetlinkException {
    // Pairs first: no host port is there without its pod's.
    Map<SetRef, List<SetElement>> elements = pairs(hostPorts);
    elements.putAll(targets(hostPorts));
    try {
      addAll(elements);
    } catch (NetlinkException e) {
      if (e.errno() != Errno.EEXIST && e.errno() != Errno.EBUSY) {
        throw e;
      }
      removeOthersThan(hostPorts);
      addAll(elements);
    }
    connections.forgetOthersThan(hostPorts, this::readNodeAddresses);
  }

  private void addAll(Map<SetRef, List<SetElement>> elements) throws NetlinkException {
    for (SetChange change : SetChange.packed(true, elements)) {
      nft.execute(change);
    }
  }

  /** Removes those that listen on the same: a pod that died unnoticed left them behind. */
  private void removeOthersThan(Collection<HostPort> hostPorts) throws NetlinkException {
    Set<HostPort> wanted = new HashSet<>(hostPorts);
    Set<String> listening = hostPorts.stream().map(HostPort::listening).collect(Collectors.toSet());
    List<HostPort> others =
        read().hostPorts().stream()
            .filter(there -> listening.contains(there.listening()) && !wanted.contains(there))
            .toList();
    SetRemoval.run(nft, targets(others));
  }

  /** Has host ports lead nowhere. What is not there is no error. */
  public void remove(Collection<HostPort> hostPorts) throws NetlinkException {
    Map<SetRef, List<SetElement>> elements = targets(hostPorts);
    elements.putAll(pairs(hostPorts));
    SetRemoval.run(nft, elements);
    connections.forget(hostPorts);
  }

  /** Writes the pairs that are missing. */
  public void pair() throws NetlinkException {
    addAll(pairs(read().hostPorts()));
  }

  /** Has host ports be reached by addresses of the node; those that are gone or there are none. */
  public void changeNodeAddresses(Set<IpAddress> added, Set<IpAddress> removed)
      throws NetlinkException {
    if (!added.isEmpty()) {
      addAll(nodeAddresses(added));
      List<HostPort> reached =
          read().hostPorts().stream()
              .filter(hostPort -> hostPort.isOnAny() || added.contains(hostPort.hostIp()))
              .toList();
      connections.forgetOthersThan(reached, () -> added);
    }
    if (!removed.isEmpty()) {
      SetRemoval.run(nft, nodeAddresses(removed));
    }
  }

  /** The addresses of the node by which host ports are reached. */
  public Set<IpAddress> readNodeAddresses() throws NetlinkException {
    Set<IpAddress> addresses = new HashSet<>();
    for (Family family : Family.values()) {
      dump(HostPortTable.node(family), AddressElement::of)
          .forEach(element -> addresses.add(element.address()));
    }
    return addresses;
  }

  /** {@link #read} for all drivers of a reconcile. */
  public static Read of(Snapshot kernel) throws NetlinkException {
    return kernel.once(Read.class, () -> new HostPorts(kernel.nft()).read());
  }

  /** Reads the table; nothing where it is not there. */
  public Read read() throws NetlinkException {
    Set<HostPort> hostPorts = new HashSet<>();
    Set<IpAddress> paired = new HashSet<>();
    for (Family family : Family.values()) {
      for (boolean onAny : new boolean[] {true, false}) {
        dump(HostPortTable.map(onAny, family), PortTarget::of)
            .forEach(element -> hostPort(element).ifPresent(hostPorts::add));
      }
      // After the maps: what an ADD writes meanwhile is not missed here.
      dump(HostPortTable.self(family), AddressPair::of).forEach(pair -> paired.add(pair.source()));
    }
    return new Read(hostPorts, hostPorts.stream().map(HostPort::pod).allMatch(paired::contains));
  }

  private <T> List<T> dump(SetRef set, SetQuery.Decoder<T> decoder) throws NetlinkException {
    try {
      return nft.dump(new SetQuery<>(set, decoder));
    } catch (NetlinkException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      return List.of();
    }
  }

  /** Empty for what no ADD makes. */
  private static Optional<HostPort> hostPort(PortTarget element) {
    return Protocol.of(element.protocol())
        .map(
            protocol ->
                new HostPort(
                    element.address().orElse(HostPort.anyOf(element.target().family())),
                    protocol,
                    element.port(),
                    element.target(),
                    element.targetPort()));
  }

  private static Map<SetRef, List<SetElement>> targets(Collection<HostPort> hostPorts) {
    return hostPorts.stream()
        .collect(
            Collectors.groupingBy(
                HostPortTable::map,
                LinkedHashMap::new,
                Collectors.mapping(HostPorts::target, Collectors.toList())));
  }

  private static SetElement target(HostPort hostPort) {
    return new PortTarget(
        hostPort.isOnAny() ? Optional.empty() : Optional.of(hostPort.hostIp()),
        hostPort.protocol().number(),
        hostPort.port(),
        hostPort.pod(),
        hostPort.podPort());
  }

  private static Map<SetRef, List<SetElement>> pairs(Collection<HostPort> hostPorts) {
    return hostPorts.stream()
        .map(HostPort::pod)
        .distinct()
        .collect(
            Collectors.groupingBy(
                pod -> HostPortTable.self(pod.family()),
                LinkedHashMap::new,
                Collectors.mapping(pod -> new AddressPair(pod, pod), Collectors.toList())));
  }

  private static Map<SetRef, List<SetElement>> nodeAddresses(Set<IpAddress> addresses) {
    return addresses.stream()
        .collect(
            Collectors.groupingBy(
                address -> HostPortTable.node(address.family()),
                LinkedHashMap::new,
                Collectors.mapping(AddressElement::new, Collectors.toList())));
  }
}
