// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentAlias;
import dev.weft.core.node.AttachmentKey;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which links are ours: a veth whose name is a host veth's and whose alias is an attachment of that
 * very name; or which has no alias and the MAC that we set on host veths (an ADD that died before
 * it wrote the alias). Nothing else is ever changed or deleted.
 */
public final class Ownership {
  /**
   * The link group of the host veths ("weft" in ASCII), by which the rules know what comes in by
   * one of them and not by the bridge. A link of it that is no host veth of ours is cut off.
   */
  public static final int HOST_VETH_GROUP = 0x77656674;

  private static final Pattern HOST_VETH_NAME =
      Pattern.compile(AttachmentKey.HOST_VETH_PREFIX + "[0-9a-f]{11}");

  private Ownership() {}

  /** Whether the link is a host veth of ours, finished or not. */
  public static boolean isHostVeth(LinkInfo link) {
    if (!link.kind().equals("veth") || !HOST_VETH_NAME.matcher(link.name()).matches()) {
      return false;
    }
    return link.alias().isEmpty()
        ? link.mac().filter(Attachment::isHostVethMac).isPresent()
        : attachment(link).isPresent();
  }

  /** Whom the host veth serves; empty where its alias does not name it. */
  public static Optional<Attachment> attachment(LinkInfo link) {
    return AttachmentAlias.parse(link.alias())
        .filter(attachment -> attachment.hostVeth().equals(link.name()));
  }

  /** Whether the link is our bridge. */
  public static boolean isBridge(LinkInfo link) {
    return link.name().equals(Bridge.NAME) && link.kind().equals("bridge");
  }

  /** Whether the link is a VXLAN device of ours. */
  public static boolean isTunnel(LinkInfo link) {
    return link.kind().equals("vxlan") && VxlanDevice.isName(link.name());
  }

  /** Whether the link is one that we made. */
  public static boolean isOurs(LinkInfo link) {
    return isBridge(link) || isHostVeth(link) || isTunnel(link);
  }

  /**
   * Our bridge, if it is there.
   *
   * @throws DataplaneException with {@code FOREIGN_LINK} where a link of its name is not ours
   */
  public static Optional<LinkInfo> findBridge(NetlinkSocket route)
      throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = route.find(LinkQuery.byName(Bridge.NAME));
    if (found.isPresent() && !isBridge(found.get())) {
      throw new DataplaneException(
          Reason.FOREIGN_LINK, "link " + Bridge.NAME + " is not ours: it is left alone");
    }
    return found;
  }
}
