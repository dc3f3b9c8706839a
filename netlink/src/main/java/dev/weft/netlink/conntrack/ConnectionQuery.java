// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.conntrack;

import dev.weft.core.net.Family;
import dev.weft.core.net.Protocol;
import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Lists the tracked connections of a protocol that were made to one of some ports. For {@code
 * dump}. The kernel picks them (from 5.8 on; an older one reports all, and they are picked here):
 * by protocol and port where it is one port, else by protocol, and the ports are picked here.
 *
 * @param family of the addresses
 * @param protocol of the connections
 * @param ports where they were made to, before any translation; at least one
 */
public record ConnectionQuery(Family family, Protocol protocol, Set<Integer> ports)
    implements Query<Connection> {
  /** The set does not change with the caller's. */
  public ConnectionQuery {
    ports = Set.copyOf(ports);
    if (ports.isEmpty()) {
      throw new IllegalArgumentException("connections to no port");
    }
  }

  /** Of one port. */
  public ConnectionQuery(Family family, Protocol protocol, int port) {
    this(family, protocol, Set.of(port));
  }

  @Override
  public String describe() {
    return "list IPv%d connections to %s port %s"
        .formatted(
            family.version(),
            protocol,
            ports.size() == 1 ? only() : "any of " + ports.size() + " ports");
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Ctnetlink.IPCTNL_MSG_CT_GET, Ctnetlink.NLM_F_REQUEST | Ctnetlink.NLM_F_DUMP);
    Ctnetlink.header(out, family);
    int tuple = out.nestFlagged(Ctnetlink.CTA_TUPLE_ORIG);
    int numbers = out.nestFlagged(Ctnetlink.CTA_TUPLE_PROTO);
    out.attributeByte(Ctnetlink.CTA_PROTO_NUM, protocol.number());
    if (ports.size() == 1) {
      out.attributeBytes(Ctnetlink.CTA_PROTO_DST_PORT, Ctnetlink.port(only()));
    }
    out.endNest(numbers);
    out.endNest(tuple);
    int filter = out.nestFlagged(Ctnetlink.CTA_FILTER);
    out.attributeInt(
        Ctnetlink.CTA_FILTER_ORIG_FLAGS,
        ports.size() == 1
            ? Ctnetlink.FILTER_PROTOCOL | Ctnetlink.FILTER_DESTINATION_PORT
            : Ctnetlink.FILTER_PROTOCOL);
    out.attributeInt(Ctnetlink.CTA_FILTER_REPLY_FLAGS, 0);
    out.endNest(filter);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super Connection> out) {
    if (message.type() != Ctnetlink.IPCTNL_MSG_CT_NEW) {
      return;
    }
    Connection.Tuple original = null;
    Connection.Tuple reply = null;
    int id = 0;
    Attributes attributes = message.attributes(Ctnetlink.FIXED);
    while (attributes.next()) {
      switch (attributes.type()) {
        case Ctnetlink.CTA_TUPLE_ORIG ->
            original = Connection.Tuple.read(attributes.nested(), family);
        case Ctnetlink.CTA_TUPLE_REPLY ->
            reply = Connection.Tuple.read(attributes.nested(), family);
        case Ctnetlink.CTA_ID -> id = attributes.getInt();
        default -> {}
      }
    }
    if (original != null && reply != null && isAsked(original)) {
      out.accept(new Connection(original, reply, id));
    }
  }

  private boolean isAsked(Connection.Tuple original) {
    return original.protocol() == protocol.number() && ports.contains(original.destinationPort());
  }

  private int only() {
    return ports.iterator().next();
  }
}
