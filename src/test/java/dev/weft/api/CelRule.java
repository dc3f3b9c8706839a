// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A rule in CEL, as its refusal reads, and what it must refuse.
 *
 * @param plural of its kind
 * @param path of the field whose schema has it
 * @param message what a user reads
 * @param refused what breaks it
 */
record CelRule(String plural, String path, String message, List<Change> refused) {
  /**
   * An object that is made, or changed.
   *
   * @param before null: made
   */
  record Change(ObjectNode before, ObjectNode after) {
    @Override
    public String toString() {
      return (before == null ? "new" : before.get("spec") + " to") + " " + after.get("spec");
    }
  }

  private static final String IS_CIDR =
      "must be an IPv4 or IPv6 range such as 10.244.0.0/16 or fd00:244::/48";
  private static final String NO_HOST_BITS =
      "has host bits set or is not in canonical form; write it like 10.244.0.0/16 or fd00:244::/48";

  private static final String FOR_PODS =
      "overlaps a range that can never be pods' (0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16,"
          + " 224.0.0.0/4, 240.0.0.0/4, ::/8, fe80::/10 or ff00::/8); choose another, such as"
          + " 10.244.0.0/16 or fd00:244::/48";

  /** Every rule; another test compares this with the CRDs. */
  static final List<CelRule> TABLE =
      List.of(
          pools(
              "/spec/cidr",
              IS_CIDR,
              made("cidr: 10.244.0.0"),
              made("cidr: 10.244.0.0/33"),
              made("cidr: anything"),
              made("cidr: '::ffff:10.244.0.0/112'")),
          pools(
              "/spec/cidr",
              NO_HOST_BITS,
              made("cidr: 10.244.0.1/16"),
              made("cidr: 'FD00:244::/48'"),
              made("cidr: 'fd00:0244::/48'"),
              made("cidr: 'fd00:244::1/48'")),
          pools(
              "/spec/cidr",
              FOR_PODS,
              made("cidr: 0.0.0.0/0"),
              made("cidr: 0.1.0.0/16"),
              made("cidr: 127.0.0.0/16"),
              made("cidr: 169.254.0.0/24"),
              made("cidr: 169.0.0.0/8"),
              made("cidr: 224.0.0.0/16"),
              made("cidr: 240.0.0.0/16"),
              made("cidr: 255.255.255.0/24"),
              made("cidr: '::/0'"),
              made("cidr: '::/64'"),
              made("cidr: '64:ff9b::/64'"),
              made("cidr: 'fe80::/64'"),
              made("cidr: 'febf::/64'"),
              made("cidr: 'ff02::/64'"),
              changed("cidr: 126.0.0.0/8", "cidr: 126.0.0.0/7"),
              changed("cidr: 'fec0::/10'", "cidr: 'fe80::/9'")),
          pools(
              "",
              "spec.cidr must hold the range in force (status.cidr; before there is one, the old"
                  + " spec.cidr): it may be widened, and narrowed back to that; make a second pool for"
                  + " another range, and set state Draining on this one",
              changed("cidr: 10.244.0.0/16", "cidr: 10.244.0.0/17"),
              changed("cidr: 10.244.0.0/16", "cidr: 10.245.0.0/16"),
              changed("cidr: 10.244.0.0/16", "cidr: 'fd00:244::/48'"),
              inForce("10.244.0.0/16", "cidr: 10.244.0.0/16", "cidr: 10.244.0.0/17"),
              inForce("10.244.0.0/16", "cidr: 10.240.0.0/12", "cidr: 10.240.0.0/14"),
              inForce("10.244.0.0/16", "cidr: 10.240.0.0/12", "cidr: 'fd00:244::/48'")),
          pools(
              "/spec",
              "nodePrefixLength is fixed from the pool's creation, also where it was left out; make a"
                  + " second pool for blocks of another size",
              changed("cidr: 10.244.0.0/16", "cidr: 10.244.0.0/16, nodePrefixLength: 24"),
              changed("cidr: 10.244.0.0/16, nodePrefixLength: 24", "cidr: 10.244.0.0/16"),
              changed(
                  "cidr: 10.244.0.0/16, nodePrefixLength: 24",
                  "cidr: 10.244.0.0/16, nodePrefixLength: 25")),
          pools(
              "/spec",
              "nodePrefixLength must be 8 to 30 for an IPv4 pool and 64 to 126 for an IPv6 pool",
              made("cidr: 10.244.0.0/16, nodePrefixLength: 31"),
              made("cidr: 10.244.0.0/16, nodePrefixLength: 64"),
              made("cidr: 'fd00:244::/40', nodePrefixLength: 63"),
              made("cidr: 'fd00:244::/40', nodePrefixLength: 30")),
          pools(
              "/spec",
              "cidr is smaller than one block; make cidr larger, or nodePrefixLength longer (where"
                  + " left out it is 24 for IPv4 and 64 for IPv6)",
              made("cidr: 10.244.0.0/25"),
              made("cidr: 'fd00:244::/65'"),
              made("cidr: 10.244.0.0/16, nodePrefixLength: 15"),
              made("cidr: 'fd00:244::/80', nodePrefixLength: 79")),
          pools(
              "/spec",
              "each range in reserved must lie inside cidr; correct or remove the one that does not",
              made("cidr: 10.244.0.0/16, reserved: [10.244.0.0/24, 10.245.0.0/24]"),
              made("cidr: 10.244.0.0/16, reserved: ['fd00:244::/64']"),
              changed("cidr: 10.244.0.0/16", "cidr: 10.244.0.0/16, reserved: [10.0.0.0/8]")),
          pools(
              "/spec/reserved",
              "each range in reserved must be in canonical form without host bits, such as"
                  + " 10.244.0.0/24; one address is written as 10.244.0.1/32",
              made("cidr: 10.244.0.0/16, reserved: [10.244.0.1]"),
              made("cidr: 10.244.0.0/16, reserved: [10.244.0.0/24, 10.244.1.1/24]"),
              made("cidr: 10.244.0.0/16, reserved: [some]")),
          pools(
              "/spec/nodeSelector/matchLabels",
              "each must be a label such as zone or topology.kubernetes.io/zone",
              made("cidr: 10.244.0.0/16, nodeSelector: {matchLabels: {a zone: a}}"),
              made("cidr: 10.244.0.0/16, nodeSelector: {matchLabels: {zone-: a}}"),
              made("cidr: 10.244.0.0/16, nodeSelector: {matchLabels: {a/b/c: a}}")),
          pools(
              "/spec/nodeSelector/matchExpressions/*",
              "In and NotIn need values; Exists and DoesNotExist have none",
              selecting("{key: zone, operator: In}"),
              selecting("{key: zone, operator: In, values: []}"),
              selecting("{key: zone, operator: NotIn}"),
              selecting("{key: a, operator: Exists}, {key: zone, operator: NotIn, values: []}"),
              selecting("{key: zone, operator: Exists, values: [a]}"),
              selecting("{key: zone, operator: DoesNotExist, values: ['']}")),
          allocations(
              "/spec/cidr",
              IS_CIDR,
              claimed("10-244-1-0", "10.244.1.0", "u1"),
              claimed("10-244-1-0-33", "10.244.1.0/33", "u1")),
          allocations(
              "/spec/cidr",
              NO_HOST_BITS,
              claimed("10-244-1-1-24", "10.244.1.1/24", "u1"),
              claimed("fd00-244-0-1-0-0-0-0-64", "fd00:244:0:1:0:0:0:0/64", "u1")),
          allocations(
              "/spec/cidr",
              FOR_PODS,
              claimed("224-0-0-0-24", "224.0.0.0/24", "u1"),
              claimed("127-0-1-0-24", "127.0.1.0/24", "u1"),
              claimed("fe80---64", "fe80::/64", "u1"),
              claimed("0-0-0-0-0", "0.0.0.0/0", "u1")),
          allocations(
              "/spec",
              "cidr, node and pool never change; delete this allocation and make another (state and"
                  + " nodeUID may change)",
              moved("node: node1", "node: node2"),
              moved("pool: rules", "pool: other"),
              moved("cidr: 10.244.7.0/24", "cidr: 10.244.8.0/24")),
          allocations(
              "/spec",
              "state Claimed is only for an allocation that is created; one that was accepted is"
                  + " Active or Draining",
              moved("state: Active", "state: Claimed"),
              moved("state: Draining", "state: Claimed"),
              moved("", "state: Claimed")),
          allocations(
              "/spec",
              "state may change from Claimed to Active only; a claim has nothing to drain",
              moved("state: Claimed", "state: Draining"),
              moved("state: Claimed", "")),
          allocations(
              "",
              "metadata.name must be spec.cidr with each '.', ':' and '/' as '-', such as"
                  + " 10-244-1-0-24: the name is the claim on the block",
              claimed("10-244-2-0-24", "10.244.7.0/24", "u1"),
              claimed("mine", "10.244.7.0/24", "u1"),
              claimed("fd00-244--64", "fd00:244::/64", "u1")));

