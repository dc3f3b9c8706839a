// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.PodName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A small random cluster as one of its nodes sees it, with whatever policies allow: names, labels,
 * ports and addresses come from so few that they often meet. Each step changes something and tells
 * a table of it.
 */
public final class PolicyCluster {
  private static final List<String> NAMESPACES = List.of("a", "b", "c", "d");
  private static final List<String> NODES = List.of("n0", PolicyMaker.NODE, "n2");
  private static final List<String> KEYS = List.of("app", "tier");
  private static final List<String> VALUES = List.of("x", "y", "z");
  private static final List<String> PORT_NAMES = List.of("http", "dns");

  /** The ports that make a difference. */
  public static final List<Integer> PORTS = List.of(53, 80, 81, 8080);

  /** What is attached here. */
  private static final class Own {
    final Attachment attachment;
    final Optional<PodName> name;
    final String uid;
    boolean attached;

    /** As the API server had it last. */
    PolicyPod pod;

    Own(Attachment attachment, Optional<PodName> name, String uid) {
      this.attachment = attachment;
      this.name = name;
      this.uid = uid;
    }
  }

  private final Random random;
  private final PolicyTable table;
  private final Map<String, Policy> policies = new TreeMap<>();
  private final Map<String, PolicyNamespace> namespaces = new TreeMap<>();
  private final Map<String, PolicyPod> pods = new TreeMap<>();
  private final Map<String, PolicyNode> nodes = new TreeMap<>();
  private final List<Own> own = new ArrayList<>();
  private int uids;

  /** An empty one whose steps are told to a table. */
  public PolicyCluster(long seed, PolicyTable table) {
    this.random = new Random(seed);
    this.table = table;
    table.setListed(true, true, true);
  }

  /** The table that it tells. */
  public PolicyTable table() {
    read(table);
    return table;
  }

  /** Reads the policies of the namespaces whose rules were not kept. */
  private void read(PolicyTable to) {
    Set<String> unread = to.wants().unread();
    policies.values().stream()
        .filter(policy -> unread.contains(policy.namespace()))
        .forEach(to::upsert);
  }

  /** Changes something. */
  public void step() {
    if (random.nextBoolean()) {
      read(table);
    }
    switch (random.nextInt(21)) {
      case 0, 1, 2 -> {
        Policy policy = randomPolicy();
        policies.put(policy.toString(), policy);
        table.upsert(policy);
      }
      case 3 ->
          pick(policies)
              .ifPresent(
                  policy -> {
                    policies.remove(policy.toString());
                    table.deletePolicy(policy.namespace(), policy.name());
                  });
      case 4 -> {
        PolicyNamespace namespace = new PolicyNamespace(any(NAMESPACES), labels());
        namespaces.put(namespace.name(), namespace);
        table.upsert(namespace);
      }
      case 5 -> {
        String name = any(NAMESPACES);
        namespaces.remove(name);
        table.deleteNamespace(name);
      }
      case 6, 7, 16, 17, 18, 19 -> upsert(randomPod());
      case 8 ->
          pick(pods)
              .ifPresent(
                  pod -> {
                    pods.remove(pod.toString());
                    table.deletePod(pod.namespace(), pod.name());
                  });
      case 9, 10, 11 -> attach();
      case 12 -> detach();
      case 13 -> pick(pods).ifPresent(pod -> upsert(changed(pod)));
      case 14 -> {
        String name = any(NODES);
        nodes.put(name, randomNode(name));
        if (random.nextInt(4) == 0) {
          nodes.remove(name);
        }
        table.setNodes(nodes.values());
      }
      case 15 -> table.wants();
      default -> table.program();
    }
  }

  /** The policies as they are now. */
  public Collection<Policy> policies() {
    return policies.values();
  }

  /** What the API's text makes of all of it. */
  public PolicyReference reference() {
    return new PolicyReference(
        policies.values(),
        namespaces,
        pods.values(),
        nodes.values(),
        own.stream()
            .map(
                one ->
                    new PolicyReference.Own(
                        one.attachment.addresses(),
                        Optional.ofNullable(one.pod),
                        one.name.map(PodName::namespace)))
            .toList());
  }

