// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.netlink.codec.Bytes;
import dev.weft.netlink.codec.MalformedMessageException;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.conntrack.ConnectionQuery;
import dev.weft.netlink.nft.AddressPair;
import dev.weft.netlink.nft.AddressPort;
import dev.weft.netlink.nft.BaseChainQuery;
import dev.weft.netlink.nft.ChainInfo;
import dev.weft.netlink.nft.ChainQuery;
import dev.weft.netlink.nft.ChainRuleQuery;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.PortTarget;
import dev.weft.netlink.nft.SetKey;
import dev.weft.netlink.nft.SetListQuery;
import dev.weft.netlink.nft.SetQuery;
import dev.weft.netlink.nft.SetRef;
import dev.weft.netlink.nft.StrictReversePathQuery;
import dev.weft.netlink.nft.TableQuery;
import dev.weft.netlink.nft.TableRef;
import dev.weft.netlink.nft.VerdictElement;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.FdbQuery;
import dev.weft.netlink.route.LinkPresence;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.NeighbourQuery;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RuleQuery;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever bytes come: a decoder gives values or says "malformed", and nothing else. */
class HostileBytesTest {
  private static final List<Query<?>> QUERIES =
      List.of(
          LinkQuery.all(),
          LinkQuery.byIndex(2),
          new LinkPresence(2),
          AddressQuery.all(),
          RouteQuery.main(Family.IPV4),
          RouteQuery.ours(Family.IPV6),
          RouteQuery.to(IpAddress.parse("10.0.0.1")),
          RouteQuery.inTable(Family.IPV4, 1048580),
          new RuleQuery(Family.IPV4),
          new NeighbourQuery(2),
          new FdbQuery(2),
          new SetQuery<>(new SetRef(NftFamily.BRIDGE, "weft", "pods"), SetKey::of),
          new SetQuery<>(new SetRef(NftFamily.INET, "weft_hostports", "any4"), PortTarget::of),
          new SetQuery<>(new SetRef(NftFamily.INET, "weft_hostports", "self4"), AddressPair::of),
          new ConnectionQuery(Family.IPV4, Protocol.UDP, 53),
          new SetQuery<>(new SetRef(NftFamily.INET, "weft_policy", "map"), VerdictElement::of),
          new SetQuery<>(new SetRef(NftFamily.INET, "weft_policy", "ports"), AddressPort::of),
          new BaseChainQuery(),
          new StrictReversePathQuery(
              new ChainInfo(new TableRef(NftFamily.INET, "firewalld"), "pre", false, false)),
          new ChainQuery(new TableRef(NftFamily.INET, "weft_policy")),
          new ChainRuleQuery(new TableRef(NftFamily.INET, "weft_policy")),
          new SetListQuery(new TableRef(NftFamily.INET, "weft_policy")),
          new TableQuery(NftFamily.BRIDGE, "weft"));

  private static final List<Integer> TYPES =
      List.of(
          2, 3, 16, 17, 20, 21, 24, 25, 28, 29, 0x0a00, 0x0a03, 0x0a06, 0x0a09, 0x0a0c, 0x0a0e,
          0x0100);

  @Property(tries = 1500)
  void randomDatagrams(@ForAll byte[] datagram) {
    readEverything(datagram);
  }

  /** Right lengths of messages, so that the decoders behind them are reached. */
  @Property(tries = 2000)
  void randomPayloadsOfKnownTypes(@ForAll("payloads") byte[] payload, @ForAll("types") int type) {
    readEverything(message(type, payload));
  }

  /** A real message with some bytes changed and perhaps cut. */
  @Property(tries = 2000)
  void damagedMessages(@ForAll("damaged") byte[] datagram) {
    readEverything(datagram);
  }

  @Provide
  Arbitrary<Integer> types() {
    return Arbitraries.of(TYPES);
  }

  /** Runs of attributes with a plausible header and a fixed part before them. */
  @Provide
  Arbitrary<byte[]> payloads() {
    Arbitrary<byte[]> fixed = Arbitraries.bytes().array(byte[].class).ofMinSize(0).ofMaxSize(16);
    Arbitrary<byte[]> attribute =
        Combinators.combine(
                Arbitraries.integers().between(0, 40),
                Arbitraries.integers().between(0, 60),
                Arbitraries.bytes().array(byte[].class).ofMaxSize(40))
            .as(HostileBytesTest::attribute);
    return Combinators.combine(fixed, attribute.list().ofMaxSize(5))
        .as(
            (head, attributes) -> {
              List<byte[]> parts = new ArrayList<>(attributes);
              parts.add(0, head);
              return concatenated(parts);
            });
  }

  @Provide
  Arbitrary<byte[]> damaged() {
    Arbitrary<byte[]> original = Arbitraries.of(RecordedMessages.ALL).map(HexFormat.of()::parseHex);
    Arbitrary<List<Integer>> places = Arbitraries.integers().between(0, 4000).list().ofMaxSize(4);
    Arbitrary<List<Byte>> values = Arbitraries.bytes().list().ofSize(4);
    Arbitrary<Integer> cut = Arbitraries.integers().between(0, 300);
    return Combinators.combine(original, places, values, cut)
        .as(
            (bytes, at, with, shorter) -> {
              byte[] changed = Arrays.copyOf(bytes, Math.max(0, bytes.length - shorter));
              for (int i = 0; i < at.size() && changed.length > 0; i++) {
                changed[at.get(i) % changed.length] = with.get(i);
              }
              return changed;
            });
  }

  private static void readEverything(byte[] datagram) {
    for (Query<?> query : QUERIES) {
      each(datagram, message -> query.read(message, value -> {}));
    }
    each(datagram, NotificationReader::route);
    each(datagram, NotificationReader::nftables);
    each(datagram, Reply::errno);
    each(datagram, Reply::text);
  }

  private static void each(byte[] datagram, Consumer<MessageReader> decoder) {
    try {
      MessageReader reader = Bytes.datagram(datagram);
      while (reader.next()) {
        decoder.accept(reader);
      }
    } catch (MalformedMessageException expected) {
      // The only way to fail.
    }
  }

  private static byte[] message(int type, byte[] payload) {
    int length = 16 + payload.length;
    byte[] header = new byte[16];
    header[0] = (byte) length;
    header[1] = (byte) (length >>> 8);
    header[4] = (byte) type;
    header[5] = (byte) (type >>> 8);
    header[7] = 3; // NLM_F_CAPPED, NLM_F_ACK_TLVS
    return concatenated(List.of(header, payload));
  }

  private static byte[] attribute(int length, int type, byte[] payload) {
    byte[] header = {(byte) (length == 0 ? payload.length + 4 : length), 0, (byte) type, 0};
    byte[] padding = new byte[(4 - payload.length % 4) % 4];
    return concatenated(List.of(header, payload, padding));
  }

  private static byte[] concatenated(List<byte[]> parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }
}