  /** What no rule may refuse. */
  static final List<Change> ACCEPTED =
      List.of(
          made("cidr: 10.244.0.0/16"),
          made("cidr: 10.244.0.0/24"),
          made("cidr: 1.0.0.0/8"),
          made("cidr: 126.0.0.0/8"),
          made("cidr: 128.0.0.0/3"),
          made("cidr: 169.253.0.0/16"),
          made("cidr: 192.168.0.0/16"),
          made("cidr: 223.255.0.0/16"),
          made("cidr: '100::/64'"),
          made("cidr: '2001:db8::/32'"),
          made("cidr: 'fc00::/7'"),
          made("cidr: 'fec0::/10'"),
          made("cidr: 10.244.0.0/30, nodePrefixLength: 30"),
          made("cidr: 10.0.0.0/8, nodePrefixLength: 8"),
          made("cidr: 'fd00:244::/48'"),
          made("cidr: 'fd00:244::/64', nodePrefixLength: 126"),
          made("cidr: 10.244.0.0/16, reserved: [10.244.0.0/24, 10.244.1.7/32]"),
          made("cidr: 'fd00:244::/48', reserved: ['fd00:244::/64', 'fd00:244::7/128']"),
          made(
              "cidr: 10.244.0.0/16, nodeSelector: {matchLabels: {zone: '', topology.kubernetes.io/zone:"
                  + " eu-1_a.b}}"),
          selecting("{key: zone, operator: In, values: [a, '']}"),
          selecting("{key: a.example/zone, operator: NotIn, values: [a]}"),
          selecting(
              "{key: zone, operator: Exists}, {key: Zone, operator: DoesNotExist, values: []}"),
          changed("cidr: 10.244.0.0/16", "cidr: 10.240.0.0/12"),
          changed("cidr: 'fd00:244::/48'", "cidr: 'fd00::/16'"),
          changed(
              "cidr: 10.244.0.0/16, nodePrefixLength: 26",
              "cidr: 10.244.0.0/16, nodePrefixLength: 26, disabled: true, masquerade: false"),
          changed("cidr: 10.244.0.0/16", "cidr: 10.244.0.0/16, state: Draining"),
          changed("cidr: 10.244.0.0/16, state: Draining", "cidr: 10.244.0.0/16, state: Active"),
          inForce("10.244.0.0/16", "cidr: 10.240.0.0/12", "cidr: 10.244.0.0/16"),
          inForce("10.244.0.0/16", "cidr: 10.240.0.0/12", "cidr: 10.244.0.0/15"),
          moved("state: Claimed", "state: Active"),
          moved("state: Active", "state: Draining"),
          moved("state: Draining", "state: Active"),
          moved("", "state: Draining"),
          moved("nodeUID: u1", "nodeUID: u2"),
          claimed("10-244-7-0-24", "10.244.7.0/24", "u1"),
          claimed("fd00-244-0-1---64", "fd00:244:0:1::/64", "u1"));