  /** A table that is told all of it as it is now, in another order than it came about. */
  public PolicyTable fresh() {
    PolicyTable fresh = new PolicyTable(PolicyMaker.NODE);
    // Those without a name first: what they are may be an older state of a pod that has a name.
    List<Own> namelessFirst = new ArrayList<>(own);
    namelessFirst.sort(Comparator.comparing(one -> one.name.isPresent()));
    for (Own one : namelessFirst) {
      if (one.pod != null) {
        // As it was when it was seen to be this one; whatever else it had is nobody's business.
        List<IpAddress> addresses = one.name.isPresent() ? List.of() : one.attachment.addresses();
        fresh.upsert(with(one.pod, addresses));
      }
      admit(fresh, one, namelessFirst);
      if (one.pod != null) {
        fresh.deletePod(one.pod.namespace(), one.pod.name());
      }
    }
    List<PolicyPod> shuffled = new ArrayList<>(pods.values());
    Collections.shuffle(shuffled, random);
    shuffled.forEach(fresh::upsert);
    fresh.setAttachments(attachments());
    fresh.setNodes(nodes.values());
    namespaces.values().forEach(fresh::upsert);
    policies.values().forEach(fresh::upsert);
    fresh.setListed(true, true, true);
    read(fresh);
    return fresh;
  }

  private static PolicyPod with(PolicyPod pod, List<IpAddress> addresses) {
    return new PolicyPod(
        pod.namespace(),
        pod.name(),
        pod.uid(),
        pod.node(),
        pod.labels(),
        addresses,
        pod.ports(),
        pod.created());
  }

  /** Every address that is or was somebody's, and some that never were. */
  public Set<IpAddress> addresses() {
    Set<IpAddress> addresses = new TreeSet<>(ownAddresses());
    pods.values().forEach(pod -> addresses.addAll(pod.addresses()));
    nodes.values().forEach(node -> addresses.addAll(node.addresses()));
    nodes.values().forEach(node -> addresses.addAll(node.gateways()));
    addresses.add(IpAddress.parse("10.0.9.9"));
    addresses.add(IpAddress.parse("192.0.2.1"));
    addresses.add(IpAddress.parse("fd00::9:9"));
    return addresses;
  }

  /** The addresses of the node's own pods. */
  public Set<IpAddress> ownAddresses() {
    Set<IpAddress> addresses = new TreeSet<>();
    own.forEach(one -> addresses.addAll(one.attachment.addresses()));
    return addresses;
  }

  /** The pods that are attached here, by name where they have one. */
  public List<PodName> ownPods() {
    return own.stream().flatMap(one -> one.name.stream()).toList();
  }

  /** The pods that are attached here, also those on their way. */
  public List<Attachment> attachments() {
    return own.stream().filter(one -> one.attached).map(one -> one.attachment).toList();
  }

  private void upsert(PolicyPod pod) {
    pods.put(pod.toString(), pod);
    table.upsert(pod);
    own.forEach(this::identify);
  }

  /** Which pod of the API server an attachment is, by the UID or else by the address. */
  private void identify(Own one) {
    if (one.name.isPresent()) {
      PolicyPod pod = pods.get(one.name.get().toString());
      if (pod != null && pod.uid().equals(one.uid)) {
        one.pod = pod;
      }
      return;
    }
    for (PolicyPod pod : pods.values()) {
      boolean hasAddress =
          pod.node().equals(PolicyMaker.NODE)
              && pod.addresses().stream().anyMatch(one.attachment.addresses()::contains);
      if (hasAddress && (one.pod == null || ClusterPods.BY_AGE.compare(pod, one.pod) >= 0)) {
        one.pod = pod;
      }
    }
  }

  private void attach() {
    int number = 2 + random.nextInt(12);
    List<IpAddress> addresses = addresses(1, number);
    if (own.stream()
        .anyMatch(one -> one.attachment.addresses().stream().anyMatch(addresses::contains))) {
      return;
    }
    Optional<PodName> name = Optional.empty();
    String uid = "";
    Optional<PolicyPod> known = random.nextInt(8) == 0 ? Optional.empty() : pick(pods);
    if (random.nextInt(8) > 0) {
      PodName pod =
          known
              .map(one -> new PodName(one.namespace(), one.name()))
              .orElseGet(() -> new PodName(any(NAMESPACES), "p" + random.nextInt(8)));
      uid = known.isPresent() && random.nextInt(10) > 0 ? known.get().uid() : "u" + uids++;
      name = Optional.of(pod);
    }
    Attachment attachment =
        new Attachment(
            "weft", new AttachmentKey("c" + number + "." + uids++, "eth0"), addresses, name);
    Own one = new Own(attachment, name, uid);
    own.add(one);
    identify(one);
    one.attached = name.isEmpty() || random.nextBoolean();
    admit(table, one, own);
    table.setAttachments(attachments());
  }

