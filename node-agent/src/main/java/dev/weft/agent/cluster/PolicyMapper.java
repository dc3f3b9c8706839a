// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.weft.core.label.Selector;
import dev.weft.core.label.Selector.Operator;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyPeer;
import dev.weft.core.policy.PolicyPort;
import dev.weft.core.policy.PolicyRule;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Maps a NetworkPolicy (networking.k8s.io/v1) with the API's defaults. What of it is not understood
 * opens nothing: a peer or port is left out, with its rule where it was the last, so that no rule
 * gets wider; where the policy itself has such a field, all its rules are left out. Where its pods
 * cannot be read it selects all of its namespace.
 */
final class PolicyMapper {
  /** The characters of a label's key or value. */
  private static final Pattern LABEL = Pattern.compile("[-\\w./]*");

  private static final Set<String> SPEC = Set.of("podSelector", "policyTypes", "ingress", "egress");
  private static final Set<String> PEER = Set.of("podSelector", "namespaceSelector", "ipBlock");
  private static final Set<String> BLOCK = Set.of("cidr", "except");
  private static final Set<String> PORT = Set.of("protocol", "port", "endPort");
  private static final Set<String> SELECTOR = Set.of("matchLabels", "matchExpressions");
  private static final int LAST_PORT = 65_535;

  /** No packet that is forwarded has this address: what accepts only it accepts nothing. */
  private static final PolicyPeer NOBODY =
      new PolicyPeer.Range(Cidr.parse("0.0.0.0/32"), List.of());

  /**
   * A policy, and what of it is not understood.
   *
   * @param troubles empty where all is; each names the field
   */
  record Mapped(Policy policy, List<String> troubles) {}

  /** Not understood; the message names the field. */
  private static final class Malformed extends Exception {
    private static final long serialVersionUID = 1;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  private final List<String> troubles = new ArrayList<>();

  private PolicyMapper() {}

  static Mapped policy(PolicyObject object) {
    PolicyMapper mapper = new PolicyMapper();
    JsonNode spec = object.spec == null ? MissingNode.getInstance() : object.spec;
    Policy policy = mapper.policy(object, spec);
    return new Mapped(policy, List.copyOf(mapper.troubles));
  }

  private Policy policy(PolicyObject object, JsonNode spec) {
    Selector pods = Selector.ALL;
    boolean isUnderstood = true;
    try {
      known(spec, SPEC, "spec");
      pods = selector(spec.path("podSelector"), "spec.podSelector");
    } catch (Malformed e) {
      isUnderstood = false;
      troubles.add(e.getMessage() + ": none of its rules is in force");
    }
    return new Policy(
        object.getMetadata().getNamespace().intern(),
        object.getMetadata().getName(),
        Objects.toString(object.getMetadata().getUid(), ""),
        pods,
        directions(spec),
        isUnderstood ? rules(spec.path("ingress"), "spec.ingress", "from") : List.of(),
        isUnderstood ? rules(spec.path("egress"), "spec.egress", "to") : List.of());
  }

  /** Without types: ingress always, egress where there is a list of its rules that is not empty. */
  private Set<Direction> directions(JsonNode spec) {
    Set<Direction> directions = EnumSet.noneOf(Direction.class);
    for (JsonNode type : spec.path("policyTypes")) {
      switch (type.asText()) {
        case "Ingress" -> directions.add(Direction.INGRESS);
        case "Egress" -> directions.add(Direction.EGRESS);
        default ->
            troubles.add("spec.policyTypes has \"%s\": it is ignored".formatted(type.asText()));
      }
    }
    if (directions.isEmpty()) {
      directions.add(Direction.INGRESS);
      if (!spec.path("egress").isEmpty()) {
        directions.add(Direction.EGRESS);
      }
    }
    return directions;
  }

  private List<PolicyRule> rules(JsonNode list, String field, String peers) {
    List<PolicyRule> rules = new ArrayList<>();
    if (!isList(list)) {
      troubles.add(field + " is no list: nothing of it is accepted");
      return rules;
    }
    for (int i = 0; i < list.size(); i++) {
      String at = "%s[%d]".formatted(field, i);
      try {
        known(list.get(i), Set.of(peers, "ports"), at);
        rules.add(rule(list.get(i), at, peers));
      } catch (Malformed e) {
        troubles.add(e.getMessage() + ": the rule accepts nothing");
        // Its place is kept: others are named by theirs.
        rules.add(new PolicyRule(List.of(NOBODY), List.of()));
      }
    }
    return rules;
  }

  private PolicyRule rule(JsonNode rule, String at, String peers) throws Malformed {
    return new PolicyRule(
        entries(rule.path(peers), at + "." + peers, PolicyMapper::peer),
        entries(rule.path("ports"), at + ".ports", PolicyMapper::port));
  }

  /** Reads an entry of a list. */
  private interface Reader<T> {
    T read(JsonNode entry, String at) throws Malformed;
  }

  /** Without any that is understood, a list that is not empty would be taken for one that is. */
  private <T> List<T> entries(JsonNode list, String field, Reader<T> reader) throws Malformed {
    if (!isList(list)) {
      throw new Malformed(field + " is no list");
    }
    List<T> entries = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      try {
        entries.add(reader.read(list.get(i), "%s[%d]".formatted(field, i)));
      } catch (Malformed e) {
        troubles.add(e.getMessage() + ": the entry accepts nothing");
      }
    }
    if (entries.isEmpty() && !list.isEmpty()) {
      throw new Malformed(field + " has no entry that can be used");
    }
    return entries;
  }

  private static boolean isList(JsonNode list) {
    return list.isArray() || isAbsent(list);
  }

