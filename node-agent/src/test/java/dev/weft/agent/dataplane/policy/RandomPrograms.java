// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyProgram.Clause;
import dev.weft.core.policy.PolicyProgram.Group;
import dev.weft.core.policy.PolicyProgram.Member;
import dev.weft.core.policy.PolicyProgram.Peer;
import dev.weft.core.policy.PolicyProgram.PortRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/** Programs about some addresses, and what a reader of a program takes it to accept. */
final class RandomPrograms {
  private final Random random;
  private final List<IpAddress> addresses;

  RandomPrograms(long seed, List<IpAddress> addresses) {
    random = new Random(seed);
    this.addresses = addresses;
  }

  /** Fewer ports than ten, so that a rule and a packet often meet. */
  int port() {
    return 8080 + random.nextInt(4);
  }

  Protocol protocol() {
    return random.nextBoolean() ? Protocol.TCP : Protocol.UDP;
  }

  IpAddress address() {
    return addresses.get(random.nextInt(addresses.size()));
  }

  /** About all of the addresses but these, which it leaves to the caller. */
  ProgramBuilder next(List<IpAddress> without) {
    ProgramBuilder program = new ProgramBuilder();
    for (Direction direction : Direction.values()) {
      for (int group = 0; group < 3; group++) {
        Clause[] clauses =
            IntStream.range(0, random.nextInt(4))
                .mapToObj(i -> clause(program, direction))
                .toArray(Clause[]::new);
        String name = direction + "-" + Math.abs(clauses.length + random.nextInt(1 << 20));
        program.group(name, direction, clauses);
        for (IpAddress address : addresses) {
          if (!without.contains(address) && random.nextInt(3) == 0) {
            program.select(name, address);
          }
        }
      }
    }
    return program;
  }

  private Clause clause(ProgramBuilder program, Direction direction) {
    IpAddress address = address();
    int kind = random.nextInt(direction == Direction.EGRESS ? 4 : 3);
    Peer peer =
        switch (kind) {
          case 0 -> ProgramBuilder.ANYONE;
          case 1 -> program.addresses("set-" + addresses.indexOf(address), address);
          case 2 -> range(address);
          default -> {
            int port = port();
            String name = "ports-" + addresses.indexOf(address) + "-" + port;
            yield program.addressAndPort(name, address, protocol(), port);
          }
        };
    return ProgramBuilder.clause(peer, kind == 3 ? new PortRange[0] : ports());
  }

  private Peer range(IpAddress address) {
    int bits = address.family().bytes() * 8;
    Cidr block = Cidr.containing(address, bits - 8);
    Cidr one = Cidr.host(address());
    boolean except = random.nextBoolean() && block.contains(one);
    return new Peer.Range(block, except ? List.of(one) : List.of());
  }

  private PortRange[] ports() {
    List<PortRange> ports = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      int first = port();
      ports.add(new PortRange(protocol(), first, first + random.nextInt(3)));
    }
    return ports.toArray(PortRange[]::new);
  }

  static boolean accepts(
      PolicyProgram program, IpAddress from, IpAddress to, Protocol protocol, int port) {
    return from.equals(to)
        || accepts(program, Direction.EGRESS, from, to, to, protocol, port)
            && accepts(program, Direction.INGRESS, to, from, to, protocol, port);
  }

  private static boolean accepts(
      PolicyProgram program,
      Direction direction,
      IpAddress own,
      IpAddress other,
      IpAddress destination,
      Protocol protocol,
      int port) {
    Optional<String> name = program.group(direction, own);
    if (name.isEmpty()) {
      return true;
    }
    Group group = program.groups().get(name.get());
    return group != null
        && group.clauses().stream()
            .anyMatch(
                clause ->
                    matches(program, clause.peer(), other, protocol, port)
                        && matches(clause.ports(), protocol, port));
  }

  private static boolean matches(List<PortRange> ports, Protocol protocol, int port) {
    return ports.isEmpty()
        || ports.stream()
            .anyMatch(
                range ->
                    range.protocol() == protocol && range.first() <= port && port <= range.last());
  }

  private static boolean matches(
      PolicyProgram program, Peer peer, IpAddress other, Protocol protocol, int port) {
    if (peer instanceof Peer.Anyone) {
      return true;
    }
    if (peer instanceof Peer.Addresses set) {
      return program.sets().get(set.set()).members().contains(Member.of(other));
    }
    if (peer instanceof Peer.AddressesWithPorts set) {
      PolicyProgram.Port wanted = new PolicyProgram.Port(protocol, port);
      return program
          .sets()
          .get(set.set())
          .members()
          .contains(new Member(other, Optional.of(wanted)));
    }
    Peer.Range range = (Peer.Range) peer;
    return range.cidr().contains(other)
        && range.except().stream().noneMatch(except -> except.contains(other));
  }
}
