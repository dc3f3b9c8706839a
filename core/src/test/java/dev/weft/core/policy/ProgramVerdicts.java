// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.PolicyProgram.Clause;
import dev.weft.core.policy.PolicyProgram.Member;
import dev.weft.core.policy.PolicyProgram.Peer;
import dev.weft.core.policy.PolicyProgram.Port;
import java.util.Optional;

/** Decides about packets as a kernel does that has a program. */
public final class ProgramVerdicts {
  private final PolicyProgram program;

  /** By this program. */
  public ProgramVerdicts(PolicyProgram program) {
    this.program = program;
  }

  /** Whether a packet that opens a connection passes: what leaves is decided first. */
  public boolean allows(IpAddress from, IpAddress to, Protocol protocol, int port) {
    return passes(Direction.EGRESS, from, to, protocol, port)
        && passes(Direction.INGRESS, to, from, protocol, port);
  }

  private boolean passes(
      Direction direction, IpAddress subject, IpAddress other, Protocol protocol, int port) {
    Optional<String> group = program.group(direction, subject);
    if (group.isEmpty()) {
      return true;
    }
    if (group.get().equals(PolicyProgram.CLOSED)) {
      return false;
    }
    for (Clause clause : program.groups().get(group.get()).clauses()) {
      if (matches(clause, other, protocol, port)) {
        return true;
      }
    }
    return false;
  }

  private boolean matches(Clause clause, IpAddress other, Protocol protocol, int port) {
    if (clause.peer() instanceof Peer.AddressesWithPorts set) {
      return program
          .sets()
          .get(set.set())
          .members()
          .contains(new Member(other, Optional.of(new Port(protocol, port))));
    }
    boolean ports =
        clause.ports().isEmpty()
            || clause.ports().stream()
                .anyMatch(
                    range ->
                        range.protocol() == protocol
                            && range.first() <= port
                            && port <= range.last());
    return ports && matches(clause.peer(), other);
  }

  private boolean matches(Peer peer, IpAddress other) {
    if (peer instanceof Peer.Addresses set) {
      return program.sets().get(set.set()).members().contains(Member.of(other));
    }
    if (peer instanceof Peer.Range range) {
      return range.cidr().contains(other)
          && range.except().stream().noneMatch((Cidr except) -> except.contains(other))
          && range
              .exceptSet()
              .filter(set -> program.sets().get(set).members().contains(Member.of(other)))
              .isEmpty();
    }
    return peer instanceof Peer.Anyone;
  }
}
