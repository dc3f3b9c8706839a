// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.route.AddressInfo;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.FdbInfo;
import dev.weft.netlink.route.FdbQuery;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What several drivers read of the kernel: each dump is made once for all, when one needs it. */
public final class Snapshot {
  private final LoopSockets sockets;
  private List<LinkInfo> links;
  private Set<FdbInfo> fdb;
  private List<AddressInfo> bridgeAddresses;
  private final Map<Class<?>, Object> others = new HashMap<>();

  /** Reads something of the kernel. */
  public interface Dump<T> {
    /** What is there. */
    T read() throws NetlinkException;
  }

  /** Nothing is read yet. */
  public Snapshot(LoopSockets sockets) {
    this.sockets = sockets;
  }

  /** For a dump that only one driver needs. */
  public NetlinkSocket route() {
    return sockets.route();
  }

  /** For a dump of nftables that only one driver needs. */
  public NetlinkSocket nft() {
    return sockets.nft();
  }

  /** Every link of the node. */
  public List<LinkInfo> links() throws NetlinkException {
    if (links == null) {
      links = sockets.route().dump(LinkQuery.all());
    }
    return links;
  }

  /** The name of each link by its index. */
  public Map<Integer, String> linkNames() throws NetlinkException {
    return links().stream().collect(Collectors.toMap(LinkInfo::index, LinkInfo::name));
  }

  /** Our bridge, if it is there. */
  public Optional<LinkInfo> bridge() throws NetlinkException {
    return links().stream().filter(Ownership::isBridge).findFirst();
  }

  /** Our VXLAN devices. */
  public List<LinkInfo> tunnels() throws NetlinkException {
    return links().stream().filter(Ownership::isTunnel).toList();
  }

  /** The forwarding entries of our bridge. */
  public Set<FdbInfo> fdb() throws NetlinkException {
    if (fdb == null) {
      Optional<LinkInfo> bridge = bridge();
      fdb =
          bridge.isPresent()
              ? new HashSet<>(sockets.route().dump(new FdbQuery(bridge.get().index())))
              : Set.of();
    }
    return fdb;
  }

  /** The addresses of our bridge, but for link-local ones. */
  public List<AddressInfo> bridgeAddresses() throws NetlinkException {
    if (bridgeAddresses == null) {
      Optional<LinkInfo> bridge = bridge();
      bridgeAddresses =
          bridge.isPresent()
              ? sockets.route().dump(AddressQuery.of(bridge.get().index())).stream()
                  .filter(found -> !found.address().address().isLinkLocal())
                  .toList()
              : List.of();
    }
    return bridgeAddresses;
  }

  /** What is not read here: by the first driver that needs it, for all that do. */
  public <T> T once(Class<T> type, Dump<T> dump) throws NetlinkException {
    Object known = others.get(type);
    if (known == null) {
      known = dump.read();
      others.put(type, known);
    }
    return type.cast(known);
  }
}
