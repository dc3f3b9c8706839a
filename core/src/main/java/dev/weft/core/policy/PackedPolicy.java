// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A policy in a fifth of the memory. Equal policies have equal bytes. */
final class PackedPolicy {
  private PackedPolicy() {}

  /** The bytes of a policy. */
  static byte[] pack(Policy policy) {
    Writer writer = new Writer();
    writer.text(policy.uid());
    writer.selector(policy.pods());
    int directions = 0;
    for (Direction direction : policy.directions()) {
      directions |= 1 << direction.ordinal();
    }
    writer.number(directions);
    writer.list(policy.ingress(), writer::rule);
    writer.list(policy.egress(), writer::rule);
    return Arrays.copyOf(writer.bytes, writer.length);
  }

  /** The policy of some bytes. */
  static Policy unpack(String namespace, String name, byte[] bytes) {
    Reader reader = new Reader(bytes);
    String uid = reader.text();
    Selector pods = reader.selector();
    int packed = reader.number();
    Set<Direction> directions = EnumSet.noneOf(Direction.class);
    for (Direction direction : Direction.values()) {
      if ((packed & 1 << direction.ordinal()) != 0) {
        directions.add(direction);
      }
    }
    List<PolicyRule> ingress = reader.list(reader::rule);
    return new Policy(namespace, name, uid, pods, directions, ingress, reader.list(reader::rule));
  }

  private static final class Writer {
    private byte[] bytes = new byte[256];
    private int length;

    /** In groups of 7 bits, the lowest first; all but the last have the highest bit set. */
    void number(int value) {
      int left = value;
      while (left > 0x7f) {
        add(left & 0x7f | 0x80);
        left >>>= 7;
      }
      add(left);
    }

    private void add(int value) {
      if (length == bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * length);
      }
      bytes[length++] = (byte) value;
    }

    private void bytes(byte[] value) {
      number(value.length);
      for (byte one : value) {
        add(one);
      }
    }

    void text(String text) {
      bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    <T> void list(List<T> list, Consumer<T> each) {
      number(list.size());
      list.forEach(each);
    }

    void selector(Selector selector) {
      list(
          List.copyOf(new TreeMap<>(selector.labels()).entrySet()),
          label -> {
            text(label.getKey());
            text(label.getValue());
          });
      list(
          selector.requirements(),
          requirement -> {
            text(requirement.key());
            number(requirement.operator().ordinal());
            list(requirement.values(), this::text);
          });
    }

    void rule(PolicyRule rule) {
      list(rule.peers(), this::peer);
      list(rule.ports(), this::port);
    }

    private void peer(PolicyPeer peer) {
      if (peer instanceof PolicyPeer.Pods pods) {
        number(pods.namespaces().isPresent() ? 1 : 0);
        pods.namespaces().ifPresent(this::selector);
        selector(pods.pods());
      } else if (peer instanceof PolicyPeer.Range range) {
        number(2);
        cidr(range.cidr());
        list(range.except(), this::cidr);
      }
    }

    private void cidr(Cidr cidr) {
      bytes(cidr.address().bytes());
      number(cidr.prefixLength());
    }

    private void port(PolicyPort port) {
      if (port instanceof PolicyPort.Numbers numbers) {
        number(0);
        number(numbers.protocol().ordinal());
        number(numbers.first());
        number(numbers.last());
      } else if (port instanceof PolicyPort.Named named) {
        number(1);
        number(named.protocol().ordinal());
        text(named.name());
      }
    }
  }

  private static final class Reader {
    private static final Protocol[] PROTOCOLS = Protocol.values();
    private static final Selector.Operator[] OPERATORS = Selector.Operator.values();

    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    int number() {
      int value = 0;
      int shift = 0;
      byte next;
      do {
        next = bytes[at++];
        value |= (next & 0x7f) << shift;
        shift += 7;
      } while (next < 0);
      return value;
    }

    private byte[] bytes() {
      int length = number();
      at += length;
      return Arrays.copyOfRange(bytes, at - length, at);
    }

    String text() {
      return new String(bytes(), StandardCharsets.UTF_8);
    }

    <T> List<T> list(Supplier<T> each) {
      int size = number();
      List<T> list = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        list.add(each.get());
      }
      return list;
    }

    Selector selector() {
      Map<String, String> labels = new HashMap<>();
      for (int left = number(); left > 0; left--) {
        String key = text();
        labels.put(key, text());
      }
      return new Selector(
          labels,
          list(
              () -> {
                String key = text();
                Selector.Operator operator = OPERATORS[number()];
                return new Selector.Requirement(key, operator, list(this::text));
              }));
    }

    PolicyRule rule() {
      List<PolicyPeer> peers = list(this::peer);
      return new PolicyRule(peers, list(this::port));
    }

    private PolicyPeer peer() {
      int kind = number();
      if (kind == 2) {
        Cidr cidr = cidr();
        return new PolicyPeer.Range(cidr, list(this::cidr));
      }
      Optional<Selector> namespaces = kind == 1 ? Optional.of(selector()) : Optional.empty();
      return new PolicyPeer.Pods(namespaces, selector());
    }

    private Cidr cidr() {
      IpAddress address = IpAddress.ofBytes(bytes());
      return new Cidr(address, number());
    }

    private PolicyPort port() {
      int kind = number();
      Protocol protocol = PROTOCOLS[number()];
      if (kind == 1) {
        return new PolicyPort.Named(protocol, text());
      }
      int first = number();
      return new PolicyPort.Numbers(protocol, first, number());
    }
  }
}
