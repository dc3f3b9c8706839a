// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.field;
import static dev.weft.cluster.Cluster.host;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.words;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * NetworkPolicies: who is seen as whom, from pods, nodes, Services and outside, with every family
 * that the cluster has.
 */
@ClusterTests
@Order(37)
class PolicyTest {
  private static final String OTHER = "weft-e2e-other";
  private static final int HTTP = 8080;
  private static final int UDP = 8081;
  private static final int HTTP_OF_SINGLE = 8090;

  /** The addresses that the host outside has a route to because of these tests. */
  private static final Set<String> LED = new HashSet<>();

  private static Pod single;
  private static Node home;
  private static Node elsewhere;

  /** Who runs a shell command somewhere. */
  private interface Shell {
    Command run(String command);
  }

  @BeforeAll
  static void servers() {
    if (!agents().contains("--policy-mode=Enforce")) { // after an upgrade from an older version
      Installation.change("policy.mode=Enforce");
    }
    home = Node.last();
    Cluster.apply("policy.yaml", Map.of("LAST-NODE", home.name()));
    Cluster.rolledOut(TESTS, "daemonset/policed");
    kubectl("wait", "-n", TESTS, "pod/single", "--for=condition=Ready", "--timeout=180s");
    kubectl("wait", "-n", OTHER, "pod/client", "--for=condition=Ready", "--timeout=180s");
    single = pods("app=single").get(0);
    elsewhere = Node.all().stream().filter(node -> !node.equals(home)).findFirst().orElseThrow();
  }

  @AfterEach
  void withoutPolicies() {
    kubectl("delete", "networkpolicies", "-n", TESTS, "--all");
  }

  @AfterAll
  static void removePods() {
    LED.forEach(address -> Machines.outside("ip route del " + single(address)));
    kubectl("delete", "daemonset/policed", "pod/single", "-n", TESTS, "--ignore-not-found");
    kubectl("delete", "svc", "-n", TESTS, "policed", "single", "single-local");
    kubectl("delete", "namespace", OTHER, "--timeout=240s");
  }

  @Test
  @Order(1)
  void whoIsSelectedGetsNothingButProbesAndWhoIsNotEverything() {
    policy("deny", "podSelector: {matchLabels: {app: policed}}", "policyTypes: [Ingress]");
    for (Pod to : pods("app=policed")) {
      for (Pod from : ofEachNode("a")) {
        refused(from, to.addresses(), HTTP);
      }
      reached(new Node(to.node())::shell, to.addresses(), HTTP, "its own node");
      refused(awayFrom(to)::shell, to.addresses(), HTTP, "another node");
      assertThat(to.exec(udp(to.address())).out()).as("itself").contains(to.name());
    }
    kubectl("rollout", "restart", "-n", TESTS, "daemonset/policed");
    Cluster.rolledOut(TESTS, "daemonset/policed"); // probes pass, from the first on
    assertThat(restarts("app=policed")).containsOnly("0");
    Pod open = pods("app=web,set=b").get(0);
    ofEachNode("a").forEach(from -> reached(from::exec, open.addresses(), HTTP, from.name()));
  }

  @Test
  @Order(2)
  @Tag("smoke")
  void labelsOfPodsSelectThemInTheirOwnNamespaceOnly() {
    policy(
        "by-label",
        "podSelector: {matchLabels: {app: policed}}",
        "ingress:",
        "  - from:",
        "      - {podSelector: {matchLabels: {set: a}}}",
        "      - {podSelector: {matchLabels: {friend: \"yes\"}}}");
    for (Pod to : pods("app=policed")) {
      for (Pod from : ofEachNode("b")) {
        refused(from, to.addresses(), HTTP);
      }
      for (Pod from : ofEachNode("a")) {
        reached(from::exec, to.addresses(), HTTP, from.name());
        assertThat(ReachTest.udp(from, to.address(), UDP, "hostname")).isEqualTo(to.name());
      }
      refused(PolicyTest::other, to.addresses(), HTTP, "another namespace");
    }
    Pod from = ofEachNode("b").get(0);
    Pod to = pods("app=policed").get(0);
    kubectl("label", "pod", "-n", TESTS, from.name(), "friend=yes");
    try {
      reached(from::exec, to.addresses(), HTTP, "with the label");
    } finally {
      kubectl("label", "pod", "-n", TESTS, from.name(), "friend-");
    }
    refused(from, to.addresses(), HTTP);
  }

