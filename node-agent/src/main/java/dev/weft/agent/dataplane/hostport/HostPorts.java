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
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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

  /** Has host ports lead to pods: all or none, in one transaction in the good case. */
  public void add(Collection<HostPort> hostPorts) throws NetlinkException {
    List<SetChange.Step> steps = steps(true, hostPorts);
    steps.addAll(pairs(true, hostPorts));
    try {
      nft.execute(new SetChange(steps));
    } catch (NetlinkException e) {
      if (e.errno() != Errno.EEXIST && e.errno() != Errno.EBUSY) {
        throw e;
      }
      // A pod that died unnoticed left one behind.
      remove(hostPorts);
      nft.execute(new SetChange(steps));
    }
    connections.forgetOthersThan(hostPorts, this::readNodeAddresses);
  }

  /** Has host ports lead nowhere. What is not there is no error. */
  public void remove(Collection<HostPort> hostPorts) throws NetlinkException {
    List<SetChange.Step> steps = steps(false, hostPorts);
    steps.addAll(pairs(false, hostPorts));
    SetRemoval.run(nft, new SetChange(steps));
    connections.forget(hostPorts);
  }

  /** Writes the pairs that are missing. */
  public void pair() throws NetlinkException {
    Set<HostPort> hostPorts = read().hostPorts();
    if (!hostPorts.isEmpty()) {
      nft.execute(new SetChange(pairs(true, hostPorts)));
    }
  }

  /** Has host ports be reached by addresses of the node; those that are gone or there are none. */
  public void changeNodeAddresses(Set<IpAddress> added, Set<IpAddress> removed)
      throws NetlinkException {
    if (!added.isEmpty()) {
      nft.execute(new SetChange(nodeAddresses(true, added)));
      List<HostPort> reached =
          read().hostPorts().stream()
              .filter(hostPort -> hostPort.isOnAny() || added.contains(hostPort.hostIp()))
              .toList();
      connections.forgetOthersThan(reached, () -> added);
    }
    if (!removed.isEmpty()) {
      SetRemoval.run(nft, new SetChange(nodeAddresses(false, removed)));
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

  private static List<SetChange.Step> steps(boolean add, Collection<HostPort> hostPorts) {
    List<SetChange.Step> steps = new ArrayList<>();
    for (HostPort hostPort : hostPorts) {
      PortTarget element =
          new PortTarget(
              hostPort.isOnAny() ? Optional.empty() : Optional.of(hostPort.hostIp()),
              hostPort.protocol().number(),
              hostPort.port(),
              hostPort.pod(),
              hostPort.podPort());
      steps.add(step(add, HostPortTable.map(hostPort), element));
    }
    return steps;
  }

  private static List<SetChange.Step> pairs(boolean add, Collection<HostPort> hostPorts) {
    return hostPorts.stream()
        .map(HostPort::pod)
        .distinct()
        .map(pod -> step(add, HostPortTable.self(pod.family()), new AddressPair(pod, pod)))
        .toList();
  }

  private static List<SetChange.Step> nodeAddresses(boolean add, Set<IpAddress> addresses) {
    return addresses.stream()
        .map(
            address -> step(add, HostPortTable.node(address.family()), new AddressElement(address)))
        .toList();
  }

  private static SetChange.Step step(boolean add, SetRef set, SetElement element) {
    return new SetChange.Step(add, set, List.of(element));
  }
}
