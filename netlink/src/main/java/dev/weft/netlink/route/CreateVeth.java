// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Makes a veth: one end here, up and a port of a bridge; the other in another namespace, down (the
 * kernel refuses to make it up). All or nothing.
 *
 * <p>To be sent alone: a batch would go on after a failure, with a link that is somebody else's.
 * Refused with EEXIST where this side has the name, EBUSY or EEXIST where an index is taken.
 *
 * @param host the end here
 * @param peer the end there
 * @param index the interface index of both ends, so that no look-up is needed; 0 lets the kernel
 *     choose
 * @param mtuBytes of both ends
 * @param master index of the bridge; 0 for none
 * @param group of the end here (its peer has none); 0 for none
 * @param peerNamespace descriptor of the network namespace of the other end
 */
public record CreateVeth(
    End host, End peer, int index, int mtuBytes, int master, int group, int peerNamespace)
    implements Request {
  @Override
  public String describe() {
    return "create veth " + host.name + " with peer " + peer.name;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_NEWLINK, Rtnetlink.CREATE);
    Headers.link(out, 0, index, Rtnetlink.IFF_UP, Rtnetlink.IFF_UP);
    common(out, host);
    if (master != 0) {
      out.attributeInt(Rtnetlink.IFLA_MASTER, master);
    }
    if (group != 0) {
      out.attributeInt(Rtnetlink.IFLA_GROUP, group);
    }
    out.attributeString(Rtnetlink.IFLA_IFNAME, host.name);
    int info = out.nest(Rtnetlink.IFLA_LINKINFO);
    out.attributeText(Rtnetlink.IFLA_INFO_KIND, "veth");
    int data = out.nest(Rtnetlink.IFLA_INFO_DATA);
    int other = out.nest(Rtnetlink.VETH_INFO_PEER);
    Headers.link(out, 0, index, 0, 0);
    common(out, peer);
    out.attributeInt(Rtnetlink.IFLA_NET_NS_FD, peerNamespace);
    out.attributeString(Rtnetlink.IFLA_IFNAME, peer.name);
    out.endNest(other);
    out.endNest(data);
    out.endNest(info);
    out.end();
  }

  /** One queue an end: the kernel's default is one a CPU, each with objects that take time. */
  private void common(MessageWriter out, End end) {
    out.attributeInt(Rtnetlink.IFLA_MTU, mtuBytes);
    out.attributeMac(Rtnetlink.IFLA_ADDRESS, end.mac);
    out.attributeInt(Rtnetlink.IFLA_NUM_TX_QUEUES, 1);
    out.attributeInt(Rtnetlink.IFLA_NUM_RX_QUEUES, 1);
  }

  /**
   * One end of a veth.
   *
   * @param name at most 15 bytes
   * @param mac its own
   */
  public record End(String name, MacAddress mac) {}
}