  @Test
  @Order(3)
  void labelsOfNamespacesSelectTheirPods() {
    policy(
        "by-namespace",
        "podSelector: {matchLabels: {app: policed}}",
        "ingress: [{from: [{namespaceSelector: {matchLabels: {team: other}}}]}]");
    for (Pod to : pods("app=policed")) {
      refused(ofEachNode("a").get(0), to.addresses(), HTTP);
      reached(PolicyTest::other, to.addresses(), HTTP, "the other namespace");
    }
    kubectl("label", "namespace", OTHER, "team-");
    try {
      refused(PolicyTest::other, pods("app=policed").get(0).addresses(), HTTP, "without the label");
    } finally {
      kubectl("label", "namespace", OTHER, "team=other");
    }
  }

  @Test
  @Order(4)
  void blocksOfAddressesMatchPodsTooAndExceptTakesOut() {
    Pod in = ofEachNode("a").get(0);
    Pod out = ofEachNode("b").get(0);
    String peers =
        Stream.of("0.0.0.0/0", "::/0")
            .map(
                all ->
                    "{ipBlock: {cidr: \"%s\", except: [%s]}}"
                        .formatted(all, blocks(out.addresses(), all.contains(":"))))
            .collect(joining(", "));
    policy(
        "by-address",
        "podSelector: {matchLabels: {app: policed}}",
        "ingress: [{from: [%s]}]".formatted(peers));
    for (Pod to : pods("app=policed")) {
      refused(out, to.addresses(), HTTP);
      reached(in::exec, to.addresses(), HTTP, in.name());
    }
  }

  @Test
  @Order(5)
  void aNamedPortIsWhateverNumberThePodHas() {
    policy(
        "by-name",
        "podSelector: {matchExpressions: [{key: app, operator: In, values: [policed, single]}]}",
        "ingress: [{ports: [{port: http}]}]");
    Pod from = ofEachNode("a").get(0);
    Pod to = pods("app=policed").get(0);
    eventuallyAsserted(
        "UDP is not named", SOON, () -> assertThat(from.exec(udp(to.address())).out()).isBlank());
    reached(from::exec, to.addresses(), HTTP, "8080");
    reached(from::exec, single.addresses(), HTTP_OF_SINGLE, "8090");
  }

  @Test
  @Order(6)
  void aServiceIsItsBackendsAndNamesAreResolvedWhereDnsIsAllowed() {
    policy(
        "fence",
        "podSelector: {matchLabels: {app: web}}",
        "policyTypes: [Egress]",
        "egress:",
        "  - {to: [{podSelector: {matchLabels: {app: policed}}}], ports: [{port: 8080}]}");
    Pod from = ofEachNode("a").get(0);
    refused(from, single.addresses(), HTTP_OF_SINGLE);
    reached(from::exec, words(field("svc/policed", ".spec.clusterIPs[*]")), 80, "the Service");
    refused(from, words(field("svc/single", ".spec.clusterIPs[*]")), 80);
    eventuallyAsserted(
        "no name is resolved",
        SOON,
        () -> assertThat(from.exec(curl("policed", 80)).code()).isNotZero());
    policy(
        "dns",
        "podSelector: {matchLabels: {app: web}}",
        "policyTypes: [Egress]",
        "egress:",
        "  - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]",
        "    ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]");
    reached(from::exec, List.of("policed"), 80, "by its name");
    refused(from, single.addresses(), HTTP_OF_SINGLE);
  }

