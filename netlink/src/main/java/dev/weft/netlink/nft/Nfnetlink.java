// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.codec.MessageWriter;

/** Numbers of nfnetlink and nf_tables (linux/netfilter/nfnetlink.h, nf_tables.h). */
final class Nfnetlink {
  static final int NFNL_MSG_BATCH_BEGIN = 0x10;
  static final int NFNL_MSG_BATCH_END = 0x11;
  static final int NFNL_SUBSYS_NFTABLES = 10;

  static final int NFT_MSG_NEWTABLE = 0x0a00;
  static final int NFT_MSG_GETTABLE = 0x0a01;
  static final int NFT_MSG_DELTABLE = 0x0a02;
  static final int NFT_MSG_NEWCHAIN = 0x0a03;
  static final int NFT_MSG_GETCHAIN = 0x0a04;
  static final int NFT_MSG_DELCHAIN = 0x0a05;
  static final int NFT_MSG_NEWRULE = 0x0a06;
  static final int NFT_MSG_GETRULE = 0x0a07;
  static final int NFT_MSG_DELRULE = 0x0a08;
  static final int NFT_MSG_NEWSET = 0x0a09;
  static final int NFT_MSG_GETSET = 0x0a0a;
  static final int NFT_MSG_DELSET = 0x0a0b;
  static final int NFT_MSG_NEWSETELEM = 0x0a0c;
  static final int NFT_MSG_GETSETELEM = 0x0a0d;
  static final int NFT_MSG_DELSETELEM = 0x0a0e;
  static final int NFT_MSG_NEWOBJ = 0x0a12;
  static final int NFT_MSG_GETOBJ = 0x0a13;

  static final int NFTA_TABLE_NAME = 1;
  static final int NFTA_TABLE_FLAGS = 2;
  static final int NFTA_TABLE_HANDLE = 4;
  static final int NFT_TABLE_F_DORMANT = 1;
  static final int NFTA_CHAIN_TABLE = 1;
  static final int NFTA_CHAIN_HANDLE = 2;
  static final int NFTA_CHAIN_NAME = 3;
  static final int NFTA_CHAIN_HOOK = 4;
  static final int NFTA_CHAIN_POLICY = 5;
  static final int NFTA_HOOK_HOOKNUM = 1;
  static final int NF_DROP = 0;
  static final int NF_INET_PRE_ROUTING = 0;
  static final int NF_INET_FORWARD = 2;
  static final int NFTA_RULE_TABLE = 1;
  static final int NFTA_RULE_CHAIN = 2;
  static final int NFTA_RULE_HANDLE = 3;
  static final int NFTA_RULE_EXPRESSIONS = 4;
  static final int NFTA_IMMEDIATE_DATA = 2;
  static final int NFTA_FIB_RESULT = 2;
  static final int NFTA_FIB_FLAGS = 3;
  static final int NFTA_MATCH_NAME = 1;
  static final int NFTA_MATCH_INFO = 3;
  static final int NFTA_EXPR_NAME = 1;
  static final int NFTA_EXPR_DATA = 2;
  static final int NFTA_SET_TABLE = 1;
  static final int NFTA_SET_NAME = 2;
  static final int NFTA_SET_FLAGS = 3;
  static final int NFT_SET_ANONYMOUS = 1;
  static final int NFTA_SET_ELEM_LIST_TABLE = 1;
  static final int NFTA_SET_ELEM_LIST_SET = 2;
  static final int NFTA_SET_ELEM_LIST_ELEMENTS = 3;
  static final int NFTA_LIST_ELEM = 1;
  static final int NFTA_SET_ELEM_KEY = 1;
  static final int NFTA_SET_ELEM_DATA = 2;
  static final int NFTA_DATA_VALUE = 1;
  static final int NFTA_DATA_VERDICT = 2;
  static final int NFTA_VERDICT_CODE = 1;
  static final int NFTA_VERDICT_CHAIN = 2;
  static final int NFT_JUMP = -3;
  static final int NFTA_OBJ_TABLE = 1;
  static final int NFTA_OBJ_NAME = 2;
  static final int NFTA_OBJ_TYPE = 3;
  static final int NFTA_OBJ_DATA = 4;
  static final int NFT_OBJECT_COUNTER = 1;
  static final int NFTA_COUNTER_BYTES = 1;
  static final int NFTA_COUNTER_PACKETS = 2;

  static final int NLM_F_REQUEST = 1;
  static final int NLM_F_CREATE = 0x400;
  static final int NLM_F_DUMP = 0x300;

  /** Bytes of struct nfgenmsg. */
  static final int FIXED = 4;

  private Nfnetlink() {}

  /** struct nfgenmsg: family, version 0, resource (16 bits, network byte order). */
  static void header(MessageWriter out, int family, int resource) {
    out.putByte(family).putByte(0).putByte(resource >>> 8).putByte(resource & 0xff);
  }

  /** What follows is a transaction. */
  static void beginBatch(MessageWriter out) {
    batch(out, NFNL_MSG_BATCH_BEGIN);
  }

  /** Ends a transaction: it is carried out now. */
  static void endBatch(MessageWriter out) {
    batch(out, NFNL_MSG_BATCH_END);
  }

  private static void batch(MessageWriter out, int type) {
    out.beginControl(type, NLM_F_REQUEST);
    header(out, 0, NFNL_SUBSYS_NFTABLES);
    out.end();
  }
}
