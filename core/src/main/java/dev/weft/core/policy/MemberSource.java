// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Family;
import dev.weft.core.net.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/** What the members of a set are chosen by. Equal ones have one set. */
sealed interface MemberSource {
  Family family();

  /** The set's name: its first part is for people. */
  String name();

  /**
   * Addresses of pods.
   *
   * @param port where it is present each address is there with the numbers that its pod has for
   *     this port
   * @param within only these of the pods' addresses
   */
  record Pods(PodTerm term, Family family, Optional<PolicyPort.Named> port, Optional<Span> within)
      implements MemberSource {
    @Override
    public String name() {
      return named(
          port.isPresent() ? "ports" : "pods",
          family,
          term.text()
              + port.map(one -> " " + one.protocol() + " " + one.name()).orElse("")
              + within.map(span -> " in " + span.text()).orElse(""));
    }
  }

  /** The gateway addresses of the nodes whose InternalIP is in a range; without those in it. */
  record Gateways(Span.Range range) implements MemberSource {
    @Override
    public Family family() {
      return range.family();
    }

    @Override
    public String name() {
      return named("gates", family(), range.text());
    }
  }

  /** The gateway addresses in a range that excepts their nodes' InternalIPs. */
  record Excepted(Span.Range range) implements MemberSource {
    @Override
    public Family family() {
      return range.family();
    }

    @Override
    public String name() {
      return named("not", family(), range.text());
    }
  }

  /** Some addresses, and the gateway addresses of the nodes whose InternalIP is one of them. */
  record Hosts(Span.Hosts hosts) implements MemberSource {
    @Override
    public Family family() {
      return hosts.family();
    }

    @Override
    public String name() {
      return named("hosts", family(), hosts.text());
    }
  }

  private static String named(String what, Family family, String content) {
    return what + family.version() + "-" + digest(content.getBytes(StandardCharsets.UTF_8));
  }

  /** What a name has of content: 24 hexadecimal digits. */
  static String digest(byte[] content) {
    return HexFormat.of().formatHex(Sha256.of(content), 0, 12);
  }
}