  @Test
  @Order(7)
  void aPodReachesItselfThroughItsService() {
    policy("deny", "podSelector: {}", "policyTypes: [Ingress, Egress]");
    Pod from = ofEachNode("a").get(0);
    refused(from, single.addresses(), HTTP_OF_SINGLE);
    reached(single::exec, words(field("svc/single", ".spec.clusterIPs[*]")), 80, "itself");
    reached(single::exec, single.addresses(), HTTP_OF_SINGLE, "itself");
    refused(single, pods("app=policed").get(0).addresses(), HTTP);
  }

  @Test
  @Order(8)
  void whoComesByANodePortIsItselfAtTheBackendsNodeAndElsewhereThatNode() {
    List<String> outside =
        home.addresses().stream().map(Machines::outsideAddress).distinct().toList();
    String cluster = field("svc/single", ".spec.ports[0].nodePort");
    String local = field("svc/single-local", ".spec.ports[0].nodePort");
    int ofCluster = Integer.parseInt(cluster);
    int ofLocal = Integer.parseInt(local);

    policy("outside", "podSelector: {matchLabels: {app: single}}", from(outside));
    refused(ofEachNode("a").get(0), single.addresses(), HTTP_OF_SINGLE);
    reached(Machines::tryOutside, home.addresses(), ofLocal, "Local, by the backend's node");
    reached(Machines::tryOutside, home.addresses(), ofCluster, "Cluster, by the backend's node");
    refused(Machines::tryOutside, elsewhere.addresses(), ofCluster, "Cluster, by another node");

    policy("outside", "podSelector: {matchLabels: {app: single}}", from(elsewhere.addresses()));
    reached(Machines::tryOutside, elsewhere.addresses(), ofCluster, "Cluster, by another node");
    refused(Machines::tryOutside, home.addresses(), ofLocal, "Local, by the backend's node");
    refused(Machines::tryOutside, home.addresses(), ofCluster, "Cluster, by the backend's node");
  }

  /** Here a route leads its address to a node, as a load balancer does that passes packets on. */
  @Test
  @Order(9)
  void whoComesByALoadBalancersAddressIsSeenAsWhoComesByANodePort() {
    List<String> outside =
        home.addresses().stream().map(Machines::outsideAddress).distinct().toList();
    List<String> cluster = loadBalancer("single", 9);
    List<String> local = loadBalancer("single-local", 10);

    policy("outside", "podSelector: {matchLabels: {app: single}}", from(outside));
    refused(ofEachNode("a").get(0), single.addresses(), HTTP_OF_SINGLE);
    if (isOnLinkOutside(home)) {
      lead(cluster, home);
      lead(local, home);
      reached(Machines::tryOutside, local, 80, "Local, by the backend's node");
      reached(Machines::tryOutside, cluster, 80, "Cluster, by the backend's node");
    }
    lead(cluster, elsewhere);
    refused(Machines::tryOutside, cluster, 80, "Cluster, by another node");

    policy("outside", "podSelector: {matchLabels: {app: single}}", from(elsewhere.addresses()));
    reached(Machines::tryOutside, cluster, 80, "Cluster, by another node");
    if (isOnLinkOutside(home)) {
      refused(Machines::tryOutside, local, 80, "Local, by the backend's node");
      lead(cluster, home);
      refused(Machines::tryOutside, cluster, 80, "Cluster, by the backend's node");
    }
  }

