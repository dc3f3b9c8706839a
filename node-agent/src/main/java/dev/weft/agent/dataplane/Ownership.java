// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.Bridge;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentAlias;
import dev.weft.core.node.AttachmentKey;
import dev.weft.netlink.route.LinkInfo;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which links are ours: a veth whose name is a port's and whose alias is an attachment of that very
 * name; or which has no alias and the MAC that we give host ends (an ADD that died before it wrote
 * the alias). Nothing else is ever changed or deleted.
 */
final class Ownership {
  /**
   * The link group of the host ends ("weft" in ASCII), by which the rules know what comes in by one
   * of them and not by the bridge. A link of it that is no port of ours is cut off.
   */
  static final int PORT_GROUP = 0x77656674;

  private static final Pattern PORT_NAME =
      Pattern.compile(AttachmentKey.PORT_PREFIX + "[0-9a-f]{11}");

  /** What a host end's MAC has more than its pod's, so that no two links have the same. */
  private static final long HOST_END_BIT = 0x04L << 40;

  private static final int HOST_END_FIRST_BYTE = 0x0e;

  private Ownership() {}

  /** The MAC of the host end of a pod's veth. */
  static MacAddress hostEndMac(Attachment attachment) {
    return new MacAddress(attachment.mac().value() | HOST_END_BIT);
  }

  /** Whether the link is a host end of ours, finished or not. */
  static boolean isPort(LinkInfo link) {
    if (!link.kind().equals("veth") || !PORT_NAME.matcher(link.name()).matches()) {
      return false;
    }
    return link.alias().isEmpty() ? hasHostEndMac(link) : attachment(link).isPresent();
  }

  /** Whom the port serves; empty where its alias does not say so. */
  static Optional<Attachment> attachment(LinkInfo link) {
    return AttachmentAlias.parse(link.alias())
        .filter(attachment -> attachment.portName().equals(link.name()));
  }

  /** Whether the link is our bridge. */
  static boolean isBridge(LinkInfo link) {
    return link.name().equals(Bridge.NAME) && link.kind().equals("bridge");
  }

  private static boolean hasHostEndMac(LinkInfo link) {
    return link.mac().isPresent() && link.mac().get().value() >>> 40 == HOST_END_FIRST_BYTE;
  }
}