  private static void admit(PolicyTable to, Own one, List<Own> all) {
    if (one.name.isPresent()) {
      to.admit(one.name.get(), one.uid, one.attachment.addresses());
    } else {
      List<Attachment> before = new ArrayList<>();
      for (Own other : all) {
        if (other.attached) {
          before.add(other.attachment);
        }
        if (other == one) {
          break;
        }
      }
      to.setAttachments(before);
    }
  }

  private void detach() {
    if (own.isEmpty()) {
      return;
    }
    Own one = own.remove(random.nextInt(own.size()));
    if (one.attached) {
      table.setAttachments(attachments());
    } else {
      table.withdraw(one.attachment.addresses());
    }
  }

  private PolicyPod randomPod() {
    String namespace = any(NAMESPACES);
    String name = "p" + random.nextInt(8);
    PolicyPod before = pods.get(namespace + "/" + name);
    Optional<Own> waiting =
        own.stream()
            .filter(one -> one.name.equals(Optional.of(new PodName(namespace, name))))
            .findAny();
    String uid =
        before != null && random.nextInt(4) > 0
            ? before.uid()
            : waiting.isPresent() && random.nextInt(4) > 0 ? waiting.get().uid : "u" + uids++;
    List<IpAddress> addresses =
        random.nextInt(8) == 0
            ? List.of()
            : addresses(1 + random.nextInt(2), 2 + random.nextInt(12));
    return new PolicyPod(
        namespace,
        name,
        uid,
        NODES.get(Math.floorMod(uid.hashCode(), NODES.size())),
        labels(),
        addresses,
        ports(),
        Instant.ofEpochSecond(random.nextInt(5)));
  }

  private PolicyPod changed(PolicyPod pod) {
    return new PolicyPod(
        pod.namespace(),
        pod.name(),
        pod.uid(),
        pod.node(),
        random.nextBoolean() ? labels() : pod.labels(),
        random.nextInt(3) > 0
            ? pod.addresses()
            : addresses(1 + random.nextInt(2), 2 + random.nextInt(12)),
        random.nextBoolean() ? ports() : pod.ports(),
        pod.created());
  }

  private PolicyNode randomNode(String name) {
    int number = random.nextInt(3);
    return new PolicyNode(
        name,
        List.of(IpAddress.parse("172.18.0." + number), IpAddress.parse("fc00::" + number)),
        List.of(Cidr.parse("10.0." + number + ".0/24"), Cidr.parse("fd00::" + number + ":0/112")));
  }

  private Policy randomPolicy() {
    Set<Direction> directions = EnumSet.noneOf(Direction.class);
    directions.add(any(List.of(Direction.values())));
    directions.add(any(List.of(Direction.values())));
    return new Policy(
        any(NAMESPACES),
        "np" + random.nextInt(4),
        "uid",
        selector(),
        directions,
        directions.contains(Direction.INGRESS) ? rules() : List.of(),
        directions.contains(Direction.EGRESS) ? rules() : List.of());
  }