  @Test
  @Order(10)
  void aPodThatComesByAnAddressForOutsideIsItselfUnlessANodeMasqueradesIt() {
    List<String> cluster = loadBalancer("single", 9);
    List<String> local = loadBalancer("single-local", 10);
    int ofCluster = Integer.parseInt(field("svc/single", ".spec.ports[0].nodePort"));
    Pod near = on(home);
    Pod far = on(elsewhere);

    policy(
        "pods",
        "podSelector: {matchLabels: {app: single}}",
        "ingress: [{from: [{podSelector: {matchLabels: {set: a}}}]}]");
    refused(ofEachNode("b").get(0), single.addresses(), HTTP_OF_SINGLE);
    reached(near::exec, cluster, 80, "Cluster, the backend on the same node");
    reached(near::exec, local, 80, "Local, the backend on the same node");
    reached(near::exec, home.addresses(), ofCluster, "NodePort, the backend on the same node");
    refused(far::exec, cluster, 80, "Cluster, the backend on another node");
    refused(far::exec, elsewhere.addresses(), ofCluster, "NodePort of its own node, Cluster");
    refused(far::exec, home.addresses(), ofCluster, "NodePort of another node");

    policy("pods", "podSelector: {matchLabels: {app: single}}", from(elsewhere.addresses()));
    reached(far::exec, cluster, 80, "Cluster, the backend on another node");
    reached(far::exec, elsewhere.addresses(), ofCluster, "NodePort of its own node, Cluster");
    reached(far::exec, home.addresses(), ofCluster, "NodePort of another node");
  }

  /** Also through a tunnel, where it has a gateway address of its blocks. */
  @Test
  @Order(11)
  void aNodesAddressInABlockIsThatNodeHoweverItsPacketsCome() {
    policy("nodes", "podSelector: {matchLabels: {app: single}}", from(elsewhere.addresses()));
    refused(ofEachNode("a").get(0), single.addresses(), HTTP_OF_SINGLE);
    reached(elsewhere::shell, single.addresses(), HTTP_OF_SINGLE, "that node");
    reached(
        elsewhere::shell, words(field("svc/single", ".spec.clusterIPs[*]")), 80, "by the Service");
    for (Node node : Node.all()) {
      if (!node.equals(home) && !node.equals(elsewhere)) {
        refused(node::shell, single.addresses(), HTTP_OF_SINGLE, "another node " + node);
      }
    }
  }

  @Test
  @Order(12)
  void whatAPodSendsToItsNodeIsSentToThatNodesAddresses() {
    policy("fence", "podSelector: {matchLabels: {app: single}}", "policyTypes: [Egress]");
    eventuallyAsserted(
        "its node's kubelet",
        SOON,
        () -> assertThat(single.exec(kubelet(home.addresses().get(0))).code()).isNotZero());
    policy(
        "node",
        "podSelector: {matchLabels: {app: single}}",
        "policyTypes: [Egress]",
        "egress: [{to: [%s], ports: [{port: 10250}]}]".formatted(peers(home.addresses())));
    for (String address : home.addresses()) {
      eventuallyAsserted(
          "its node's kubelet",
          SOON,
          () -> assertThat(single.exec(kubelet(address)).out()).isEqualTo("401"));
    }
  }

  private static String agents() {
    String arguments = "jsonpath={.spec.template.spec.containers[*].args}";
    return kubectl("get", "daemonset/weft-agent", "-n", Cluster.SYSTEM, "-o", arguments);
  }