  private static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static PolicyPeer peer(JsonNode peer, String at) throws Malformed {
    known(peer, PEER, at);
    JsonNode block = peer.path("ipBlock");
    JsonNode pods = peer.path("podSelector");
    JsonNode namespaces = peer.path("namespaceSelector");
    if (!isAbsent(block)) {
      if (!isAbsent(pods) || !isAbsent(namespaces)) {
        throw new Malformed(at + " has an ipBlock and a selector");
      }
      return range(block, at + ".ipBlock");
    }
    if (isAbsent(pods) && isAbsent(namespaces)) {
      throw new Malformed(at + " has neither a selector nor an ipBlock");
    }
    return new PolicyPeer.Pods(
        isAbsent(namespaces)
            ? Optional.empty()
            : Optional.of(selector(namespaces, at + ".namespaceSelector")),
        selector(pods, at + ".podSelector"));
  }

  private static PolicyPeer range(JsonNode block, String at) throws Malformed {
    known(block, BLOCK, at);
    Cidr cidr = cidr(block.path("cidr"), at + ".cidr");
    List<Cidr> except = new ArrayList<>();
    if (!isList(block.path("except"))) {
      throw new Malformed(at + ".except is no list");
    }
    for (JsonNode one : block.path("except")) {
      Cidr hole = cidr(one, at + ".except");
      if (!cidr.contains(hole)) {
        throw new Malformed("%s.except %s is not inside %s".formatted(at, hole, cidr));
      }
      except.add(hole);
    }
    return new PolicyPeer.Range(cidr, except);
  }

  private static Cidr cidr(JsonNode text, String at) throws Malformed {
    try {
      return Cidr.parseLenient(text.isTextual() ? text.asText() : "");
    } catch (IllegalArgumentException e) {
      throw new Malformed("%s is %s: no CIDR".formatted(at, text));
    }
  }

  private static PolicyPort port(JsonNode port, String at) throws Malformed {
    known(port, PORT, at);
    Protocol protocol = protocol(port.path("protocol"), at);
    JsonNode first = port.path("port");
    JsonNode last = port.path("endPort");
    if (isAbsent(first)) {
      if (!isAbsent(last)) {
        throw new Malformed(at + " has an endPort without a port");
      }
      return PolicyPort.Numbers.all(protocol);
    }
    if (first.isTextual()) {
      if (!isAbsent(last)) {
        throw new Malformed(at + " has an endPort, and a port that is a name");
      }
      return new PolicyPort.Named(protocol, first.asText());
    }
    int from = number(first, at + ".port");
    int to = isAbsent(last) ? from : number(last, at + ".endPort");
    if (to < from) {
      throw new Malformed("%s.endPort %d is less than the port %d".formatted(at, to, from));
    }
    return new PolicyPort.Numbers(protocol, from, to);
  }

  private static Protocol protocol(JsonNode protocol, String at) throws Malformed {
    if (isAbsent(protocol)) {
      return Protocol.TCP;
    }
    return switch (protocol.asText()) {
      case "TCP" -> Protocol.TCP;
      case "UDP" -> Protocol.UDP;
      case "SCTP" -> Protocol.SCTP;
      default -> throw new Malformed("%s.protocol is %s".formatted(at, protocol));
    };
  }

  private static int number(JsonNode number, String at) throws Malformed {
    if (!number.isInt() || number.asInt() < 1 || number.asInt() > LAST_PORT) {
      throw new Malformed("%s is %s: no port".formatted(at, number));
    }
    return number.asInt();
  }

  /** An absent one is like an empty one: it selects everything. */
  private static Selector selector(JsonNode selector, String at) throws Malformed {
    if (isAbsent(selector)) {
      return Selector.ALL;
    }
    known(selector, SELECTOR, at);
    Map<String, String> labels = new HashMap<>();
    for (Map.Entry<String, JsonNode> label : selector.path("matchLabels").properties()) {
      labels.put(label(label.getKey(), at), label(label.getValue().asText(), at));
    }
    List<Selector.Requirement> requirements = new ArrayList<>();
    if (!isList(selector.path("matchExpressions"))) {
      throw new Malformed(at + ".matchExpressions is no list");
    }
    for (JsonNode expression : selector.path("matchExpressions")) {
      requirements.add(requirement(expression, at + ".matchExpressions"));
    }
    return new Selector(labels, requirements);
  }

  private static Selector.Requirement requirement(JsonNode expression, String at) throws Malformed {
    known(expression, Set.of("key", "operator", "values"), at);
    List<String> values = new ArrayList<>();
    for (JsonNode value : expression.path("values")) {
      values.add(label(value.asText(), at));
    }
    Operator operator =
        Operator.of(expression.path("operator").asText())
            .orElseThrow(
                () ->
                    new Malformed(
                        "%s has the operator %s".formatted(at, expression.path("operator"))));
    return new Selector.Requirement(label(expression.path("key").asText(), at), operator, values);
  }

  /** Old objects may have other texts in a selector; sets of peers are named after those. */
  private static String label(String text, String at) throws Malformed {
    if (!LABEL.matcher(text).matches()) {
      throw new Malformed("%s has \"%s\", which is no label's key or value".formatted(at, text));
    }
    return text;
  }

  private static void known(JsonNode object, Set<String> fields, String at) throws Malformed {
    if (!object.isObject()) {
      if (isAbsent(object)) {
        return;
      }
      throw new Malformed(at + " is no object");
    }
    for (var names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!fields.contains(name)) {
        throw new Malformed("%s has a field \"%s\" that is not known here".formatted(at, name));
      }
    }
  }
}
