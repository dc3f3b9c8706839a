// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/** Lists IPv4 and IPv6 addresses of links. For {@code dump}. */
public final class AddressQuery implements Query<AddressInfo> {
  private final int link;

  private AddressQuery(int link) {
    this.link = link;
  }

  /** Every address of the namespace. */
  public static AddressQuery all() {
    return new AddressQuery(0);
  }

  /** The addresses of the link of this index. */
  public static AddressQuery of(int link) {
    return new AddressQuery(link);
  }

  @Override
  public String describe() {
    return link == 0 ? "list addresses" : "list addresses of link " + link;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_GETADDR, Rtnetlink.DUMP);
    Headers.address(out, Rtnetlink.AF_UNSPEC, 0, link);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super AddressInfo> out) {
    if (message.type() != Rtnetlink.RTM_NEWADDR
        || Rtnetlink.family(message.getByte(0)) == null
        || (link != 0 && message.getInt(4) != link)) {
      return;
    }
    out.accept(AddressInfo.read(message));
  }
}