  private List<PolicyRule> rules() {
    List<PolicyRule> rules = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      List<PolicyPeer> peers = new ArrayList<>();
      for (int j = random.nextInt(3); j > 0; j--) {
        peers.add(peer());
      }
      if (random.nextInt(10) == 0) {
        for (int j = 0; j < PolicyCompiler.MIN_HOSTS + 1; j++) {
          peers.add(new PolicyPeer.Range(Cidr.host(address()), List.of()));
        }
      }
      List<PolicyPort> ports = new ArrayList<>();
      for (int j = random.nextInt(4); j > 0; j--) {
        ports.add(port());
      }
      rules.add(new PolicyRule(peers, ports));
    }
    return rules;
  }

  private PolicyPeer peer() {
    if (random.nextInt(3) > 0) {
      return new PolicyPeer.Pods(
          random.nextBoolean() ? Optional.empty() : Optional.of(namespaceSelector()), selector());
    }
    return switch (random.nextInt(7)) {
      case 0 -> new PolicyPeer.Range(Cidr.parse("0.0.0.0/0"), List.of());
      case 1 ->
          new PolicyPeer.Range(
              Cidr.parse("0.0.0.0/0"),
              List.of(Cidr.parse("10.0.1.0/24"), Cidr.parse("10.0.0.0/8")));
      case 2 ->
          new PolicyPeer.Range(
              Cidr.parse("10.0.0.0/16"),
              List.of(Cidr.parse("10.0.1.0/29"), Cidr.parse("10.0.2.4/31")));
      case 3 -> new PolicyPeer.Range(Cidr.parse("172.18.0.0/16"), List.of());
      case 4 ->
          new PolicyPeer.Range(Cidr.parse("172.16.0.0/12"), List.of(Cidr.parse("172.18.0.1/32")));
      case 5 ->
          new PolicyPeer.Range(
              Cidr.parse("::/0"), List.of(Cidr.parse("fd00::1:0/112"), Cidr.parse("fc00::2/128")));
      default -> new PolicyPeer.Range(Cidr.host(address()), List.of());
    };
  }

  private IpAddress address() {
    if (random.nextInt(4) == 0) {
      return IpAddress.parse("172.18.0." + random.nextInt(3));
    }
    List<IpAddress> addresses = addresses(1 + random.nextInt(2), 1 + random.nextInt(13));
    return addresses.get(random.nextInt(addresses.size()));
  }

  private PolicyPort port() {
    Protocol protocol = any(List.of(Protocol.values()));
    int first = any(PORTS);
    return switch (random.nextInt(4)) {
      case 0 -> new PolicyPort.Numbers(protocol, first, first);
      case 1 -> new PolicyPort.Numbers(protocol, first, first + random.nextInt(2_000));
      case 2 -> PolicyPort.Numbers.all(protocol);
      default -> new PolicyPort.Named(protocol, any(PORT_NAMES));
    };
  }

  private List<PolicyPod.NamedPort> ports() {
    List<PolicyPod.NamedPort> ports = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      ports.add(
          new PolicyPod.NamedPort(any(PORT_NAMES), any(List.of(Protocol.values())), any(PORTS)));
    }
    return ports;
  }

  /** One of each family, or of one. */
  private List<IpAddress> addresses(int block, int number) {
    IpAddress four = IpAddress.parse("10.0." + block + "." + number);
    IpAddress six = IpAddress.parse("fd00::" + block + ":" + Integer.toHexString(number));
    return switch (random.nextInt(4)) {
      case 0 -> List.of(four);
      case 1 -> List.of(six);
      default -> List.of(four, six);
    };
  }

  private Selector namespaceSelector() {
    return random.nextInt(4) == 0
        ? new Selector(Map.of(PolicyNamespace.NAME_LABEL, any(NAMESPACES)), List.of())
        : selector();
  }

  private Selector selector() {
    return switch (random.nextInt(8)) {
      case 0, 1 -> Selector.ALL;
      case 2, 3 -> new Selector(Map.of(any(KEYS), any(VALUES)), List.of());
      case 4 -> new Selector(labels(), List.of(requirement()));
      case 5 -> new Selector(Map.of(), List.of(requirement(), requirement()));
      default -> new Selector(Map.of(), List.of(requirement()));
    };
  }

  private Selector.Requirement requirement() {
    Selector.Operator operator = any(List.of(Selector.Operator.values()));
    boolean hasValues = operator == Selector.Operator.IN || operator == Selector.Operator.NOT_IN;
    return new Selector.Requirement(
        any(KEYS), operator, hasValues ? List.of(any(VALUES), any(VALUES)) : List.of());
  }

  private Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      labels.put(any(KEYS), any(VALUES));
    }
    return labels;
  }

  private <T> Optional<T> pick(Map<String, T> from) {
    return from.isEmpty() ? Optional.empty() : Optional.of(any(List.copyOf(from.values())));
  }

  private <T> T any(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
