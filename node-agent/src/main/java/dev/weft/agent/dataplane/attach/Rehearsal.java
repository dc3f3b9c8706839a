// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.antispoof.AntiSpoofEntries;
import dev.weft.agent.dataplane.driver.SocketPool;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Request;
import dev.weft.netlink.route.CreateVeth;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Runs the path of an ADD and a DEL, to the kernel and back, before the first one comes: a JVM that
 * has never done it is slow. Nothing changes: every request names a link or a namespace that does
 * not exist, and addresses that are for documentation only (RFC 5737, RFC 3849).
 */
public final class Rehearsal {
  private static final int NO_NAMESPACE = -1;
  private static final int REPETITIONS = 40;
  private static final LinkRef NO_LINK = new LinkRef(Integer.MAX_VALUE, "none");
  private static final AttachRequest REQUEST =
      new AttachRequest(
          new Attachment(
              "rehearsal",
              new AttachmentKey("rehearsal", "none"),
              List.of(IpAddress.parse("192.0.2.2"), IpAddress.parse("2001:db8::2")),
              Optional.empty()),
          List.of(InterfaceAddress.parse("192.0.2.1/24"), InterfaceAddress.parse("2001:db8::1/64")),
          1500,
          Set.of());

  private final SocketPool host;
  private final NetlinkSocket nft;

  /**
   * A rehearsal.
   *
   * @param host sockets of the node
   * @param nft a NETLINK_NETFILTER socket of the node
   */
  public Rehearsal(SocketPool host, NetlinkSocket nft) {
    this.host = host;
    this.nft = nft;
  }

  /** Runs them often enough for the JVM to compile what is slow; reports nothing. */
  public void run() {
    for (int i = 0; i < REPETITIONS; i++) {
      try {
        host.use(
            socket -> {
              adding(socket);
              removing(socket);
              return null;
            });
        refused(() -> nft.execute(AntiSpoofEntries.removal(AntiSpoofEntry.of(attachment()))));
      } catch (NetlinkException e) {
        // The kernel refused something else than these requests: the first real one will report it.
        return;
      }
    }
  }

  /** A veth that no kernel makes, as it names a namespace and a bridge that do not exist. */
  public static CreateVeth veth() {
    return PodParts.veth(REQUEST, Integer.MAX_VALUE, NO_LINK, NO_NAMESPACE);
  }

  private static void adding(NetlinkSocket socket) throws NetlinkException {
    refused(() -> socket.execute(veth()));
    socket.executeAll(PodParts.hostSide(attachment(), NO_LINK, NO_LINK));
    List<Request> podSide = PodParts.podSide(REQUEST, NO_LINK);
    socket.executeAll(podSide.subList(1, podSide.size()));
  }

  private static void removing(NetlinkSocket socket) throws NetlinkException {
    socket.find(LinkQuery.byName(attachment().hostVeth()));
    List<Request> requests = new ArrayList<>(PodParts.removal(attachment(), NO_LINK));
    requests.add(DeleteLink.of(NO_LINK));
    socket.executeAll(requests);
  }

  private static Attachment attachment() {
    return REQUEST.attachment();
  }

  private interface Step {
    void run() throws NetlinkException;
  }

  private static void refused(Step step) {
    try {
      step.run();
    } catch (NetlinkException expected) {
      // What it names does not exist.
    }
  }
}