  /** How the CRDs' own rules read, as {@code plural path message}. */
  static Set<String> ofSchemas(Map<String, JsonNode> schemas) {
    Set<String> rules = new TreeSet<>();
    schemas.forEach((plural, schema) -> collect(plural, schema, "", rules));
    return rules;
  }

  private static void collect(String plural, JsonNode schema, String path, Set<String> rules) {
    schema
        .path("x-kubernetes-validations")
        .forEach(rule -> rules.add(words(plural, path, rule.path("message").asText())));
    schema
        .path("properties")
        .forEachEntry((name, field) -> collect(plural, field, path + "/" + name, rules));
    for (String inner : List.of("items", "additionalProperties")) {
      if (schema.has(inner)) {
        collect(plural, schema.get(inner), path + "/*", rules);
      }
    }
  }

  private static String words(String plural, String path, String message) {
    return plural + " " + path + " " + message;
  }

  @Override
  public String toString() {
    return words(plural, path, message);
  }

  private static CelRule pools(String path, String message, Change... refused) {
    return new CelRule("ippools", path, message, Arrays.asList(refused));
  }

  private static CelRule allocations(String path, String message, Change... refused) {
    return new CelRule("ipallocations", path, message, Arrays.asList(refused));
  }

  private static Change made(String spec) {
    return new Change(null, Samples.pool("rules", spec));
  }

  /** A pool for the nodes of whom this holds. */
  private static Change selecting(String expressions) {
    return made(
        "cidr: 10.244.0.0/16, nodeSelector: {matchExpressions: [%s]}".formatted(expressions));
  }

  private static Change changed(String before, String after) {
    return new Change(Samples.pool("rules", before), Samples.pool("rules", after));
  }

  /** A change of a pool whose range in force is this. */
  private static Change inForce(String range, String before, String after) {
    ObjectNode pool = Samples.pool("rules", before);
    pool.putObject("status").put("cidr", range);
    return new Change(pool, Samples.pool("rules", after));
  }

  /** A change of one field of an allocation; empty: it is left out. */
  private static Change moved(String before, String after) {
    String key = (before.isEmpty() ? after : before).split(":")[0];
    return new Change(whole(key, before), whole(key, after));
  }

  private static ObjectNode whole(String key, String field) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String one : List.of("cidr: 10.244.7.0/24", "node: node1", "nodeUID: u1", "pool: rules")) {
      fields.put(one.split(":")[0], one);
    }
    fields.remove(key);
    if (!field.isEmpty()) {
      fields.put(key, field);
    }
    return Samples.allocation("10-244-7-0-24", String.join(", ", fields.values()));
  }

  private static Change claimed(String name, String cidr, String nodeUid) {
    return new Change(null, claim(name, cidr, nodeUid));
  }

  private static ObjectNode claim(String name, String cidr, String nodeUid) {
    return Samples.allocation(
        name, "cidr: '%s', node: node1, nodeUID: %s, pool: rules".formatted(cidr, nodeUid));
  }
}
