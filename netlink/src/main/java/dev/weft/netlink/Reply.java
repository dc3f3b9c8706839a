// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;

/** Reading NLMSG_ERROR and NLMSG_DONE (linux/netlink.h). */
final class Reply {
  static final int NLMSG_ERROR = 2;
  static final int NLMSG_DONE = 3;

  /** A dump was interrupted by a change: it may lack something, or have it twice. */
  static final int NLM_F_DUMP_INTR = 0x10;

  private static final int NLM_F_CAPPED = 0x100;
  private static final int NLM_F_ACK_TLVS = 0x200;
  private static final int NLMSGERR_ATTR_MSG = 1;
  private static final int HEADER = 16;

  private Reply() {}

  /** The error in the message as a positive number; 0 for success. */
  static int errno(MessageReader message) {
    return -message.getInt(0);
  }

  /** The kernel's text in the message, empty where it has none. */
  static String text(MessageReader message) {
    if ((message.flags() & NLM_F_ACK_TLVS) == 0) {
      return "";
    }
    Attributes attributes = message.attributes(fixedBytes(message));
    while (attributes.next()) {
      if (attributes.type() == NLMSGERR_ATTR_MSG) {
        return attributes.getString();
      }
    }
    return "";
  }

  /** The error number and, in NLMSG_ERROR, the request: its header alone where it is capped. */
  private static int fixedBytes(MessageReader message) {
    if (message.type() == NLMSG_DONE) {
      return 4;
    }
    boolean capped = (message.flags() & NLM_F_CAPPED) != 0;
    int request = capped ? HEADER : message.getInt(4);
    return 4 + Math.max(HEADER, request);
  }
}
