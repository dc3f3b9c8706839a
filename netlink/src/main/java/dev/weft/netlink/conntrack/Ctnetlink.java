// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.conntrack;

import dev.weft.core.net.Family;
import dev.weft.netlink.codec.MessageWriter;

/** Numbers of ctnetlink (linux/netfilter/nfnetlink_conntrack.h). */
final class Ctnetlink {
  static final int IPCTNL_MSG_CT_NEW = 0x0100;
  static final int IPCTNL_MSG_CT_GET = 0x0101;
  static final int IPCTNL_MSG_CT_DELETE = 0x0102;

  static final int CTA_TUPLE_ORIG = 1;
  static final int CTA_TUPLE_REPLY = 2;
  static final int CTA_ID = 12;
  static final int CTA_FILTER = 25;

  static final int CTA_TUPLE_IP = 1;
  static final int CTA_TUPLE_PROTO = 2;
  static final int CTA_IP_V4_SRC = 1;
  static final int CTA_IP_V4_DST = 2;
  static final int CTA_IP_V6_SRC = 3;
  static final int CTA_IP_V6_DST = 4;
  static final int CTA_PROTO_NUM = 1;
  static final int CTA_PROTO_SRC_PORT = 2;
  static final int CTA_PROTO_DST_PORT = 3;

  static final int CTA_FILTER_ORIG_FLAGS = 1;
  static final int CTA_FILTER_REPLY_FLAGS = 2;

  /** Compare the protocol (nf_internals.h, CTA_FILTER_FLAG). */
  static final int FILTER_PROTOCOL = 1 << 3;

  /** Compare the destination port, and so the protocol too. */
  static final int FILTER_DESTINATION_PORT = 1 << 5;

  static final int NLM_F_REQUEST = 1;
  static final int NLM_F_DUMP = 0x300;

  /** Bytes of struct nfgenmsg. */
  static final int FIXED = 4;

  private Ctnetlink() {}

  /** A port in network byte order. */
  static byte[] port(int port) {
    return new byte[] {(byte) (port >>> 8), (byte) port};
  }

  /** struct nfgenmsg: family, version 0, resource 0. */
  static void header(MessageWriter out, Family family) {
    out.putByte(family.socketFamily()).putByte(0).putShort(0);
  }
}
