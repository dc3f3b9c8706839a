// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.core.label.Selector;
import dev.weft.core.label.Selector.Operator;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyPeer;
import dev.weft.core.policy.PolicyPort;
import dev.weft.core.policy.PolicyRule;
import java.io.IOException;
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

  /** A policy with more is closed: in memory and for the kernel it would be too much. */
  static final int MAX_ENTRIES = Policy.MAX_ENTRIES;

  private static final int MAX_TROUBLES = 20;
  private static final int LONGEST = 100;
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

  private final JsonParser parser;
  private final DeserializationContext context;
  private final List<String> troubles = new ArrayList<>();
  private int entries;

  private PolicyMapper(JsonParser parser, DeserializationContext context) {
    this.parser = parser;
    this.context = context;
  }

  static Mapped policy(PolicyObject object) {
    PolicySpec spec = object.spec();
    return new Mapped(
        new Policy(
            object.getMetadata().getNamespace().intern(),
            object.getMetadata().getName(),
            Objects.toString(object.getMetadata().getUid(), ""),
            spec.pods(),
            spec.directions(),
            spec.ingress(),
            spec.egress()),
        spec.troubles());
  }

  /** Reads what a policy wants; the parser is at its begin. */
  static PolicySpec spec(JsonParser parser, DeserializationContext context) throws IOException {
    return new PolicyMapper(parser, context).spec();
  }

  private PolicySpec spec() throws IOException {
    Selector pods = Selector.ALL;
    Set<Direction> directions = EnumSet.noneOf(Direction.class);
    List<PolicyRule> ingress = List.of();
    List<PolicyRule> egress = List.of();
    boolean hasEgress = false;
    List<String> why = new ArrayList<>();
    if (!parser.isExpectedStartObjectToken()) {
      parser.skipChildren();
      why.add("spec is no object");
    } else {
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        JsonToken token = parser.nextToken();
        switch (name) {
          case "podSelector" -> {
            try {
              pods = selector(context.readTree(parser), "spec.podSelector");
            } catch (Malformed e) {
              why.add(e.getMessage());
            }
          }
          case "policyTypes" -> directions(context.readTree(parser), directions);
          case "ingress" -> ingress = rules("spec.ingress", "from");
          case "egress" -> {
            egress = rules("spec.egress", "to");
            hasEgress = token == JsonToken.START_OBJECT || !egress.isEmpty() || isTooLarge();
          }
          default -> {
            parser.skipChildren();
            why.add(unknown("spec", name).getMessage());
          }
        }
      }
    }
    if (directions.isEmpty()) {
      directions.add(Direction.INGRESS);
      if (hasEgress) {
        directions.add(Direction.EGRESS);
      }
    }
    if (isTooLarge()) {
      why.add("spec has more than %,d rules, peers, ports and values".formatted(MAX_ENTRIES));
    }
    if (!why.isEmpty()) {
      trouble(why.get(0) + ": none of its rules is in force");
      return new PolicySpec(pods, directions, List.of(), List.of(), List.copyOf(troubles));
    }
    return new PolicySpec(pods, directions, ingress, egress, List.copyOf(troubles));
  }

  private boolean isTooLarge() {
    return entries > MAX_ENTRIES;
  }

  private void trouble(String text) {
    if (troubles.size() < MAX_TROUBLES) {
      troubles.add(text);
    } else if (troubles.size() == MAX_TROUBLES) {
      troubles.add("and more");
    }
  }

  private void directions(JsonNode types, Set<Direction> directions) {
    for (JsonNode type : types) {
      switch (type.asText()) {
        case "Ingress" -> directions.add(Direction.INGRESS);
        case "Egress" -> directions.add(Direction.EGRESS);
        default ->
            trouble(
                "spec.policyTypes has \"%s\": it is ignored".formatted(shortened(type.asText())));
      }
    }
  }

  private List<PolicyRule> rules(String field, String peers) throws IOException {
    List<PolicyRule> rules = new ArrayList<>();
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return rules;
    }
    if (!parser.isExpectedStartArrayToken()) {
      parser.skipChildren();
      trouble(field + " is no list: nothing of it is accepted");
      return rules;
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      entries++;
      if (isTooLarge()) {
        parser.skipChildren();
        continue;
      }
      try {
        rules.add(rule("%s[%d]".formatted(field, rules.size()), peers));
      } catch (Malformed e) {
        trouble(e.getMessage() + ": the rule accepts nothing");
        // Its place is kept: others are named by theirs.
        rules.add(new PolicyRule(List.of(NOBODY), List.of()));
      }
    }
    return rules;
  }

  private PolicyRule rule(String at, String peers) throws IOException, Malformed {
    List<PolicyPeer> ends = List.of();
    List<PolicyPort> ports = List.of();
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return new PolicyRule(ends, ports);
    }
    if (!parser.isExpectedStartObjectToken()) {
      parser.skipChildren();
      throw new Malformed(at + " is no object");
    }
    Optional<Malformed> first = Optional.empty();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      try {
        if (name.equals(peers)) {
          ends = entries(at + "." + peers, PolicyMapper::peer);
        } else if (name.equals("ports")) {
          ports = entries(at + ".ports", PolicyMapper::port);
        } else {
          parser.skipChildren();
          throw unknown(at, name);
        }
      } catch (Malformed e) {
        first = first.or(() -> Optional.of(e));
      }
    }
    if (first.isPresent()) {
      throw first.get();
    }
    return new PolicyRule(ends, ports);
  }

  /** Reads an entry of a list. */
  private interface Reader<T> {
    T read(JsonNode entry, String at) throws Malformed;
  }

  /** Without any that is understood, a list that is not empty would be taken for one that is. */
  private <T> List<T> entries(String field, Reader<T> reader) throws IOException, Malformed {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return List.of();
    }
    if (!parser.isExpectedStartArrayToken()) {
      parser.skipChildren();
      throw new Malformed(field + " is no list");
    }
    List<T> list = new ArrayList<>();
    int index = 0;
    for (; parser.nextToken() != JsonToken.END_ARRAY; index++) {
      entries++;
      if (isTooLarge()) {
        parser.skipChildren();
        continue;
      }
      JsonNode entry = context.readTree(parser);
      entries += values(entry);
      try {
        list.add(reader.read(entry, "%s[%d]".formatted(field, index)));
      } catch (Malformed e) {
        trouble(e.getMessage() + ": the entry accepts nothing");
      }
    }
    if (list.isEmpty() && index > 0) {
      throw new Malformed(field + " has no entry that can be used");
    }
    return list;
  }

  /** How many labels, values and exceptions an entry has, about. */
  private static int values(JsonNode node) {
    int values = node.isArray() ? node.size() : Math.max(0, node.size() - PORT.size());
    for (JsonNode child : node) {
      values += values(child);
    }
    return values;
  }

  private static String shortened(Object text) {
    String full = text.toString();
    return full.length() <= LONGEST ? full : full.substring(0, LONGEST) + "...";
  }

  private static Malformed unknown(String at, String field) {
    return new Malformed(
        "%s has a field \"%s\" that is not known here".formatted(at, shortened(field)));
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
      throw new Malformed("%s is %s: no CIDR".formatted(at, shortened(text)));
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
      default -> throw new Malformed("%s.protocol is %s".formatted(at, shortened(protocol)));
    };
  }

  private static int number(JsonNode number, String at) throws Malformed {
    if (!number.isInt() || number.asInt() < 1 || number.asInt() > LAST_PORT) {
      throw new Malformed("%s is %s: no port".formatted(at, shortened(number)));
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
                        "%s has the operator %s"
                            .formatted(at, shortened(expression.path("operator")))));
    return new Selector.Requirement(label(expression.path("key").asText(), at), operator, values);
  }

  /** Old objects may have other texts in a selector; sets of peers are named after those. */
  private static String label(String text, String at) throws Malformed {
    if (!LABEL.matcher(text).matches()) {
      throw new Malformed(
          "%s has \"%s\", which is no label's key or value".formatted(at, shortened(text)));
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
        throw unknown(at, name);
      }
    }
  }
}
