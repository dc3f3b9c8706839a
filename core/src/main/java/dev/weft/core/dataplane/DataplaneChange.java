// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import java.util.Set;

/** One step from an actual {@link NodeState} to a desired one; idempotent. */
public sealed interface DataplaneChange {
  /** What it does to which object, for a log line and as the head of an error. */
  String describe();

  /**
   * Makes the bridge, or gives it this MAC, MTU, "up" and its settings. Its gateways are steps of
   * their own.
   */
  record EnsureBridge(Bridge bridge) implements DataplaneChange {
    @Override
    public String describe() {
      return "set up bridge " + Bridge.NAME;
    }
  }

  /** Deletes the bridge. */
  record RemoveBridge() implements DataplaneChange {
    @Override
    public String describe() {
      return "delete bridge " + Bridge.NAME;
    }
  }

  /** Gives the bridge a block's gateway address, without a prefix route. */
  record AddGateway(InterfaceAddress gateway) implements DataplaneChange {
    @Override
    public String describe() {
      return "add gateway " + gateway + " to " + Bridge.NAME;
    }
  }

  /** Takes a gateway address from the bridge. */
  record RemoveGateway(InterfaceAddress gateway) implements DataplaneChange {
    @Override
    public String describe() {
      return "remove gateway " + gateway + " from " + Bridge.NAME;
    }
  }

  /**
   * Writes all our nftables tables in one transaction; the elements for pods stay. The node's
   * addresses are written with them, so that at no moment its host ports are not reached by them.
   */
  record ReplaceRules(Rules rules, Set<IpAddress> nodeAddresses) implements DataplaneChange {
    @Override
    public String describe() {
      return "write nftables rules";
    }
  }

  /** Has host ports be reached by addresses of the node, and by others no more: in one go. */
  record ChangeNodeAddresses(Set<IpAddress> added, Set<IpAddress> removed)
      implements DataplaneChange {
    @Override
    public String describe() {
      return "have host ports reached by the node's addresses: add "
          + added.size()
          + ", remove "
          + removed.size();
    }
  }

  /** Removes all our nftables tables. */
  record RemoveRules() implements DataplaneChange {
    @Override
    public String describe() {
      return "remove nftables tables";
    }
  }

  /** Makes a port whole again: alias, group, up, on the bridge, with its settings, FDB entry. */
  record RepairPort(Port port) implements DataplaneChange {
    @Override
    public String describe() {
      return "repair port " + port.name();
    }
  }

  /** Deletes a host end, and so the pod's end. */
  record RemovePort(String name) implements DataplaneChange {
    @Override
    public String describe() {
      return "delete port " + name;
    }
  }

  /** Adds a route; fails where a foreign one holds the same prefix. */
  record AddRoute(Route route) implements DataplaneChange {
    @Override
    public String describe() {
      return "add route " + route;
    }
  }

  /** Deletes a route of ours. */
  record RemoveRoute(Route route) implements DataplaneChange {
    @Override
    public String describe() {
      return "delete route " + route;
    }
  }

  /** Takes from the bridge what somebody else put there. */
  record RemoveForeign(Foreign foreign) implements DataplaneChange {
    @Override
    public String describe() {
      return "delete foreign " + foreign;
    }
  }

  /** Writes a permanent neighbour entry, over whatever is there. */
  record AddNeighbour(Neighbour neighbour) implements DataplaneChange {
    @Override
    public String describe() {
      return "add neighbour " + neighbour.address() + " lladdr " + neighbour.mac();
    }
  }

  /** Deletes a neighbour entry. */
  record RemoveNeighbour(Neighbour neighbour) implements DataplaneChange {
    @Override
    public String describe() {
      return "delete neighbour " + neighbour.address();
    }
  }

  /** Adds an element to the anti-spoofing filter's sets. */
  record AddAntiSpoofEntry(AntiSpoofEntry entry) implements DataplaneChange {
    @Override
    public String describe() {
      return "allow " + entry.address() + " on " + entry.hostVeth();
    }
  }

  /** Removes an element from the anti-spoofing filter's sets. */
  record RemoveAntiSpoofEntry(AntiSpoofEntry entry) implements DataplaneChange {
    @Override
    public String describe() {
      return "disallow " + entry.address() + " on " + entry.hostVeth();
    }
  }

  /** Has a port of the node lead to a pod, wherever it led before. */
  record AddHostPort(HostPort hostPort) implements DataplaneChange {
    @Override
    public String describe() {
      return "add host port " + hostPort;
    }
  }

  /** Has a port of the node lead nowhere. */
  record RemoveHostPort(HostPort hostPort) implements DataplaneChange {
    @Override
    public String describe() {
      return "remove host port " + hostPort;
    }
  }
}
