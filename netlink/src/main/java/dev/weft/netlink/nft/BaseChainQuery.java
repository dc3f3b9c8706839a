// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lists the base chains at the prerouting and the forward hook of IPv4, IPv6 and both, whosever
 * they are. For {@code dump}. What {@code iptables-legacy} holds is not among them: that is no
 * nftables.
 */
public record BaseChainQuery() implements Query<ChainInfo> {
  private static final int NFPROTO_UNSPEC = 0;
  private static final Map<Integer, NftFamily> FAMILIES =
      Stream.of(NftFamily.INET, NftFamily.IP, NftFamily.IP6)
          .collect(Collectors.toMap(NftFamily::number, family -> family));
  private static final int NONE = -1;

  @Override
  public String describe() {
    return "list nftables chains";
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Nfnetlink.NFT_MSG_GETCHAIN, Nfnetlink.NLM_F_REQUEST | Nfnetlink.NLM_F_DUMP);
    Nfnetlink.header(out, NFPROTO_UNSPEC, 0);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super ChainInfo> out) {
    NftFamily family = FAMILIES.get(message.getByte(0));
    if (message.type() != Nfnetlink.NFT_MSG_NEWCHAIN || family == null) {
      return;
    }
    String table = "";
    String name = "";
    int hook = NONE;
    int policy = NONE;
    Attributes chain = message.attributes(Nfnetlink.FIXED);
    while (chain.next()) {
      switch (chain.type()) {
        case Nfnetlink.NFTA_CHAIN_TABLE -> table = chain.getString();
        case Nfnetlink.NFTA_CHAIN_NAME -> name = chain.getString();
        case Nfnetlink.NFTA_CHAIN_HOOK -> hook = hookNumber(chain.nested());
        case Nfnetlink.NFTA_CHAIN_POLICY -> policy = NetworkOrder.ofInt(chain.getInt());
        default -> {}
      }
    }
    boolean forward = hook == Nfnetlink.NF_INET_FORWARD;
    if (forward || hook == Nfnetlink.NF_INET_PRE_ROUTING) {
      out.accept(
          new ChainInfo(new TableRef(family, table), name, forward, policy == Nfnetlink.NF_DROP));
    }
  }

  private static int hookNumber(Attributes hook) {
    while (hook.next()) {
      if (hook.type() == Nfnetlink.NFTA_HOOK_HOOKNUM) {
        return NetworkOrder.ofInt(hook.getInt());
      }
    }
    return NONE;
  }
}
