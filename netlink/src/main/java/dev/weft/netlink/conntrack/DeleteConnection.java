// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.conntrack;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Has the kernel forget a connection: its next packet begins a new one, and is translated again.
 * Refused with ENOENT if it is gone already, or another one took its place.
 *
 * @param connection which
 */
public record DeleteConnection(Connection connection) implements Request {
  @Override
  public String describe() {
    return "delete connection " + connection.original();
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Ctnetlink.IPCTNL_MSG_CT_DELETE, Ctnetlink.NLM_F_REQUEST);
    Ctnetlink.header(out, connection.original().source().family());
    int tuple = out.nestFlagged(Ctnetlink.CTA_TUPLE_ORIG);
    connection.original().write(out);
    out.endNest(tuple);
    out.attributeInt(Ctnetlink.CTA_ID, connection.id());
    out.end();
  }
}