  private static void policy(String name, String... spec) {
    String manifest =
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: %s, namespace: %s}
        spec:
        """
            .formatted(name, TESTS);
    String lines = Stream.of(spec).map(line -> "  " + line + "\n").collect(joining());
    Command.runWithInput(manifest + lines, "kubectl", "apply", "-f", "-").succeeded();
  }

  /** A list of rules that accepts what comes from some addresses. */
  private static String from(List<String> addresses) {
    return "ingress: [{from: [%s]}]".formatted(peers(addresses));
  }

  private static String peers(List<String> addresses) {
    return addresses.stream()
        .map(address -> "{ipBlock: {cidr: \"%s\"}}".formatted(single(address)))
        .collect(joining(", "));
  }

  /** The addresses of one family, as ranges of a list in YAML. */
  private static String blocks(List<String> addresses, boolean six) {
    return addresses.stream()
        .filter(address -> address.contains(":") == six)
        .map(address -> "\"" + single(address) + "\"")
        .collect(joining(", "));
  }

  private static String single(String address) {
    return address + (address.contains(":") ? "/128" : "/32");
  }

  private static Command other(String command) {
    return Cluster.tryKubectl("exec", "-n", OTHER, "client", "--", "sh", "-c", command);
  }

  /** The clients of a set, one a node. */
  private static List<Pod> ofEachNode(String set) {
    return pods("app=web,set=" + set);
  }

  private static Pod on(Node node) {
    return ofEachNode("a").stream()
        .filter(pod -> pod.node().equals(node.name()))
        .findFirst()
        .orElseThrow();
  }

  /** Makes it one that has a load balancer; its addresses, which lead nowhere yet. */
  private static List<String> loadBalancer(String service, int number) {
    List<String> addresses =
        words(field("svc/" + service, ".spec.ipFamilies[*]")).stream()
            .map(family -> (family.equals("IPv6") ? "fd00:9::" : "192.168.9.") + number)
            .toList();
    String ingress = addresses.stream().map("{\"ip\": \"%s\"}"::formatted).collect(joining(", "));
    patch(service, "{\"spec\": {\"type\": \"LoadBalancer\"}}");
    patch(
        service,
        "{\"status\": {\"loadBalancer\": {\"ingress\": [%s]}}}".formatted(ingress),
        "--subresource=status");
    return addresses;
  }

  private static void patch(String service, String patch, String... options) {
    List<String> line =
        new ArrayList<>(List.of("patch", "svc", service, "-n", TESTS, "--type=merge", "-p", patch));
    line.addAll(List.of(options));
    kubectl(line.toArray(String[]::new));
  }

  private static boolean isOnLinkOutside(Node node) {
    return !Machines.outside("ip -o route get " + node.addresses().get(0)).contains(" via ");
  }

  /** Sends what the host outside has for these addresses to a node. */
  private static void lead(List<String> addresses, Node node) {
    for (String address : addresses) {
      String nextHop =
          node.addresses().stream()
              .filter(it -> it.contains(":") == address.contains(":"))
              .findFirst()
              .orElseThrow();
      Machines.outside("ip route replace %s via %s".formatted(single(address), nextHop));
      LED.add(address);
    }
  }

  private static Node awayFrom(Pod pod) {
    return Node.all().stream()
        .filter(node -> !node.name().equals(pod.node()))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> restarts(String label) {
    String path = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
    return words(kubectl("get", "pods", "-n", TESTS, "-l", label, "-o", path));
  }

  private static void reached(Shell from, List<String> addresses, int port, String what) {
    for (String address : addresses) {
      eventuallyAsserted(
          "%s port %d is reached (%s)".formatted(address, port, what),
          SOON,
          () -> assertThat(from.run(curl(address, port)).code()).isZero());
    }
  }

  private static void refused(Pod from, List<String> addresses, int port) {
    refused(from::exec, addresses, port, from.name());
  }

  private static void refused(Shell from, List<String> addresses, int port, String what) {
    List<String> open = new ArrayList<>();
    eventuallyAsserted(
        "port %d is closed (%s)".formatted(port, what),
        SOON,
        () -> {
          open.clear();
          for (String address : addresses) {
            if (from.run(curl(address, port)).code() == 0) {
              open.add(address);
            }
          }
          assertThat(open).isEmpty();
        });
  }

  private static String curl(String address, int port) {
    return "curl -sS -g --fail --max-time 3 http://%s:%d/hostname".formatted(host(address), port);
  }

  private static String udp(String address) {
    return "echo -n hostname | nc -u -w 2 %s %d".formatted(address, UDP);
  }

  private static String kubelet(String address) {
    return "curl -sk --max-time 3 -o /dev/null -w '%%{http_code}' https://%s:10250/healthz"
        .formatted(host(address));
  }
}
